// What leaves the calculator: a model as `run --format json` writes one, and a row of the workbook.
const calculatorOutput = (() => {
  "use strict";
  const data = report;

  function provenance(name, { base, changes, latest }) {
    if (latest.typed.has(name) && !latest.wrong.has(name)) {
      return !changes.has(name) && base ? base.provenance[name] : { from: "given", note: "given" };
    }
    if (Number.isNaN(latest.v[name])) return { from: "missing", note: calculation.missing(name, latest, base) };
    if (data.metrics[name]) return { from: data.metrics[name].assumes.length ? "assumed" : "derived" };
    return { from: moe.defaults.includes(name) ? "default" : "derived" };
  }

  // A row that is as it was read (`isRow`) keeps its texts, whatever is assumed.
  function entry(now) {
    const { base, changes, scenario, latest, findings, isRow } = now;
    const same = !changes.size && !scenario && base;
    const texts = base ? { ...base.texts } : {};
    if (!isRow) for (const key of ["source", "remark", "compare_with"]) delete texts[key];
    const number = (name) => (Number.isNaN(latest.v[name]) ? null : latest.v[name]);
    const all = (names, of) => Object.fromEntries(names.map((name) => [name, of(name)]));
    const [fields, metrics] = [Object.keys(data.fields), Object.keys(data.metrics)];
    const isSame = (one, other) => one.column === other.column && one.message === other.message;
    return {
      name: changes.get("name") || (base ? base.name + (isRow ? "" : " (changed)") : "A model"),
      texts,
      carried: same ? base.carried : {},
      inputs: all(fields, number),
      values: all(metrics, number),
      provenance: all([...fields, ...metrics], (name) => provenance(name, now)),
      // As the report has them, with the places of the cells.
      findings: same ? findings.map((one) => base.findings.find((other) => isSame(one, other)) ?? one) : findings,
    };
  }

  function asRow({ name, texts }, latest) {
    const { inert } = copying;
    const cells = [["name", inert(name)], ...Object.entries(texts).map(([key, text]) => [key, inert(text)])];
    for (const [one] of moe.order) {
      if (latest.typed.has(one) && !latest.wrong.has(one)) cells.push([one, String(latest.v[one])]);
    }
    return `${cells.map((cell) => cell[0]).join("\t")}\n${cells.map((cell) => cell[1]).join("\t")}\n`;
  }

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = document.createElement("textarea");
      area.className = "hidden";
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
  }

  // Gives a model to save as JSON, and returns the name of the file.
  function save(made) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(made, null, 1)], { type: "application/json" }));
    link.download = `${made.name.replace(/[^\w.-]+/g, "-").replace(/^-+|-+$/g, "") || "model"}.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    return link.download;
  }

  return { entry, asRow, copy, save };
})();
