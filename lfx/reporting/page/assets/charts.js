"use strict";
// Charts in the colours of the page, light or dark.
(() => {
  const specs = JSON.parse(document.getElementById("charts-data").textContent);
  const colours = JSON.parse(document.getElementById("colours-data").textContent);
  const root = document.documentElement;
  const draw = (dark) => {
    const text = dark ? "#e6e9ee" : "#1b1f24", line = dark ? "#3a424d" : "#d0d7de";
    const config = {
      background: "transparent",
      font: "system-ui, sans-serif",
      axis: { labelColor: text, titleColor: text, gridColor: line, domainColor: line,
        tickColor: line, labelFontSize: 12, titleFontSize: 12 },
      legend: { labelColor: text, titleColor: text, labelFontSize: 12, symbolStrokeColor: text },
      view: { stroke: line },
      range: { category: colours },
      mark: { color: dark ? "#6cb6ff" : "#0072b2" },
      rule: { color: text },
    };
    document.querySelectorAll(".chart").forEach((place) => {
      const spec = specs[Number(place.dataset.chart)];
      window.vegaEmbed(place, { ...spec, config }, {
        renderer: "svg",
        actions: { export: true, source: false, compiled: false, editor: false },
      }).then(() => {
        const menu = place.querySelector("summary");
        if (menu) menu.setAttribute("aria-label", "save the chart");
      }).catch((error) => { place.textContent = `the chart cannot be drawn: ${error.message}`; });
    });
  };
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.chosen || (system.matches ? "dark" : "light")) === "dark";
  const apply = (dark) => { root.dataset.theme = dark ? "dark" : "light"; draw(dark); };
  apply(isDark());
  system.addEventListener("change", () => apply(isDark()));
  document.getElementById("theme").addEventListener("click", () => {
    root.dataset.chosen = isDark() ? "light" : "dark";
    apply(isDark());
  });
  window.addEventListener("beforeprint", () => apply(false));
  window.addEventListener("afterprint", () => apply(isDark()));
})();
