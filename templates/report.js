// Sorts and filters the tables. The address's fragment holds the state, so a link to the page
// carries it and the back button undoes it.
const reportState = (() => {
  "use strict";
  let state = new URLSearchParams();
  const listeners = [];
  const tell = () => listeners.forEach((listener) => listener());
  function read() {
    if (location.hash && !location.hash.includes("=")) return; // a link to a part of the page
    if (location.hash.slice(1) === `${state}`) return; // it was set here
    state = new URLSearchParams(location.hash.slice(1));
    tell();
  }
  addEventListener("hashchange", read);
  if (location.hash.includes("=")) state = new URLSearchParams(location.hash.slice(1));
  return {
    get: (name) => state.get(name),
    entries: () => [...state],
    listen: (listener) => listeners.push(listener),
    // Sets names to texts, or takes those out that are null, and puts the state into the address.
    change(values) {
      for (const [name, value] of Object.entries(values)) {
        if (value === null) state.delete(name);
        else state.set(name, value);
      }
      location.hash = `${state}` || "models=";
    },
  };
})();

(() => {
  "use strict";
  const filter = document.getElementById("filter");
  const exact = document.getElementById("exact");
  const matches = document.getElementById("matches");
  const tables = [...document.querySelectorAll("table.models")].map((table) => ({
    name: table.dataset.table,
    heads: [...table.tHead.rows[0].cells],
    body: table.tBodies[0],
    rows: [...table.tBodies[0].rows],
  }));
  const cells = [...document.querySelectorAll("table.models td[title]")];
  const rounded = new Map();
  for (const cell of cells) {
    cell.tabIndex = -1;
    const number = cell.title.match(/^\u2212?\d[\d,.e+\u2212]*/);
    if (number) cell.dataset.exact = number[0].replaceAll(",", "").replaceAll("\u2212", "-");
  }

  const key = (row, at) => {
    const cell = row.cells[at];
    if (cell.dataset.exact) return Number(cell.dataset.exact);
    return at === 0 || cell.className === "words" ? cell.textContent.trim() : "";
  };
  const compare = (a, b) =>
    typeof a === "number" && typeof b === "number"
      ? a - b
      : String(a).localeCompare(String(b), undefined, { numeric: true });

  function sort({ name, heads, body, rows }) {
    const [column, direction] = (reportState.get(name) || "").split(".");
    const at = heads.findIndex((head) => head.dataset.column === column);
    const sign = direction === "descending" ? -1 : 1;
    const ordered = [...rows];
    if (at >= 0) {
      // What is missing comes last, whichever way.
      const rank = (row) => (key(row, at) === "" ? 1 : 0);
      ordered.sort((a, b) => rank(a) - rank(b) || sign * compare(key(a, at), key(b, at)));
    }
    heads.forEach((head, index) =>
      index === at ? head.setAttribute("aria-sort", sign < 0 ? "descending" : "ascending") : head.removeAttribute("aria-sort"));
    body.append(...ordered);
  }

  function match() {
    if (!filter) return;
    const wanted = filter.value.trim().toLowerCase();
    const { rows } = tables.find((table) => table.name === "summary");
    for (const row of rows) row.hidden = !row.cells[0].textContent.toLowerCase().includes(wanted);
    const shown = rows.filter((row) => !row.hidden).length;
    matches.textContent = wanted ? `${shown} of ${rows.length}` : "";
  }

  function show() {
    tables.forEach(sort);
    if (!filter) return;
    filter.value = reportState.get("filter") || "";
    exact.checked = reportState.get("exact") !== null;
    match();
    document.documentElement.classList.toggle("exact", exact.checked);
    for (const cell of cells.filter((cell) => cell.dataset.exact)) {
      if (!rounded.has(cell)) rounded.set(cell, cell.textContent);
      const whole = Number(cell.dataset.exact).toLocaleString("en", { maximumFractionDigits: 20 });
      cell.textContent = exact.checked ? whole : rounded.get(cell);
    }
  }

  function change(name, value) {
    reportState.change({ [name]: value || null });
    show();
  }

  for (const { name, heads } of tables) {
    for (const head of heads) {
      head.firstElementChild.addEventListener("click", () => {
        const first = head.classList.contains("number") ? "descending" : "ascending";
        const other = first === "ascending" ? "descending" : "ascending";
        const again = head.getAttribute("aria-sort") === first;
        change(name, `${head.dataset.column}.${again ? other : first}`);
      });
    }
  }
  if (filter) {
    filter.form.addEventListener("submit", (event) => event.preventDefault());
    filter.addEventListener("input", match);
    filter.addEventListener("change", () => change("filter", filter.value.trim()));
    exact.addEventListener("change", () => change("exact", exact.checked ? "1" : ""));
  }
  reportState.listen(show);
  show();
})();
