// The audit of a row that is typed, by the rules that moe_report/compute/audit_rules.py has: `moe.audit`
// holds them as functions. What a row is compared with is not among them.
const audit = (() => {
  "use strict";
  const [names, likeASummary, aboutNames] = moe.summaries;
  const summaries = new Set(names);

  // As named_like_one() of moe_report/load/summaries.py.
  function isNamedLikeASummary(name) {
    const words = name.replace(/[*:=()[\]0-9.,#]+/g, " ").replace(/[\s_-]+/g, " ").trim().toLowerCase();
    return summaries.has(words) || summaries.has(words.split(" ")[0]);
  }

  function written(number, like) {
    if (Number.isNaN(number)) return "–";
    if (like === "as percent") return numbers.share(number);
    if (like === "as difference") return numbers.off(number);
    const { unit, format } = report.metrics[like] || report.fields[like];
    // A field has no format of its own.
    return numbers.show(number, unit, format || (unit === "parameters" ? "si" : "integer"), 4);
  }

  function sentence(pieces, it) {
    const there = pieces.filter(([, , , when = 1]) => when === 1);
    return there.map(([text, number, like]) => {
      const said = text.replace("{it}", () => it);
      return number === undefined ? said : said.replace("{}", () => written(number, like || it));
    }).join("");
  }

  // What the symbols of the rules stand for; NaN for what is missing.
  function rowOf({ v, typed, computed }) {
    return {
      value: (name) => v[name] ?? NaN,
      typed: (name) => typed.get(name) ?? NaN,
      half_unit: (name) => (typed.has(name) ? numbers.halfUnit(typed.get(name)) : 0),
      formula: (name) => computed.get(name) ?? NaN,
      derived: (name) => (typed.has(name) || moe.defaults.includes(name) ? NaN : computed.get(name) ?? NaN),
    };
  }

  // What is found of a row that calculation.js has worked out.
  function findings(computed, name) {
    const row = rowOf(computed);
    const found = [];
    const known = (number) => (Number.isNaN(number) ? null : number ?? null);
    const find = (level, column, message, stated, right) =>
      found.push({ level, column, message, stated: known(stated), computed: known(right), place: "" });
    for (const [level, columns, rule] of moe.audit) {
      for (const it of columns.length ? columns : Object.keys(report.metrics)) {
        const [holds, pieces, ...doubted] = rule(row, it);
        if (holds === 1) find(level, it, sentence(pieces, it), ...doubted);
      }
    }
    if (isNamedLikeASummary(name)) find("suspicious", aboutNames, likeASummary);
    return sorted(found);
  }

  const sorted = (found) => found.sort((a, b) => moe.levels.indexOf(a.level) - moe.levels.indexOf(b.level));
  const word = (level) => `${level[0].toUpperCase()}${level.slice(1)}`;

  return { findings, sorted, word };
})();
