// Formulas as they apply to a row, as moe_report/formula/applied.py makes them, and in general:
// `moe.formulas` is run with calls that make a formula where those of `moe.operations` compute one.
const formulas = (() => {
  "use strict";
  const data = report;
  const NEUTRAL = { add: 0, sub: 0, mul: 1, div: 1, pow: 1 };
  let values; // of the row, by name
  let general = false; // whether all of a formula stays
  const { num } = moe.operations;
  const lifted = (it) => (typeof it === "number" ? { op: "const", args: [], value: it } : it);
  const isZero = ({ op, value }) => op === "const" && value === 0;
  const made = (op, args, value = NaN) => ({ op, args, value });

  function one(op, args) {
    const value = num(moe.operations[op](...args.map((arg) => arg.value)));
    if (general || !(op in NEUTRAL)) return made(op, args, value);
    const [left, right] = args;
    if (right.value === NEUTRAL[op]) return left;
    if (left.value === NEUTRAL[op] && (op === "add" || op === "mul")) return right;
    if (op === "sub" && left.value === 0) return made("neg", [right], value);
    return (op === "mul" && value === 0 && args.find(isZero)) || made(op, args, value);
  }

  function inGeneral(make) {
    const before = general;
    general = true;
    const it = make();
    general = before;
    return it;
  }

  const calls = Object.fromEntries(Object.keys(moe.operations).map((op) => [op, (...all) => {
    const args = all.map(lifted);
    // Of a chain of sums each is one of two.
    return op === "add" || op === "mul" ? args.reduce((left, right) => one(op, [left, right])) : one(op, args);
  }]));
  calls.num = lifted;
  calls.where = (test, then, otherwise) => {
    const { value } = test();
    if (!general && !Number.isNaN(value)) return lifted(value ? then() : otherwise());
    return inGeneral(() => made("where", [test, then, otherwise].map((part) => lifted(part()))));
  };
  calls.coalesce = (first, other) => {
    const known = !general && [first, other].map((part) => lifted(part())).find(({ value }) => !Number.isNaN(value));
    return known || inGeneral(() => made("coalesce", [first, other].map((part) => lifted(part()))));
  };

  const symbols = new Proxy({}, { get: (_, name) => ({ op: "symbol", args: [], name, value: values[name] ?? NaN }) });
  const byName = new Map(moe.formulas(calls));

  // The formula of a name, for the values of a row; none of what is only typed.
  function of(name, row, whole = false) {
    values = row;
    general = whole;
    return lifted(byName.get(name)(symbols));
  }

  // What of a formula decides how it is typeset.
  const keyOf = ({ op, name, args, value }) => [op, name ?? (op === "const" ? value : args.map(keyOf))];
  const isNumber = ({ value }) => !Number.isNaN(value) && !Array.isArray(value);
  const leaves = (it) => (it.op === "symbol" ? [it] : it.args.flatMap(leaves));
  const numbersIn = (it, asText) => leaves(it).filter(isNumber).map(({ name, value }) => asText(name, value));

  // What a metric needs, and what it assumes, by way of others, too.
  for (const [name, metric] of Object.entries(data.metrics)) {
    metric.needs = [...new Set(leaves(of(name, {}, true)).map((leaf) => leaf.name))];
  }
  function assumed(name) {
    const { needs, assumes } = data.metrics[name] ?? { assumes: data.layers[name]?.assumes ?? [] };
    if (assumes) return assumes;
    const all = [...needs.filter((one) => data.assumptions[one]), ...needs.flatMap(assumed)];
    return (data.metrics[name].assumes = [...new Set(all)]);
  }
  Object.keys(data.metrics).forEach(assumed);

  const letter = ({ name }) => ({ width: definitionOf(name).symbol.length, make: () => typeset.letter(definitionOf(name).symbol) });
  const inLetters = typeset.of(letter);

  // A name's formula as elements, with numbers as `asText` writes them in place of symbols, if given.
  function show(name, it, asText) {
    const text = ({ name: one, value }) => ({ width: asText(one, value).length, make: () => typeset.element("mn", asText(one, value)) });
    const shown = asText ? typeset.of((leaf) => (isNumber(leaf) ? text(leaf) : letter(leaf))) : inLetters;
    return shown(it, definitionOf(name).symbol);
  }

  // -- in the sections --------------------------------------------------------------------------

  const models = new Map(data.models.map((model) => [model.name, model]));
  const choices = [...document.querySelectorAll("[data-formulas]")];
  const articles = Object.keys(data.metrics).map((name) => [name, document.getElementById(`metric-${name}`)]).filter(([, article]) => article);
  articles.forEach(([name, article]) => {
    article.querySelector(".formula").replaceChildren(...show(name, of(name, {}, true)));
    if (article.querySelector(".symbols")) return; // a template of one's own may have them
    const place = document.createElement("p");
    place.className = "symbols";
    article.querySelector(".source")?.before(place);
    explain(place, data.metrics[name].needs);
  });
  for (const choice of choices) choice.append(...data.models.map(({ name }) => new Option(name, name)));

  function explain(place, names) {
    place.append(...names.flatMap((name) => {
      const { symbol, label, unit } = definitionOf(name);
      const said = document.createElement(data.metrics[name] ? "a" : "span");
      said.textContent = label;
      if (data.metrics[name]) said.href = `#metric-${name}`;
      const item = document.createElement("span");
      item.append(typeset.symbol(symbol), " ", said, unit && unit !== "ratio" ? ` (${unit})` : "");
      return [item, " "];
    }));
  }

  for (const symbol of document.querySelectorAll("main var")) symbol.replaceWith(typeset.symbol(symbol.textContent));

  function rowOf(model) {
    const assumed = Object.entries(data.assumptions).map(([name, { value }]) => [name, value]);
    return Object.fromEntries([...assumed, ...Object.entries(model.inputs), ...Object.entries(model.values)].map(([name, value]) => [name, value ?? NaN]));
  }

  // Of a chosen model, its formulas stand first, and the general ones behind a word.
  function showIn(article, name, row) {
    const place = article.querySelector(".formula");
    const folded = article.querySelector("details.general");
    if (folded) {
      place.replaceChildren(...folded.querySelector(".whole").childNodes);
      folded.remove();
    }
    if (!row) return;
    const it = of(name, row);
    if (JSON.stringify(keyOf(it)) === JSON.stringify(keyOf(of(name, row, true)))) return;
    const details = document.createElement("details");
    details.className = "general";
    const summary = document.createElement("summary");
    summary.textContent = "General form";
    const general = document.createElement("div");
    general.className = "whole formula";
    general.append(...place.childNodes);
    details.append(summary, general);
    place.append(...show(name, it));
    place.after(details);
  }

  function follow() {
    const chosen = reportState.get("formulas") ?? (data.models.length === 1 ? data.models[0].name : "");
    const model = models.get(chosen);
    for (const choice of choices) choice.value = model ? chosen : "";
    const row = model && rowOf(model);
    for (const [name, article] of articles) showIn(article, name, row);
  }

  for (const choice of choices) {
    choice.addEventListener("change", () => {
      reportState.change({ formulas: choice.value });
      follow();
    });
  }
  reportState.listen(follow);
  follow();

  return { of, keyOf, numbersIn, show };
})();
