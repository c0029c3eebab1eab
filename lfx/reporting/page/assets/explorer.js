"use strict";
// The weight explorer: shares of the members, and the scores that they lead to.
lfx.explore = (place, group) => {
  const { members, classes } = group, element = lfx.element;
  let weights = members.map(() => 1 / members.length);
  let shownSplit = 0, score = "accuracy";
  const listeners = [];

  const sliders = members.map((name, member) => {
    const id = `${place.id}-weight-${member}`;
    const range = element("input", { type: "range", min: 0, max: 100, step: 1, id });
    const exact = element("input", { type: "number", min: 0, max: 1, step: 0.001,
      "aria-label": `weight of ${name}` });
    range.addEventListener("input", () => move(member, Number(range.value) / 100));
    exact.addEventListener("change", () => move(member, Number(exact.value)));
    return { range, exact, row: element("div", { class: "weight" },
      element("label", { for: id }, name), range, exact) };
  });
  // A member's share changes, and the others keep their proportions.
  const move = (member, share) => {
    if (members.length === 1) return;
    const kept = Math.min(1, Math.max(0, Number.isFinite(share) ? share : 0));
    const others = 1 - weights[member];
    set(weights.map((weight, at) => at === member ? kept
      : others > 1e-12 ? weight * (1 - kept) / others : (1 - kept) / (members.length - 1)));
  };
  const set = (values) => { weights = values; update(); };

  const results = element("table", {});
  const matrix = element("div", { class: "scroll", tabindex: 0, role: "region",
    "aria-label": "confusion matrix" });
  const sentence = element("p", { "aria-live": "polite" });
  const splitChoice = element("select", { onchange: (event) => {
    shownSplit = Number(event.target.value); redraw(); update(); } },
    ...lfx.options(group.splits.map((split) => split.name)));
  const scoreChoice = element("select", { onchange: (event) => {
    score = group.scores[Number(event.target.value)]; redraw(); update(); } },
    ...lfx.options(group.scores.map((key) => lfx.titles[key])));
  const picture = element("div", {});
  const choices = group.fusions.filter((fusion) => fusion.weights);
  const presets = [
    ["equal weights", members.map(() => 1 / members.length)],
    ...members.map((name, member) => [`${name} alone`, members.map((_, at) => at === member ? 1 : 0)]),
    ...choices.map((fusion) => [fusion.title, fusion.weights]),
  ];

  const singles = members.map((_, member) => members.map((__, at) => at === member ? 1 : 0));
  const alone = group.splits.map((split) => singles.map((one) =>
    lfx.predict(lfx.pool(split, one, classes.length), classes.length)));
  const best = alone[0].map((predicted) => lfx.scores(
    lfx.confusion(predicted, group.splits[0].labels, classes.length)).accuracy);
  const against = best.indexOf(Math.max(...best));

  const update = () => {
    place.dataset.weights = JSON.stringify(weights);
    sliders.forEach(({ range, exact }, member) => {
      range.value = Math.round(weights[member] * 100);
      range.setAttribute("aria-valuetext", `${(weights[member] * 100).toFixed(1)} %`);
      exact.value = Number(weights[member].toFixed(4));
    });
    const found = group.splits.map((split) => {
      const pooled = lfx.pool(split, weights, classes.length);
      const predicted = lfx.predict(pooled, classes.length);
      const counts = lfx.confusion(predicted, split.labels, classes.length);
      return { split, pooled, predicted, counts, scores: lfx.scores(counts) };
    });
    results.replaceChildren(
      element("caption", {}, "with these weights"),
      element("thead", {}, element("tr", {}, ...["split", "n", ...group.scores].map((key) =>
        element("th", { scope: "col", class: key === "split" ? null : "number" }, lfx.titles[key] || key)))),
      element("tbody", {}, ...found.map(({ split, scores }) => element("tr", { "data-split": split.name },
        element("th", { scope: "row" }, split.name),
        element("td", { class: "number" }, String(scores.n)),
        ...group.scores.map((key) => element("td", { class: "number", "data-score": key,
          "data-value": scores[key] }, lfx.shown(scores[key])))))));
    const last = found[found.length - 1];
    let corrected = 0, corrupted = 0;
    last.split.labels.forEach((label, at) => {
      const one = last.predicted[at] === label, other = alone[found.length - 1][against][at] === label;
      corrected += one && !other ? 1 : 0;
      corrupted += other && !one ? 1 : 0;
    });
    sentence.textContent = `On ${last.split.name} these weights correct ${corrected} and corrupt ` +
      `${corrupted} of ${last.scores.n} predictions of ${members[against]}, the best member on ` +
      `${group.splits[0].name}.`;
    drawMatrix(found[shownSplit]);
    mark();
    listeners.forEach((listener) => listener(last));
  };

  const drawMatrix = ({ split, counts }) => {
    matrix.replaceChildren(element("table", { class: "confusion" },
      element("caption", {}, `confusion on ${split.name}: rows are labels, columns predictions`),
      element("thead", {}, element("tr", {}, element("td", {}),
        ...classes.map((name) => element("th", { scope: "col" }, name)))),
      element("tbody", {}, ...counts.map((row, label) => {
        const support = Math.max(1, row.reduce((sum, count) => sum + count, 0));
        return element("tr", {}, element("th", { scope: "row" }, classes[label]),
          ...[...row].map((count, predicted) => {
            const cell = element("td", { class: predicted === label ? "share right" : "share" }, String(count));
            cell.style.setProperty("--width", `${100 * count / support}%`);
            return cell;
          }));
      }))));
  };

  let mark = () => {};
  const redraw = () => {
    if (members.length === 1) return; // there is nothing to weigh
    const drawn = members.length === 2 ? lfx.curve : members.length === 3 ? lfx.triangle : lfx.profiles;
    const split = group.splits[shownSplit];
    mark = drawn(picture, { group, split, score, choices, set, weights: () => weights });
  };

  place.replaceChildren(
    element("div", { class: "columns" },
      element("div", {},
        element("fieldset", {}, element("legend", {}, "weights of the members"), ...sliders.map(({ row }) => row),
          element("div", { class: "controls no-print" }, element("label", {}, "set to",
            element("select", { class: "preset", onchange: (event) => {
              if (event.target.value !== "") set(presets[Number(event.target.value)][1].slice()); } },
              element("option", { value: "" }, "choose …"), ...lfx.options(presets.map(([name]) => name)))))),
        element("div", { class: "scroll" }, results), sentence,
        element("p", { class: "quiet" }, "Weights that are chosen by looking at the scores of " +
          `${group.splits[group.splits.length - 1].name} are fitted to it, and its scores are too good then` +
          (group.splits.length > 1 ? `; choose by ${group.splits[0].name}.` : "."))),
      element("div", {},
        element("div", { class: "controls" },
          element("label", {}, "score", scoreChoice), element("label", {}, "split", splitChoice)),
        picture)),
    matrix);
  redraw();
  update();
  return { against, onchange: (listener) => listeners.push(listener) };
};
