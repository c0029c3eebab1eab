"use strict";
// The samples of a group of fusions: decoding what the page holds, pooling, scores.
const lfx = {};

lfx.decode = (text, type) => {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = binary.charCodeAt(at);
  return new type(bytes.buffer);
};

// Probabilities of logits, (samples x classes) row by row; a row of NaN stays one.
lfx.softmax = (logits, classes) => {
  const found = new Float64Array(logits.length);
  for (let row = 0; row < logits.length; row += classes) {
    let most = -Infinity;
    for (let at = row; at < row + classes; at += 1) if (logits[at] > most) most = logits[at];
    let sum = 0;
    for (let at = row; at < row + classes; at += 1) sum += found[at] = Math.exp(logits[at] - most);
    for (let at = row; at < row + classes; at += 1) found[at] /= sum;
  }
  return found;
};

lfx.readGroup = (group) => {
  const classes = group.classes.length;
  for (const split of group.splits) {
    split.labels = lfx.decode(split.labels, Int16Array);
    split.probabilities = split.logits.map((text) =>
      lfx.softmax(lfx.decode(text, Float32Array), classes));
    split.present = split.present.map((text) => text && lfx.decode(text, Uint8Array));
    delete split.logits;
  }
  for (const fusion of group.fusions) {
    fusion.probabilities = fusion.logits &&
      lfx.softmax(lfx.decode(fusion.logits, Float32Array), classes);
    delete fusion.logits;
  }
  return group;
};

// The linear pool, as lfx.fuse computes it: where a member lacks a sample, the others share its
// weight in proportion, or equally if none of them has any.
lfx.pool = (split, weights, classes) => {
  const members = weights.length;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const shares = weights.map((weight) => weight / total);
  const lacking = split.present.some((mask) => mask);
  const pooled = new Float64Array(split.n * classes);
  const used = shares.slice();
  for (let sample = 0; sample < split.n; sample += 1) {
    if (lacking) {
      let kept = 0, there = 0;
      for (let member = 0; member < members; member += 1) {
        const has = !split.present[member] || split.present[member][sample];
        used[member] = has ? shares[member] : 0;
        kept += used[member];
        there += has ? 1 : 0;
      }
      for (let member = 0; member < members; member += 1) {
        const has = !split.present[member] || split.present[member][sample];
        used[member] = kept > 1e-300 ? used[member] / kept : has ? 1 / there : 0;
      }
    }
    for (let member = 0; member < members; member += 1) {
      const share = used[member];
      if (share === 0) continue;
      const from = split.probabilities[member];
      const start = sample * classes;
      for (let at = start; at < start + classes; at += 1) pooled[at] += share * from[at];
    }
  }
  return pooled;
};

// The most probable class of each sample, the first of equals; -1 without probabilities.
lfx.predict = (probabilities, classes) => {
  const found = new Int16Array(probabilities.length / classes);
  for (let sample = 0; sample < found.length; sample += 1) {
    let best = -1, most = -1;
    for (let label = 0; label < classes; label += 1) {
      const value = probabilities[sample * classes + label];
      if (value > most) { most = value; best = label; }
    }
    found[sample] = best;
  }
  return found;
};

lfx.confusion = (predicted, labels, classes) => {
  const counts = Array.from({ length: classes }, () => new Float64Array(classes));
  for (let at = 0; at < labels.length; at += 1)
    if (predicted[at] >= 0) counts[labels[at]][predicted[at]] += 1;
  return counts;
};

// Accuracy, weighted and macro F1 of a confusion matrix (rows: labels).
lfx.scores = (counts) => {
  let samples = 0, hits = 0, macro = 0, weighted = 0;
  counts.forEach((row, label) => {
    const support = row.reduce((sum, count) => sum + count, 0);
    const predicted = counts.reduce((sum, other) => sum + other[label], 0);
    const f1 = 2 * row[label] / Math.max(predicted + support, 1);
    samples += support;
    hits += row[label];
    macro += f1;
    weighted += f1 * support;
  });
  return { n: samples, accuracy: hits / samples, f1_weighted: weighted / samples,
    f1_macro: macro / counts.length };
};

lfx.scoresOf = (group, split, weights) => {
  const classes = group.classes.length;
  const predicted = lfx.predict(lfx.pool(split, weights, classes), classes);
  return lfx.scores(lfx.confusion(predicted, split.labels, classes));
};

// Build an element; texts become text nodes, never markup.
lfx.element = (tag, properties, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties || {})) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false)
      made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
};

lfx.options = (names) => names.map((name, at) => lfx.element("option", { value: at }, name));
lfx.titles = { accuracy: "accuracy", f1_weighted: "weighted F1", f1_macro: "macro F1" };
lfx.shown = (value) => Number.isFinite(value) ? value.toFixed(3) : "";
