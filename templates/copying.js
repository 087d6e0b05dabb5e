// What is copied of a number is the exact one, without signs that part thousands; several cells of a
// table are copied as a spreadsheet takes them.
const copying = (() => {
  "use strict";

  // A text in one line that no spreadsheet takes for a formula.
  function inert(text) {
    const line = String(text).trim().replace(/[\t\r\n]+/g, " ");
    return /^[=+\-@]/.test(line) ? `'${line}` : line;
  }

  const valueOf = (cell) => cell.dataset.exact ?? reportTables.valueOf(cell);
  // Without the mark of a finding, and what stands beside a number.
  const textOf = (cell) => [...cell.childNodes].filter((part) => !part.matches?.("a[href^='#doubt'], .ratio, .hidden"))
    .map((part) => part.textContent).join("").trim();

  function written(cell) {
    const known = cell.closest("thead") && definitionOf(cell.dataset.column);
    if (known) return inert(`${known.label}${known.unit === "ratio" ? "" : ` (${known.unit})`}`);
    if (cell.classList.contains("missing")) return "";
    return String(valueOf(cell) ?? inert(textOf(cell)));
  }

  function isTaken(cell, range) {
    const part = document.createRange();
    part.selectNodeContents(cell);
    if (!range.intersectsNode(cell)) return false;
    if (range.compareBoundaryPoints(Range.START_TO_START, part) > 0) part.setStart(range.startContainer, range.startOffset);
    if (range.compareBoundaryPoints(Range.END_TO_END, part) < 0) part.setEnd(range.endContainer, range.endOffset);
    return part.toString().trim() !== "";
  }

  // Whether a selected text has all digits of a number.
  function covers(selected, shown) {
    return selected.startsWith(shown) || (shown.includes(selected) && !/\d/.test(shown.replace(selected, "")));
  }

  function exactOf(selection) {
    const range = selection.getRangeAt(0);
    const within = range.commonAncestorContainer;
    const place = within.closest ? within : within.parentElement;
    const rows = [...place.closest("table.models, table.compare")?.rows ?? []].filter((row) => row.checkVisibility());
    const lines = rows.map((row) => [...row.cells].map((cell) => isTaken(cell, range) && cell));
    const taken = lines.flat().filter(Boolean);
    if (taken.length < 2) {
      const cell = taken[0] ?? place.closest("[data-exact]");
      const isNumber = cell && (valueOf(cell) ?? null) !== null && covers(selection.toString().trim(), textOf(cell));
      return isNumber ? written(cell) : "";
    }
    const from = Math.min(...lines.map((cells) => cells.findIndex(Boolean)).filter((at) => at >= 0));
    const to = Math.max(...lines.map((cells) => cells.findLastIndex(Boolean)));
    return lines.filter((cells) => cells.some(Boolean))
      .map((cells) => cells.slice(from, to + 1).map((cell) => (cell ? written(cell) : "")).join("\t")).join("\n");
  }

  document.addEventListener("copy", (event) => {
    const selection = getSelection();
    if (selection.isCollapsed || event.target.matches?.("input, textarea")) return;
    const text = exactOf(selection);
    if (!text) return;
    event.clipboardData.setData("text/plain", text);
    event.preventDefault();
  });

  return { inert };
})();
