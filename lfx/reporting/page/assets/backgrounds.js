"use strict";
// What lies behind the explorer: a curve, a triangle, or a profile of each member.
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const COLOURS = JSON.parse(document.getElementById("colours-data").textContent);
  const svg = (tag, properties, text) => {
    const made = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(properties)) made.setAttribute(name, value);
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const WIDTH = 600, HEIGHT = 320, LEFT = 56, RIGHT = 580, TOP = 16, BOTTOM = 270;

  // Axes of a score (y) over a weight (x); returns the scale of each.
  const axes = (plot, low, high, title) => {
    const pad = Math.max((high - low) * 0.08, 0.005);
    const [least, most] = [Math.max(0, low - pad), Math.min(1, high + pad)];
    const x = (weight) => LEFT + weight * (RIGHT - LEFT);
    const y = (value) => BOTTOM - (value - least) / (most - least) * (BOTTOM - TOP);
    for (let tick = 0; tick <= 4; tick += 1) {
      const value = least + (most - least) * tick / 4;
      plot.append(svg("line", { x1: LEFT, x2: RIGHT, y1: y(value), y2: y(value), class: "grid" }),
        svg("text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, value.toFixed(3)));
    }
    for (let tick = 0; tick <= 5; tick += 1)
      plot.append(svg("text", { x: x(tick / 5), y: BOTTOM + 18, "text-anchor": "middle" }, (tick / 5).toFixed(1)));
    plot.append(svg("line", { x1: LEFT, x2: RIGHT, y1: BOTTOM, y2: BOTTOM, class: "axis" }),
      svg("text", { x: (LEFT + RIGHT) / 2, y: HEIGHT - 8, "text-anchor": "middle" }, title));
    return { x, y };
  };
  const newPlot = (label) => svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "plot", role: "img", "aria-label": label });
  const legend = (names, dashed) => lfx.element("p", { class: "quiet" }, ...names.flatMap((name, at) => {
    const line = svg("svg", { width: 26, height: 10, "aria-hidden": "true" });
    line.append(svg("line", { x1: 0, x2: 26, y1: 5, y2: 5, stroke: COLOURS[at % COLOURS.length],
      "stroke-width": 3, "stroke-dasharray": dashed(at) ? "5 4" : "none" }));
    return [line, ` ${name}  `];
  }));

  // The exact score of two members for every weight of the second, of each split.
  lfx.curve = (place, { group, split, score, choices, set, weights }) => {
    const curves = group.splits.map(({ name }) => group.curves[name]).filter((one) => one && one[score]);
    const names = group.splits.map(({ name }) => name).filter((name) => group.curves[name]);
    const heights = curves.flatMap((one) => one[score]);
    if (!heights.length) return () => {};
    const [low, high] = [heights.reduce((a, b) => Math.min(a, b)), heights.reduce((a, b) => Math.max(a, b))];
    const title = `weight of ${group.members[1]} (${group.members[0]} has the rest)`;
    const plot = newPlot(`exact ${lfx.titles[score]} for every weight of ${group.members[1]}, from ` +
      `${low.toFixed(3)} to ${high.toFixed(3)}`);
    const { x, y } = axes(plot, low, high, title);
    curves.forEach((one, at) => {
      let path = "";
      one[score].forEach((value, step) => {
        path += `${step ? "L" : "M"}${x(one.edges[step]).toFixed(1)} ${y(value).toFixed(1)}` +
          `L${x(one.edges[step + 1]).toFixed(1)} ${y(value).toFixed(1)}`;
      });
      plot.append(svg("path", { d: path, fill: "none", stroke: COLOURS[at], "stroke-width": names[at] === split.name ? 2.5 : 1.5,
        "stroke-dasharray": at ? "5 4" : "none" }));
    });
    const now = svg("line", { y1: TOP, y2: BOTTOM, class: "now" });
    plot.append(now);
    for (const fusion of choices) {
      const at = x(fusion.weights[1]);
      const shape = svg("path", { d: `M${at} ${BOTTOM}l-6 11h12z`, class: "mark" });
      shape.append(svg("title", {}, `${fusion.title}: ${fusion.weights[1].toFixed(4)}`));
      plot.append(shape);
    }
    drag(plot, (px) => {
      const weight = Math.min(1, Math.max(0, (px * WIDTH - LEFT) / (RIGHT - LEFT)));
      set([1 - weight, weight]);
    });
    place.replaceChildren(plot, legend(names, (at) => at > 0),
      lfx.element("p", { class: "quiet" }, "Exact, for every weight; triangles: what the schemes chose."));
    return () => { const at = x(weights()[1]); now.setAttribute("x1", at); now.setAttribute("x2", at); };
  };

  const drag = (plot, moved) => {
    const at = (event) => {
      const box = plot.getBoundingClientRect();
      moved((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
    };
    plot.addEventListener("pointerdown", (event) => { plot.setPointerCapture(event.pointerId); at(event); });
    plot.addEventListener("pointermove", (event) => { if (event.buttons) at(event); });
  };

  // Operations that a background may take, about a tenth of a second.
  const MOST_WORK = 6e7;

  // Cividis, which colour-blind readers see as others do.
  const STOPS = [[0, 34, 78], [53, 69, 108], [102, 105, 112], [148, 142, 119], [200, 184, 102], [253, 231, 55]];
  const colour = (share) => {
    const at = Math.min(STOPS.length - 1.000001, Math.max(0, share * (STOPS.length - 1))), from = Math.floor(at);
    return `rgb(${STOPS[from].map((value, channel) => Math.round(value + (STOPS[from + 1][channel] - value) * (at - from))).join(",")})`;
  };

  // The score of three members on a grid of the simplex; each corner is one member alone.
  lfx.triangle = (place, { group, split, score, choices, set, weights }) => {
    const work = split.n * group.classes.length * 3;
    const steps = Math.max(8, Math.min(40, Math.floor(Math.sqrt(2 * MOST_WORK / work))));
    const corners = [[60, 280], [540, 280], [300, 24]];
    const place2 = (shares) => [0, 1].map((axis) => shares.reduce((sum, share, at) => sum + share * corners[at][axis], 0));
    const plot = svg("svg", { viewBox: "0 0 600 330", class: "plot", role: "img" });
    const cells = [];
    for (let one = 0; one <= steps; one += 1)
      for (let two = 0; two <= steps - one; two += 1) {
        const shares = [one / steps, two / steps, (steps - one - two) / steps];
        cells.push({ shares, value: lfx.scoresOf(group, split, shares)[score] });
      }
    const values = cells.map((cell) => cell.value);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    plot.setAttribute("aria-label", `${lfx.titles[score]} on ${split.name} for all shares of ${group.members.join(", ")}, ` +
      `from ${low.toFixed(3)} to ${high.toFixed(3)}`);
    const side = 480 / steps;
    for (const { shares, value } of cells) {
      const [x, y] = place2(shares);
      const dot = svg("circle", { cx: x, cy: y, r: side * 0.56, fill: colour(high > low ? (value - low) / (high - low) : 1) });
      plot.append(dot);
    }
    corners.forEach(([x, y], at) => plot.append(svg("text", { x, y: at === 2 ? y - 8 : y + 32, "text-anchor": "middle" }, group.members[at])));
    for (const fusion of choices) {
      const [x, y] = place2(fusion.weights);
      const shape = svg("circle", { cx: x, cy: y, r: 6, class: "mark" });
      shape.append(svg("title", {}, `${fusion.title}: ${fusion.weights.map((one) => one.toFixed(3)).join(", ")}`));
      plot.append(shape);
    }
    const outline = svg("circle", { r: 10, class: "now", stroke: "white" }), inner = svg("circle", { r: 12, class: "now" });
    plot.append(outline, inner);
    drag(plot, (px, py) => {
      const [x, y] = [px * 600, py * 330];
      const third = (280 - y) / 256;
      const second = (x - 60 - third * 240) / 480;
      const kept = [1 - second - third, second, third].map((share) => Math.max(0, share));
      const total = kept.reduce((sum, share) => sum + share, 0);
      set(kept.map((share) => share / total));
    });
    const scale = svg("svg", { width: 160, height: 12, "aria-hidden": "true" });
    for (let at = 0; at < 40; at += 1) scale.append(svg("rect", { x: at * 4, y: 0, width: 4.5, height: 12, fill: colour(at / 39) }));
    place.replaceChildren(plot, lfx.element("p", { class: "quiet" }, `${low.toFixed(3)} `, scale, ` ${high.toFixed(3)} ` +
      `${lfx.titles[score]} on ${split.name}, at ${cells.length} weightings; orange: what the schemes chose.`));
    return () => {
      const [x, y] = place2(weights());
      for (const ring of [outline, inner]) { ring.setAttribute("cx", x); ring.setAttribute("cy", y); }
    };
  };

  // The score as one member's share changes and the others keep their proportions.
  lfx.profiles = (place, { group, split, score, set, weights }) => {
    const members = group.members.length;
    const work = split.n * group.classes.length * members * members;
    const steps = Math.max(5, Math.min(50, Math.floor(MOST_WORK / 2 / work)));
    let timer = 0;
    const draw = () => {
      const now = weights();
      const lines = group.members.map((_, member) => Array.from({ length: steps + 1 }, (__, step) => {
        const share = step / steps, others = 1 - now[member];
        return lfx.scoresOf(group, split, now.map((weight, at) => at === member ? share
          : others > 1e-12 ? weight * (1 - share) / others : (1 - share) / (members - 1)))[score];
      }));
      const heights = lines.flat();
      const plot = newPlot(`${lfx.titles[score]} on ${split.name} as one member's weight changes`);
      const { x, y } = axes(plot, Math.min(...heights), Math.max(...heights), "weight of one member; the others keep their proportions");
      lines.forEach((line, member) => {
        const colour_ = COLOURS[member % COLOURS.length];
        plot.append(svg("path", { d: line.map((value, step) => `${step ? "L" : "M"}${x(step / steps).toFixed(1)} ${y(value).toFixed(1)}`).join(""),
          fill: "none", stroke: colour_, "stroke-width": 2, "stroke-dasharray": member >= COLOURS.length ? "5 4" : "none" }));
        const nearest = line[Math.round(now[member] * steps)];
        plot.append(svg("circle", { cx: x(now[member]), cy: y(nearest), r: 5, fill: colour_ }));
      });
      place.replaceChildren(plot, legend(group.members, (at) => at >= COLOURS.length));
    };
    return () => { clearTimeout(timer); timer = setTimeout(draw, 60); };
  };
})();
