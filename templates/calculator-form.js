// What the calculator's inputs and results look like: they are made of the patterns that the page
// holds, and a result's formula is typeset as it applies to what is typed.
const calculatorForm = (() => {
  "use strict";
  const section = document.getElementById("calculator");
  if (!section) return undefined;
  const data = report;
  const numbersIn = document.getElementById("calculator-numbers");
  const { make } = elements;
  const shown = (name, number) => {
    const metric = data.metrics[name];
    return metric ? numbers.show(number, metric.unit, metric.format) : numbers.exact(number);
  };
  build();
  const inputs = new Map();
  for (const item of section.querySelectorAll("[data-set]")) inputs.set(item.dataset.set, item);
  const rows = new Map();
  for (const item of section.querySelectorAll("[data-metric]")) rows.set(item.dataset.metric, item);

  function build() {
    const pattern = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);
    const left = section.querySelector(".left");
    for (const [title, open, names] of moe.groups) {
      const group = pattern("calculator-group");
      group.open = open;
      group.querySelector(".title").textContent = title;
      group.append(...names.map((name) => {
        const { label, symbol, unit, description, help } = data.fields[name] || data.assumptions[name];
        const box = connected(pattern("calculator-input"), name);
        box.querySelector("label").append(`${label} `, typeset.symbol(symbol));
        // A unit such as "0 or 1" is what the help says already.
        const counted = !/^\d/.test(unit);
        box.querySelector(".unit").textContent = counted ? unit : "";
        const place = box.querySelector(".help");
        place.textContent = description ?? help;
        place.id = `help-${name}`;
        box.querySelector("input").setAttribute("aria-describedby", `help-${name} why-${name}`);
        const [low, high, , said] = moe.bounds.get(name);
        if (counted && (low || high < 2 ** 53)) place.append(" ", make("span", "bounds", `(${said})`));
        return box;
      }));
      left.append(group);
    }
    document.getElementById("calculator-search").addEventListener("input", ({ target }) => find(target.value));
    const right = section.querySelector(".right");
    for (const { title, metrics } of data.sections) {
      right.append(make("h3", "", title), ...metrics.map((name) => {
        const { label, description, assumes } = data.metrics[name];
        const row = connected(pattern("calculator-result"), name);
        row.dataset.metric = name;
        const head = row.querySelector("label");
        head.textContent = label;
        head.title = description;
        head.append(" ", make("span", "off", ""));
        if (assumes.length) head.append(" ", make("span", "sign assumed", ""));
        const back = row.querySelector(".back");
        back.dataset.back = name;
        back.setAttribute("aria-label", `Compute ${label} again`);
        row.querySelector("input").setAttribute("aria-describedby", `why-${name}`);
        return row;
      }));
    }
  }

  // Shows the inputs that a text is about, and unfolds their groups.
  function find(text) {
    const wanted = text.trim().toLowerCase();
    let count = 0;
    for (const group of section.querySelectorAll(".group-of-inputs")) {
      const boxes = [...group.querySelectorAll(".input")];
      for (const box of boxes) {
        const name = box.querySelector("input").dataset.set;
        box.hidden = !`${name} ${box.textContent}`.toLowerCase().includes(wanted);
      }
      const fitting = boxes.filter((box) => !box.hidden).length;
      group.hidden = !fitting;
      if (wanted && fitting) group.open = true;
      count += fitting;
    }
    document.getElementById("calculator-matches").textContent = wanted ? `${count} of ${inputs.size - rows.size}` : "";
  }

  function connected(box, name) {
    const item = box.querySelector("input");
    item.id = box.querySelector("label").htmlFor = `set-${name}`;
    item.dataset.set = name;
    box.querySelector(".why").id = `why-${name}`;
    return box;
  }

  // Types numbers into inputs of assumptions, as a reader would; a default is a blank.
  function type(values) {
    for (const [name, value] of values) {
      const item = inputs.get(name);
      item.value = value === data.assumptions[name].default ? "" : String(value);
      item.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }
  const typed = () => inputs.values().next().value.dispatchEvent(new Event("change", { bubbles: true }));

  // Beside a result stands its formula as it applies to the values, or in general; its symbols can
  // give way to numbers.
  const generalIn = document.getElementById("calculator-general");
  const asNumber = (name, value) => (Number.isInteger(value) && !(data.metrics[name] && Math.abs(value) >= 1e6) ? numbers.exact(value) : shown(name, value));
  function formulaOf(name, values) {
    const it = formulas.of(name, values, generalIn.checked);
    const place = rows.get(name).querySelector(".formula");
    const inNumbers = numbersIn.checked ? values : undefined;
    const key = JSON.stringify([formulas.keyOf(it), inNumbers && formulas.numbersIn(it, asNumber)]);
    if (place.dataset.key === key) return;
    place.dataset.key = key;
    place.replaceChildren(...formulas.show(name, it, inNumbers && asNumber));
  }

  // A formula that finds no room beside its number takes a line of its own; what scrolls even then
  // can be reached from the keyboard.
  function measure() {
    const all = [...rows].map(([name, row]) => [name, row, row.querySelector(".formula")]);
    for (const [, row] of all) row.classList.remove("long");
    const wider = () => all.map((item) => item[2].scrollWidth > item[2].clientWidth);
    wider().forEach((is, at) => all[at][1].classList.toggle("long", is));
    wider().forEach((is, at) => {
      const [name, , place] = all[at];
      if (!is) return ["tabindex", "role", "aria-label"].forEach((key) => place.removeAttribute(key));
      place.tabIndex = 0;
      place.setAttribute("role", "group");
      place.setAttribute("aria-label", `Formula of ${definitionOf(name).label}`);
    });
  }

  return { section, inputs, rows, options: [numbersIn, generalIn], shown, formulaOf, measure, type, typed };
})();
