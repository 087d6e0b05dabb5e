// Two to six models side by side. The address's fragment holds the choice: `compare.1` and so on.
(() => {
  "use strict";
  const section = document.getElementById("comparison");
  if (!section) return;
  const data = report;
  const choices = [...section.querySelectorAll("[data-compare]")];
  const table = document.getElementById("comparison-table");
  const models = new Map(data.models.map((model) => [model.name, model]));
  const { make } = elements;
  for (const choice of choices) {
    choice.append(new Option("–", ""), ...data.models.map(({ name }) => new Option(name, name)));
  }

  function chosen() {
    const asked = choices.map((choice) => reportState.get(choice.dataset.compare));
    const names = asked.every((name) => name === null) ? data.models.slice(0, 2).map((model) => model.name) : asked;
    return choices.map((choice, at) => (models.has(names[at]) ? names[at] : ""));
  }

  function row(name, side) {
    const { label, unit, description, format, better } = data.metrics[name];
    const line = document.createElement("tr");
    line.dataset.row = name;
    const head = make("th", "", label);
    head.scope = "row";
    head.title = description;
    line.append(head);
    const values = side.map((model) => model.values[name]);
    const known = values.filter((value) => value !== null);
    const best = better && known.length > 1 && Math.min(...known) < Math.max(...known)
      ? (better === "lower" ? Math.min(...known) : Math.max(...known)) : NaN;
    values.forEach((value, at) => {
      const cell = make("td", value === null ? "missing" : "", "");
      if (value === best) cell.append(make("span", "best", ""), make("span", "hidden", "best: "));
      cell.append(make("span", "", value === null ? "–" : numbers.show(value, unit, format)));
      const ratio = value > 0 && values[0] > 0 ? `${numbers.digits(value / values[0])}×` : "";
      if (at) cell.append(make("span", "ratio", ratio)); // an empty one keeps the column in line
      const note = (side[at].provenance[name] || {}).note || "";
      cell.title = value === null ? note : `${numbers.exact(value)}${unit === "ratio" ? "" : ` ${unit}`}${note ? ` · ${note}` : ""}`;
      if (value !== null) cell.dataset.exact = String(value);
      line.append(cell);
    });
    return line;
  }

  function show() {
    const names = chosen();
    choices.forEach((choice, at) => { choice.value = names[at]; });
    const side = [...new Set(names)].filter(Boolean).map((name) => models.get(name));
    document.getElementById("comparison-few").hidden = side.length > 1;
    table.hidden = side.length < 2;
    const head = document.createElement("tr");
    for (const name of ["", ...side.map((model) => model.name)]) {
      const cell = make(name ? "th" : "td", "", name);
      if (name) cell.scope = "col";
      head.append(cell);
    }
    table.tHead.replaceChildren(head);
    const groups = [
      ["Headline", data.headline],
      ...data.sections.map(({ title, metrics: own }) => [title, own]),
    ];
    for (const body of [...table.tBodies]) body.remove();
    for (const [title, own] of groups) {
      if (!own.length) continue;
      const body = document.createElement("tbody");
      const line = make("tr", "group-of-rows", "");
      const cell = make("th", "", title);
      cell.colSpan = side.length + 1;
      cell.scope = "rowgroup";
      line.append(cell);
      body.append(line, ...own.map((name) => row(name, side)));
      table.append(body);
    }
  }

  for (const choice of choices) {
    choice.addEventListener("change", () => {
      reportState.change(Object.fromEntries(choices.map((one) => [one.dataset.compare, one.value || (one === choices[0] ? "" : null)])));
      show();
    });
  }
  reportState.listen(show);
  show();
})();
