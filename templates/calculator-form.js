// What the calculator's inputs and results look like: they are made of the patterns that the page
// holds, and a result's formula is the one typeset in the metric's own section.
const calculatorForm = (() => {
  "use strict";
  const section = document.getElementById("calculator");
  if (!section) return undefined;
  const data = report;
  const HAT = "\u0302";
  const numbersIn = document.getElementById("calculator-numbers");
  const { known } = calculation;
  const make = (tag, css, text) => {
    const element = document.createElement(tag);
    if (css) element.className = css;
    element.textContent = text;
    return element;
  };
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
        box.querySelector("label").append(`${label} `, typeset(symbol));
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
    const right = section.querySelector(".right");
    for (const { title, metrics } of data.sections) {
      right.append(make("h3", "", title), ...metrics.map((name) => {
        const { label, description, assumes } = data.metrics[name];
        const row = connected(pattern("calculator-result"), name);
        row.dataset.metric = name;
        const head = row.querySelector("label");
        head.textContent = label;
        head.title = description;
        if (assumes.length) head.append(" ", make("span", "sign assumed", ""));
        const back = row.querySelector(".back");
        back.dataset.back = name;
        back.setAttribute("aria-label", `Compute ${label} again`);
        row.querySelector("input").setAttribute("aria-describedby", `why-${name}`);
        return row;
      }));
    }
  }

  function connected(box, name) {
    const item = box.querySelector("input");
    item.id = box.querySelector("label").htmlFor = `set-${name}`;
    item.dataset.set = name;
    box.querySelector(".why").id = `why-${name}`;
    return box;
  }

  // A symbol such as `d_ff`, or with a hat, as the formulas have it.
  function typeset(symbol) {
    const element = (name, ...inner) => {
      const made = document.createElementNS("http://www.w3.org/1998/Math/MathML", name);
      made.append(...inner);
      return made;
    };
    const [base, ...rest] = symbol.split("_");
    let letter = element("mi", base.replace(HAT, ""));
    if (base.endsWith(HAT)) {
      letter = element("mover", letter, element("mo", "^"));
      letter.setAttribute("accent", "true");
    }
    return element("math", rest.length ? element("msub", letter, element("mtext", rest.join("_"))) : letter);
  }

  // The symbols of a formula can give way to numbers.
  const pristine = new Set();
  function keyOf(node) {
    if (node.localName === "mi") return node.textContent;
    if (node.localName === "mover") return node.firstElementChild.textContent + HAT;
    if (node.localName === "msub") return `${keyOf(node.firstElementChild)}_${node.lastElementChild.textContent}`;
    return undefined;
  }

  function formulaOf(name, values) {
    const row = rows.get(name);
    const place = row.querySelector(".formula");
    const source = document.getElementById(`metric-${name}`)?.querySelector(".formula");
    if (!source) return;
    if (!pristine.has(name)) {
      pristine.add(name);
      place.append(...[...source.childNodes].map((node) => node.cloneNode(true)));
    }
    if (!numbersIn.checked && !place.dataset.numbers) return;
    place.replaceChildren(...[...source.childNodes].map((node) => node.cloneNode(true)));
    delete place.dataset.numbers;
    if (!numbersIn.checked) return;
    place.dataset.numbers = "1";
    const names = new Map(data.metrics[name].needs.map((one) => [known(one).symbol, one]));
    const replace = (node) => {
      const one = names.get(keyOf(node));
      if (one === undefined) return [...node.children].forEach(replace);
      const value = values[one];
      if (Number.isNaN(value)) return;
      const number = document.createElementNS("http://www.w3.org/1998/Math/MathML", "mn");
      number.textContent = data.metrics[one] && Math.abs(value) >= 1e6 ? shown(one, value) : Number.isInteger(value) ? numbers.exact(value) : shown(one, value);
      node.replaceWith(number);
    };
    [...place.children].forEach(replace);
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
      place.setAttribute("aria-label", `Formula of ${known(name).label}`);
    });
  }

  return { section, inputs, rows, numbersIn, make, shown, formulaOf, measure };
})();
