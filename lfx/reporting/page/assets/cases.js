"use strict";
// The case browser: samples that a fusion corrects or corrupts, compared with a member.
lfx.browse = (place, group, previews, explorer) => {
  const element = lfx.element, { classes, members } = group;
  const split = group.splits[group.splits.length - 1];
  const PAGE = 24, MOST_CLASSES = 6, SHOWN_CLASSES = 3;
  const kinds = {
    corrected: (fused, member) => fused && !member,
    corrupted: (fused, member) => !fused && member,
    "both wrong": (fused, member) => !fused && !member,
    "both right": (fused, member) => fused && member,
    all: () => true,
  };
  const fusions = group.fusions.filter((fusion) => fusion.probabilities)
    .map(({ title, probabilities }) => ({ title, probabilities }));
  const live = { title: "the weights of the explorer", probabilities: lfx.pool(split, members.map(() => 1), classes.length) };
  fusions.push(live);
  const has = (member, sample) => !split.present[member] || split.present[member][sample];
  const models = members.map((name, member) => ({ title: name, member, probabilities: split.probabilities[member] }));
  const state = { fusion: 0, member: explorer.against, kind: "corrected", label: -1, query: "", shown: PAGE };

  const text = split.ids.map((id) => [id, ...Object.values(previews[id] || {}).map((one) => one.text || "")].join("\n").toLowerCase());
  const list = element("ul", { class: "cases" }), count = element("p", { "aria-live": "polite" });
  const more = element("button", { type: "button", class: "no-print", onclick: () => { state.shown += PAGE; show(); } }, "show more");
  const changed = (name, read) => (event) => { state[name] = read(event.target.value); state.shown = PAGE; show(); };

  const kindButtons = Object.keys(kinds).map((kind) => element("button", { type: "button", "data-kind": kind,
    onclick: () => { state.kind = kind; state.shown = PAGE; show(); } }, kind));

  const share = (probabilities, sample, label) => probabilities[sample * classes.length + label];
  const shareCell = (value) => {
    const cell = element("td", { class: "share" }, value.toFixed(2));
    cell.style.setProperty("--width", `${100 * value}%`);
    return cell;
  };
  const modelRow = ({ title, member, probabilities }, sample) => {
    const lacks = (member !== undefined && !has(member, sample)) || Number.isNaN(share(probabilities, sample, 0));
    if (lacks) return element("tr", {}, element("th", { scope: "row" }, title),
      element("td", { colspan: classes.length > MOST_CLASSES ? 1 : classes.length, class: "quiet" }, "lacks the sample"));
    if (classes.length <= MOST_CLASSES)
      return element("tr", {}, element("th", { scope: "row" }, title), ...classes.map((_, label) => shareCell(share(probabilities, sample, label))));
    const order = classes.map((_, label) => label).sort((one, other) => share(probabilities, sample, other) - share(probabilities, sample, one));
    const kept = [...new Set([...order.slice(0, SHOWN_CLASSES), split.labels[sample]])];
    return element("tr", {}, element("th", { scope: "row" }, title),
      element("td", {}, kept.map((label) => `${classes[label]} ${share(probabilities, sample, label).toFixed(2)}`).join(" · ")));
  };
  const content = (column, preview) => {
    if (preview.text !== undefined) return element("p", { class: "text", dir: "auto" }, preview.text);
    if (preview.image) return element("img", { src: preview.image, alt: `${column} of the sample`,
      onload: (event) => event.target.classList.toggle("tiny", event.target.naturalWidth < 64) });
    if (preview.sound) return element("audio", { src: preview.sound, controls: true, preload: "none", "aria-label": `${column} of the sample` });
    return element("p", { class: "quiet" }, `${column}: ${preview.note}`);
  };
  const card = (sample, kind) => element("li", { "data-id": split.ids[sample] },
    element("div", {}, element("span", { class: kind }, kind), " ", element("code", {}, split.ids[sample]), " label ",
      element("strong", {}, classes[split.labels[sample]])),
    ...Object.entries(previews[split.ids[sample]] || {}).map(([column, preview]) => content(column, preview)),
    element("div", { class: "scroll" }, element("table", {},
      classes.length <= MOST_CLASSES ? element("thead", {}, element("tr", {}, element("td", {}),
        ...classes.map((name) => element("th", { scope: "col", class: "number" }, name)))) : null,
      element("tbody", {}, ...[...models, fusions[state.fusion]].map((model) => modelRow(model, sample))))));

  const show = () => {
    const fusion = fusions[state.fusion], member = models[state.member];
    const fused = lfx.predict(fusion.probabilities, classes.length), alone = lfx.predict(member.probabilities, classes.length);
    const found = [], totals = Object.fromEntries(Object.keys(kinds).map((kind) => [kind, 0]));
    for (let sample = 0; sample < split.n; sample += 1) {
      if (fused[sample] < 0 || !has(state.member, sample)) continue;
      const right = [fused[sample] === split.labels[sample], alone[sample] === split.labels[sample]];
      for (const [kind, holds] of Object.entries(kinds)) totals[kind] += holds(...right) ? 1 : 0;
      if (!kinds[state.kind](...right)) continue;
      if (state.label >= 0 && split.labels[sample] !== state.label) continue;
      if (state.query && !text[sample].includes(state.query)) continue;
      found.push({ sample, right, confidence: share(fusion.probabilities, sample, fused[sample]) });
    }
    found.sort((one, other) => other.confidence - one.confidence || one.sample - other.sample);
    for (const button of kindButtons) {
      button.setAttribute("aria-pressed", String(button.dataset.kind === state.kind));
      button.textContent = `${button.dataset.kind} (${totals[button.dataset.kind]})`;
    }
    count.textContent = `${found.length} of ${totals.all} ${split.name} samples; the fusion's most confident ones first`;
    const kindOf = (right) => Object.keys(kinds).find((kind) => kinds[kind](...right));
    list.replaceChildren(...found.slice(0, state.shown).map(({ sample, right }) => card(sample, kindOf(right))));
    more.hidden = found.length <= state.shown;
  };

  place.replaceChildren(
    element("div", { class: "controls" },
      element("label", {}, "fusion", element("select", { class: "fusion", onchange: changed("fusion", Number) }, ...lfx.options(fusions.map(({ title }) => title)))),
      element("label", {}, "compared with", (() => {
        const choice = element("select", { class: "against", onchange: changed("member", Number) }, ...lfx.options(members));
        choice.value = String(state.member);
        return choice;
      })()),
      element("label", {}, "label", element("select", { class: "label", onchange: changed("label", Number) },
        element("option", { value: -1 }, "any class"), ...lfx.options(classes))),
      element("label", {}, "id or text", element("input", { type: "search", oninput: changed("query", (value) => value.trim().toLowerCase()) }))),
    element("div", { class: "controls", role: "group", "aria-label": "kind of case" }, ...kindButtons), count, list, more);
  explorer.onchange(({ pooled }) => { live.probabilities = pooled; if (fusions[state.fusion] === live) show(); });
  show();
};

(() => {
  const data = JSON.parse(document.getElementById("groups-data").textContent);
  const previews = JSON.parse(document.getElementById("previews-data").textContent);
  data.forEach((raw, number) => {
    const group = lfx.readGroup(raw);
    const explorer = lfx.explore(document.getElementById(`explorer-${number}`), group);
    lfx.browse(document.getElementById(`cases-${number}`), group, previews[group.data] || {}, explorer);
  });
})();
