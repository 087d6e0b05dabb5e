// The charts: a resting pointer is told the numbers of a row or a point, out of the chart's table,
// and the calculator's model has a mark of its own, which moves as one types.
(() => {
  "use strict";
  const SVG = "http://www.w3.org/2000/svg";
  const make = (name, attributes = {}) => {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };

  // -- what a resting pointer is told -----------------------------------------------------------

  for (const figure of document.querySelectorAll("figure.chart")) {
    const table = figure.querySelector(".data table");
    if (!table) continue; // in templates of others
    const heads = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
    const told = [...table.tBodies[0].rows].map((row) =>
      [...row.cells].map((cell, at) => (at ? `${heads[at]}: ${cell.textContent}` : cell.textContent)).join("\n"));
    const tell = (element, at) => {
      const title = make("title");
      title.textContent = told[at];
      element.append(title);
    };
    for (const drawing of figure.querySelectorAll(".drawing")) {
      if (!drawing.dataset.rows) {
        for (const points of drawing.querySelectorAll("g.mark")) [...points.children].forEach(tell);
        continue;
      }
      const [top, height] = drawing.dataset.rows.split(" ").map(Number);
      const { width } = drawing.viewBox.baseVal;
      const rows = told.map((_, at) => make("rect", { class: "row", x: 0, y: top + at * height, width, height }));
      rows.forEach(tell);
      drawing.prepend(...rows);
    }
  }

  // -- the calculator's model -------------------------------------------------------------------

  // The mark stands at the chart's own x and first y, which its sentence names.
  const plots = [...document.querySelectorAll(".what-if-said")].map((line) => ({
    line,
    marks: line.closest("figure").querySelectorAll(".drawing .what-if"),
    of: line.dataset.of.split(" "),
    words: [line.dataset.across, line.dataset.up],
  }));
  const INSET = 22; // how far inside an edge a mark stands whose place is beyond it
  const PLACES = [
    ["start", 13, 4], ["end", -13, 4], ["middle", 0, -13], ["middle", 0, 21], ["start", 9, -9],
    ["end", -9, -9], ["start", 9, 17], ["end", -9, 17], ["middle", 0, -26], ["middle", 0, 34],
  ];
  const hide = (element, hidden) => (hidden ? element.setAttribute("display", "none") : element.removeAttribute("display"));
  let latest;

  // A position on an axis, held inside, and how far beyond it is: -1, 0 or 1.
  function on(axis, number) {
    const [low, high, start, end, log] = axis.split(" ").map(Number);
    const share = log ? Math.log(number / low) / Math.log(high / low) : (number - low) / (high - low);
    const beyond = share < 0 ? -1 : share > 1 ? 1 : 0;
    const inwards = Math.sign(end - start) * INSET * beyond;
    return [start + (end - start) * Math.min(Math.max(share, 0), 1) - inwards, beyond];
  }

  // The lines between the two marks of a model, as boxes.
  function spans(drawing) {
    const paths = [...drawing.querySelectorAll(".span")].map((path) => path.getAttribute("d")).join("");
    return [...paths.matchAll(/M([\d.]+) ([\d.]+)V([\d.]+)/g)].map(([, x, from, to]) =>
      ({ x: x - 1, y: Math.min(from, to), width: 2, height: Math.abs(from - to) }));
  }

  // The label takes the first place beside its mark where it lies on nothing, or on a line, or none.
  function label(mark, x, y, text) {
    const place = mark.querySelector("text");
    const drawing = mark.ownerSVGElement;
    place.textContent = text;
    hide(place, !text);
    if (!text || !drawing.getClientRects().length) return;
    const { width } = place.getBBox();
    const others = [...drawing.querySelectorAll("text, circle")].filter((one) => one !== place).map((one) => one.getBBox());
    const frame = drawing.viewBox.baseVal;
    const open = (boxes) => PLACES.find(([anchor, dx, dy]) => {
      const left = x + dx - { start: 0, middle: width / 2, end: width }[anchor];
      const top = y + dy - 10;
      return left >= 0 && left + width <= frame.width && top >= 0 && top + 13 <= frame.height &&
        !boxes.some((box) => left < box.x + box.width && box.x < left + width && top < box.y + box.height && box.y < top + 13);
    });
    const free = open([...others, ...spans(drawing)]) || open(others);
    hide(place, !free);
    if (!free) return;
    const [anchor, dx, dy] = free;
    place.setAttribute("text-anchor", anchor);
    place.setAttribute("x", dx);
    place.setAttribute("y", dy);
  }

  function put({ line, marks, of, words }) {
    const { base, name, changed, doubted, values } = latest;
    const [across, up] = of.map((one) => values[one]);
    const possible = (axis, number) => Number.isFinite(number) && (number > 0 || !axis.split(" ")[4]);
    const known = possible(marks[0].dataset.x, across) && possible(marks[0].dataset.y, up);
    let outside = false;
    for (const mark of marks) {
      hide(mark, !known);
      if (!known) continue;
      const [x, right] = on(mark.dataset.x, across);
      const [y, above] = on(mark.dataset.y, up);
      outside = Boolean(right || above);
      mark.setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)})`);
      const arrow = mark.querySelector(".beyond");
      hide(arrow, !outside);
      arrow.setAttribute("transform", `rotate(${(Math.atan2(-above, right) * 180) / Math.PI})`);
      const short = name.length > 22 ? `${name.slice(0, 21)}…` : name;
      label(mark, x, y, changed ? short || "what-if" : "");
    }
    line.hidden = !known;
    if (!known) return;
    const shown = of.map((one, at) => {
      const { unit, format = "si" } = definitionOf(one);
      return `${words[at]} ${numbers.show(values[one], unit, format)}`;
    });
    const edge = outside ? "; beyond these axes, where the arrow points" : "";
    const subject = name || (base ? base + (changed ? " (changed)" : "") : "a what-if");
    line.querySelector("span").replaceChildren(
      elements.make("bdi", "", subject), `, ${doubted ? "whose numbers are doubted" : shown.join(", ")}${edge}.`);
  }

  document.addEventListener("moe:computed", (event) => {
    latest = event.detail;
    plots.forEach(put);
  });
  addEventListener("resize", () => latest && plots.forEach(put));
})();
