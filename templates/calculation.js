// What follows from the texts that are typed, by the functions of `moe`, and why something does not.
const calculation = (() => {
  "use strict";
  const data = report;
  const { exact, readings } = numbers;
  const isWhole = (name) => Boolean(data.fields[name] || definitionOf(name).whole);
  const parse = (name, text) => numbers.parse(text, isWhole(name));

  const isUnclear = (model, name) => (model?.unclear || []).includes(name);

  // What was expected is said in the words of the workbook's problems.
  const { words } = moe;
  const worded = (text, values) => text.replace(/\{(\w+)\}/g, (_, key) => values[key]);
  const sentence = (text) => text && `${text[0].toUpperCase()}${text.slice(1)}.`;

  function refused(name, number, text) {
    if (Number.isNaN(number)) {
      const [one, other] = readings(text);
      if (other !== undefined) return `“${text}” ${worded(words.either, { one: exact(one), other: exact(other) })}.`;
      return `“${text}” is no number.`;
    }
    return sentence(expected(name, number));
  }

  function expected(name, number) {
    if (!moe.bounds.has(name)) {
      if (number > 2 ** 53) return words.large;
      const { unit } = definitionOf(name);
      const counts = moe.counted.includes(unit.split("/")[0]);
      if (number < (counts ? 0 : -(2 ** 53))) return words.negative;
      return unit === "parameters" && number < moe.few && !Number.isInteger(number) ? words.whole : "";
    }
    const [low, high, whole, said] = moe.bounds.get(name);
    if (number > high && high >= 2 ** 53) return high > 2 ** 53 ? `at most ${high.toExponential()}` : words.large;
    if (number < low || number > high) return said;
    return whole && !Number.isInteger(number) ? words.whole : "";
  }

  // The values `v` of all names; what is `typed`, `wrong` of it and why, what the formulas give
  // (`computed`), and what they lack (`lacks`). The texts are those of a model, or of none.
  function of(textOf, model, faults = new Map()) {
    const v = Object.create(null);
    const result = { v, typed: new Map(), wrong: new Map(), computed: new Map(), lacks: new Map() };
    for (const name of [...Object.keys(data.assumptions), ...moe.order.map((item) => item[0])]) {
      const text = textOf(name);
      if (!text) continue;
      const number = parse(name, text);
      const why = faults.get(name) || refused(name, number, text);
      if (why) result.wrong.set(name, why);
      result.typed.set(name, why ? NaN : number);
    }
    for (const [name, item] of Object.entries(data.assumptions)) {
      v[name] = result.typed.get(name) ?? item.default;
    }
    // Counts are of as many experts as the model has.
    const layers = model?.tokens ?? [];
    const isCounted = layers[0]?.length === (result.typed.get("num_experts") ?? model?.inputs.num_experts);
    for (const [name, formula] of moe.layers ?? []) {
      const numbers = (isCounted ? layers : []).map((tokens) => formula({ ...v, tokens })).filter(Number.isFinite);
      v[name] = numbers.length ? numbers : NaN;
    }
    // What is refused is not what nobody typed: nothing else stands in for it.
    const lost = new Set(result.wrong.keys());
    let asked = [];
    const get = (_, name) => (lost.has(name) && asked.push(name), v[name]);
    const row = lost.size ? new Proxy(v, { get }) : v;
    for (const [name, formula] of moe.order) {
      const doubted = isUnclear(model, name); // the input may say it: no default
      asked = [];
      const found = formula && !doubted ? formula(row) : NaN;
      const value = asked.length ? NaN : found;
      result.computed.set(name, value);
      v[name] = result.typed.has(name) ? result.typed.get(name) : value;
      if (!Number.isNaN(v[name])) continue;
      if (asked.length) lost.add(name);
      const names = !formula || doubted || result.wrong.has(name) ? [name] : (asked.length ? asked : moe.lacking(formula, v)).flatMap((one) => {
        if (data.assumptions[one]) return [one];
        if (data.layers[one]) return [words.counts];
        return result.lacks.get(one).length ? result.lacks.get(one) : [`${one} (undefined here)`];
      });
      result.lacks.set(name, [...new Set(names)]);
    }
    for (const [name, limit] of moe.rules) {
      if (result.typed.has(name) && v[name] > v[limit]) {
        const values = { limit: `${definitionOf(limit).label} (${limit})`, number: exact(v[limit]) };
        faults.set(name, sentence(worded(words.limited, values)));
      }
    }
    // What breaks a rule is not used, so once more without it.
    return [...faults.keys()].some((name) => !result.wrong.has(name)) ? of(textOf, model, faults) : result;
  }

  const more = (names) => names.slice(words.most).length ? [worded(words.more, { count: names.length - words.most })] : [];

  function listed(names) {
    const shown = [...names.slice(0, words.most), ...more(names)];
    const last = shown.pop();
    return shown.length ? worded(words.listed, { names: shown.join(", "), last }) : last;
  }

  function missing(name, result, model) {
    if (result.wrong.has(name)) return result.wrong.get(name);
    const names = result.lacks.get(name);
    if (!result.computed.has(name) || (data.fields[name] && names[0] === name)) {
      return isUnclear(model, name) ? model.provenance[name].note : words.blank;
    }
    return names.length ? `missing: ${words.needs} ${listed(names)}` : words.undefined;
  }

  return { of, missing, more, parse, worded };
})();
