// The report's data, which the page carries packed: `report` is what `run --format json` writes,
// without formulas and sources. What metrics, fields, findings and remarks say is where the page says it.
const report = (() => {
  "use strict";
  // Without a prototype: a name such as `constructor` or `__proto__` is one like any other.
  const bare = (of) => Object.assign(Object.create(null), of);
  const plain = (key, value) => (value && typeof value === "object" && !Array.isArray(value) ? bare(value) : value);
  const data = JSON.parse(document.getElementById("report-data").textContent, plain);
  data.layers ??= bare();
  for (const kind of [data.fields, data.metrics, data.assumptions, data.layers]) {
    for (const [name, [label, symbol, unit, rest]] of Object.entries(kind)) kind[name] = { label, symbol, unit, ...rest };
  }
  const fields = Object.keys(data.fields);
  const metrics = Object.keys(data.metrics);
  const symbols = [...fields, ...metrics, ...Object.keys(data.assumptions)];
  for (const name of metrics) {
    const description = document.getElementById(`metric-${name}`)?.querySelector("p")?.textContent ?? "";
    data.metrics[name] = { better: null, format: "si", description, ...data.metrics[name] };
  }
  const meanings = new Map([...document.querySelectorAll("#assumptions tbody tr")].map((row) => [row.querySelector("code").textContent, row.querySelector(".words").textContent]));
  for (const [name, of] of Object.entries(data.assumptions)) {
    data.assumptions[name] = { value: of.default, given: false, help: meanings.get(name) ?? "", minimum: 0, maximum: 2 ** 53, whole: false, ...of };
  }
  for (const group of Object.values(data.presets ?? {})) {
    const sets = group.sets.map((place) => symbols[place] ?? place);
    for (const [name, [source, ...values]] of Object.entries(group.presets)) {
      group.presets[name] = { values: bare(Object.fromEntries(sets.map((one, at) => [one, values[at]]))), source };
    }
    delete group.sets;
  }
  let first = 0;
  for (const section of data.sections) section.metrics = metrics.slice(first, (first += section.metrics));
  const said = new Map([...document.querySelectorAll("#glossary dd")].map((entry) => {
    const parts = [...entry.childNodes];
    const at = parts.findLastIndex((part) => part.localName === "code");
    return [parts[at]?.textContent ?? "", parts.slice(0, at).map((part) => part.textContent).join("").trim()];
  }));
  for (const name of fields) data.fields[name].description = said.get(name) ?? "";
  function found([number, level, column, stated, computed]) {
    const text = (css) => document.querySelector(`#doubt-${number} ${css}`)?.textContent ?? "";
    return { level, column, message: text("p > span"), stated, computed, place: text(".place") };
  }
  const notes = new Map([...document.querySelectorAll(".notes > div")].map((note) => [note.querySelector("dt").textContent, note]));
  const run = ([text, length = 1]) => Array(Number(length)).fill(text);
  const columns = (texts) => texts.split(";").map((column) => column.split(",").flatMap((text) => run(text.split("x"))));
  const [counted, told] = [columns(data.numbers), columns(data.said)];
  for (const [at, model] of data.models.entries()) {
    const numbers = [];
    for (const column of counted) {
      const text = column[at];
      numbers.push(text[0] === "=" ? numbers[text.slice(1)] : text ? Number(text) : null);
    }
    const places = told.map((column) => data.provenance[column[at]]);
    const all = (names, from, items) => bare(Object.fromEntries(names.map((name, at) => [name, items[from + at]])));
    model.inputs = all(fields, 0, numbers);
    model.values = all(metrics, fields.length, numbers);
    model.provenance = all([...fields, ...metrics], 0, places.map(([from, note, numbered]) => {
      const whole = numbered ? note + model.row : note;
      return whole ? { from, note: whole } : { from };
    }));
    model.tokens = model.tokens?.split(";").map((layer) => layer.split(",").map(Number));
    const note = notes.get(model.name);
    for (const key of ["source", "remark"]) {
      const text = note?.querySelector(`.${key}`)?.textContent;
      if (text) model.texts[key] = text;
    }
    model.findings = model.findings.map(found);
    delete model.row;
    model.computed ??= bare();
  }
  return data;
})();

// What the report says of a field, metric or assumption.
const definitionOf = (name) => report.fields[name] ?? report.metrics[name] ?? report.assumptions[name] ?? report.layers[name];
