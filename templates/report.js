// Sorts and filters the tables, and says what stands behind a number. The address's fragment holds
// the state, so a link to the page carries it and the back button undoes it; what inputs show
// follows it, never the other way.
const reportState = (() => {
  "use strict";
  const listeners = [];
  const tell = () => listeners.forEach((listener) => listener());
  // A link to a part of the page takes the address, so the history's entry holds the state for it.
  const isLink = () => location.hash !== "" && !location.hash.includes("=");
  const remembered = () => (isLink() ? history.state?.report : location.hash.slice(1));
  let state = new URLSearchParams(remembered());
  const remember = () => history.replaceState({ report: `${state}` }, "");
  if (isLink()) remember();
  function read() {
    const now = remembered();
    if (now === undefined) return remember(); // the link was just followed
    if (now === `${state}`) return; // it was set here
    state = new URLSearchParams(now);
    tell();
  }
  addEventListener("popstate", read);
  addEventListener("hashchange", read);
  // A browser that comes back to a page fills its inputs with what stood in them.
  addEventListener("pageshow", ({ persisted }) => (persisted ? read() : tell()));
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

const reportTables = (() => {
  "use strict";
  const filter = document.getElementById("filter");
  const exact = document.getElementById("exact");
  const matches = document.getElementById("matches");
  const tables = [...document.querySelectorAll("table.models")].map((table) => ({
    name: table.dataset.table,
    heads: [...table.tHead.rows[0].cells],
    names: [...table.tHead.rows[0].cells].map((head) => head.dataset.column),
    body: table.tBodies[0],
    rows: [...table.tBodies[0].rows],
  }));
  // A header becomes a button: what is on paper is what it said before.
  for (const head of tables.flatMap(({ heads }) => heads)) {
    const wrapped = (css, ...inner) => {
      const element = document.createElement("span");
      element.className = css;
      element.append(...inner);
      return element;
    };
    const unit = head.querySelector(".unit");
    const short = unit ? unit.textContent : "";
    const whole = definitionOf(head.dataset.column)?.unit ?? "";
    unit?.remove();
    const mark = head.classList.contains("assumed") ? " ≈" : "";
    const label = head.textContent.trim();
    head.dataset.label = `${label}${mark}${short ? `\n${short}` : ""}`;
    const button = document.createElement("button");
    button.type = "button";
    button.append(wrapped("label", label));
    if (short || whole) button.append(wrapped("unit", wrapped("short", short), wrapped("full", whole)));
    head.replaceChildren(button);
  }
  const byName = new Map(report.models.map((model) => [model.name, model]));
  const models = new Map(tables.flatMap(({ rows }) => rows.map((row) => [row, byName.get(row.cells[0].firstChild.data)])));
  const valueOf = (row, name) => {
    const model = models.get(row);
    return name in model.inputs ? model.inputs[name] : model.values[name];
  };
  const rounded = new Map();

  const doubtOf = (at) => [...document.getElementById(`doubt-${at}`)?.children ?? []].map((it) => it.textContent.trim()).join(": ");

  // What stands behind a number is put together when it is asked for: there may be ten thousands.
  function explain({ target }) {
    const cell = target.closest?.("table.models td, table.models th[data-column]");
    if (!cell || cell.title || cell.className === "words") return;
    const { names } = tables.find(({ name }) => name === cell.closest("table").dataset.table);
    const name = names[cell.cellIndex];
    if (!definitionOf(name)) return;
    if (cell.localName === "th") {
      cell.title = definitionOf(name).description;
      return;
    }
    const model = models.get(cell.parentNode);
    const value = valueOf(cell.parentNode, name);
    const { from, note = "" } = model.provenance[name];
    const { unit } = definitionOf(name);
    const other = name in model.computed && from === "given" ? `; the formula gives ${numbers.exact(model.computed[name])}` : "";
    const said = from === "default" ? from : note + other;
    const counted = /^(ratio$|\d|$)/.test(unit) ? "" : ` ${unit}`;
    const number = value === null ? note : `${numbers.exact(value)}${counted}${said ? ` · ${said}` : ""}`;
    const doubts = [...cell.querySelectorAll("a[href^='#doubt']")].flatMap((mark) => mark.textContent.split(",")).map(doubtOf);
    cell.title = [number, ...doubts].join("\n");
    if (!cell.hasAttribute("tabindex")) cell.tabIndex = -1;
  }
  addEventListener("pointerover", explain);
  addEventListener("focusin", explain);

  // The same in a bubble, where the focus is: above all that sticks or scrolls, and in the window.
  const bubble = document.createElement("div");
  bubble.id = bubble.className = "bubble";
  bubble.setAttribute("role", "tooltip");
  document.body.append(bubble);
  const focused = () => document.activeElement?.closest("table.models tbody td");

  function showBubble() {
    const cell = focused();
    bubble.hidden = !cell?.title || !isInSight(cell);
    if (bubble.hidden) return;
    bubble.textContent = cell.title;
    const { clientWidth, clientHeight } = document.documentElement;
    const [at, { width, height }] = [cell.getBoundingClientRect(), bubble.getBoundingClientRect()];
    const within = (start, size, room) => Math.max(6, Math.min(start, room - size - 6));
    const below = at.bottom + 4 + height <= clientHeight - 6;
    bubble.style.left = `${within(at.right - width, width, clientWidth)}px`;
    bubble.style.top = `${within(below ? at.bottom + 4 : at.top - 4 - height, height, clientHeight)}px`;
  }

  function isInSight(cell) {
    const at = cell.getBoundingClientRect();
    const box = cell.closest(".scroller").getBoundingClientRect();
    const overlap = (low, high, from, to) => Math.min(high, to) - Math.max(low, from) > 0;
    return overlap(at.left, at.right, Math.max(box.left, 0), Math.min(box.right, innerWidth))
      && overlap(at.top, at.bottom, Math.max(box.top, 0), Math.min(box.bottom, innerHeight));
  }

  // Tab reaches one cell of a table, arrows go on from there.
  function go(cell, key) {
    const row = cell.parentNode;
    const beside = (line, way) => {
      let next = line[way];
      while (next?.hidden) next = next[way];
      return next;
    };
    if (key === "ArrowLeft") return cell.previousElementSibling;
    if (key === "ArrowRight") return cell.nextElementSibling;
    if (key === "Home") return row.cells[1];
    if (key === "End") return row.cells[row.cells.length - 1];
    const way = key === "ArrowUp" ? "previousElementSibling" : "nextElementSibling";
    return beside(row, way)?.cells[cell.cellIndex];
  }

  function reach(cell) {
    for (const other of cell.closest("tbody").querySelectorAll("td[tabindex='0']")) other.tabIndex = -1;
    cell.tabIndex = 0;
    cell.focus({ preventScroll: true });
    cell.scrollIntoView({ block: "nearest", inline: "nearest" });
    showBubble();
  }

  // What sticks covers no cell that is scrolled to.
  function pad(cell) {
    const [head] = cell.closest("table").tHead.rows;
    const { style } = cell.closest(".scroller");
    style.scrollPaddingTop = `${head.offsetHeight}px`;
    style.scrollPaddingLeft = `${head.cells[0].offsetWidth}px`;
  }

  function offerStop({ body }) {
    const at = body.querySelector("td[tabindex='0']");
    if (at && !at.parentNode.hidden) return;
    if (at) at.tabIndex = -1;
    const cell = [...body.rows].find((row) => !row.hidden)?.cells[1];
    if (cell) cell.tabIndex = 0;
  }

  // A click on a mark says what is doubted, where the number is; Enter leads to the findings.
  addEventListener("click", (event) => {
    if (!event.detail || !event.target.closest?.("td > a[href^='#doubt']")) return;
    event.preventDefault();
    event.target.focus();
    showBubble();
  });

  tables.forEach(offerStop);
  addEventListener("focusin", showBubble);
  addEventListener("focusout", () => { bubble.hidden = true; });
  addEventListener("scroll", showBubble, { capture: true, passive: true });
  addEventListener("resize", showBubble);
  addEventListener("keydown", (event) => {
    const cell = focused();
    if (!cell || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Escape") bubble.hidden = true;
    if (!/^(Arrow|Home$|End$)/.test(event.key)) return;
    event.preventDefault(); // at an edge, too: else the page scrolls
    const next = go(cell, event.key);
    if (next?.localName !== "td") return;
    pad(next);
    reach(next);
  });

  const key = (row, at, name) => {
    if (definitionOf(name)) return valueOf(row, name) ?? "";
    return row.cells[at].textContent.trim();
  };
  const compare = (a, b) =>
    typeof a === "number" && typeof b === "number"
      ? a - b
      : String(a).localeCompare(String(b), undefined, { numeric: true });

  function sort({ name, heads, names, body, rows }) {
    const [column, direction] = (reportState.get(name) || "").split(".");
    const at = names.indexOf(column);
    const sign = direction === "descending" ? -1 : 1;
    const ordered = [...rows];
    if (at < 0 && !heads.some((head) => head.hasAttribute("aria-sort"))) return;
    if (at >= 0) {
      // What is missing comes last, whichever way.
      const keys = new Map(rows.map((row) => [row, key(row, at, column)]));
      const rank = (row) => (keys.get(row) === "" ? 1 : 0);
      ordered.sort((a, b) => rank(a) - rank(b) || sign * compare(keys.get(a), keys.get(b)));
    }
    heads.forEach((head, index) =>
      index === at ? head.setAttribute("aria-sort", sign < 0 ? "descending" : "ascending") : head.removeAttribute("aria-sort"));
    body.append(...ordered);
  }

  function match() {
    if (!filter) return;
    const wanted = filter.value.trim().toLowerCase();
    const headline = tables.filter(({ name }) => /^summary(-|$)/.test(name));
    const rows = headline.flatMap((table) => table.rows);
    for (const row of rows) row.hidden = !row.cells[0].textContent.toLowerCase().includes(wanted);
    headline.forEach(offerStop);
    // What is found among the rows that stand apart comes into sight.
    const apart = document.querySelector("details.others");
    if (wanted && apart?.querySelector("tbody tr:not([hidden])")) apart.open = true;
    const shown = rows.filter((row) => !row.hidden).length;
    matches.textContent = wanted ? `${shown} of ${rows.length}` : "";
  }

  function show() {
    tables.forEach(sort);
    if (!filter) return;
    filter.value = reportState.get("filter") || "";
    exact.checked = reportState.get("exact") !== null;
    match();
    if (document.documentElement.classList.toggle("exact", exact.checked) || rounded.size) showDigits();
  }

  function showDigits() {
    for (const { names, rows } of tables) {
      for (const row of rows) {
        names.forEach((name, at) => {
          const value = definitionOf(name) ? valueOf(row, name) : null;
          if (value === null) return;
          const cell = row.cells[at];
          const { firstChild: text } = cell; // a mark may stand behind it
          if (!rounded.has(cell)) rounded.set(cell, text.data);
          text.data = exact.checked ? numbers.exact(value) : rounded.get(cell);
        });
      }
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

  return {
    // The number of a cell; nothing where there is none.
    valueOf(cell) {
      const name = cell.closest("table.models")?.tHead.rows[0].cells[cell.cellIndex].dataset.column;
      return name && models.has(cell.parentNode) && definitionOf(name) ? valueOf(cell.parentNode, name) : undefined;
    },
  };
})();

// A link into what is folded unfolds it.
(() => {
  "use strict";
  function unfold(hash) {
    const target = hash.length > 1 && !hash.includes("=") && document.getElementById(decodeURIComponent(hash.slice(1)));
    if (!target) return undefined;
    const own = target.matches(".fold") ? target.querySelector("details") : target;
    for (let box = own.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
    return target;
  }
  const go = () => unfold(location.hash)?.scrollIntoView();
  addEventListener("click", ({ target, defaultPrevented }) => {
    const link = target.closest?.("a[href^='#']");
    if (link && !defaultPrevented) unfold(link.hash);
  });
  addEventListener("hashchange", go);
  go();
})();
