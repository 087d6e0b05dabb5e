// The report's data, which the page carries packed: `report` is what `run --format json` writes,
// without formulas and sources, with what a metric says of itself where its formula stands, and with what a formula gives where a number was typed over it.
const report = (() => {
  "use strict";
  // Without a prototype: a name such as `constructor` or `__proto__` is one like any other.
  const bare = (of) => Object.assign(Object.create(null), of);
  const plain = (key, value) => (value && typeof value === "object" && !Array.isArray(value) ? bare(value) : value);
  const data = JSON.parse(document.getElementById("report-data").textContent, plain);
  const fields = Object.keys(data.fields);
  const metrics = Object.keys(data.metrics);
  const symbols = [...fields, ...metrics, ...Object.keys(data.assumptions)];
  for (const name of metrics) {
    const description = document.getElementById(`metric-${name}`)?.querySelector("p")?.textContent ?? "";
    const needs = data.metrics[name].needs.map((place) => symbols[place]);
    data.metrics[name] = { better: null, headline: false, assumes: [], description, ...data.metrics[name], needs };
  }
  const run = ([place, length = 1]) => Array(Number(length)).fill(data.provenance[place]);
  for (const model of data.models) {
    const numbers = model.numbers.split(",").map((text) => (text === "" ? null : Number(text)));
    const places = model.said.split(",").flatMap((text) => run(text.split("x")));
    const all = (names, from, items) => bare(Object.fromEntries(names.map((name, at) => [name, items[from + at]])));
    model.inputs = all(fields, 0, numbers);
    model.values = all(metrics, fields.length, numbers);
    model.provenance = all([...fields, ...metrics], 0, places.map(([from, note, numbered]) => {
      const whole = numbered ? note + model.row : note;
      return whole ? { from, note: whole } : { from };
    }));
    for (const key of ["numbers", "said", "row"]) delete model[key];
    model.computed ??= bare();
  }
  return data;
})();
