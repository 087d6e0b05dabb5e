// The calculator: what one types goes through the functions that `moe` holds, which are printed
// from the same formulas as the workbook's. The state is in the address's fragment, beside that of
// the tables: `calculator` names the model one began with, `set.NAME` is a number that differs,
// `scenario` the set of assumptions, if it is another than the report's.
(() => {
  "use strict";
  const section = document.getElementById("calculator");
  if (!section) return;
  const data = report;
  const HAT = "\u0302";
  const make = (tag, css, text) => {
    const element = document.createElement(tag);
    if (css) element.className = css;
    element.textContent = text;
    return element;
  };
  build();
  const inputs = new Map();
  for (const item of section.querySelectorAll("[data-set]")) inputs.set(item.dataset.set, item);
  const rows = new Map();
  for (const item of section.querySelectorAll("[data-metric]")) rows.set(item.dataset.metric, item);
  const heads = [...section.querySelectorAll("[data-headline]")];
  const models = new Map(data.models.map((model) => [model.name, model]));
  const picker = document.getElementById("calculator-model");
  const numbersIn = document.getElementById("calculator-numbers");
  const said = document.getElementById("calculator-said");
  const title = document.getElementById("calculator-name");
  const known = (name) => data.fields[name] || data.metrics[name] || data.assumptions[name];
  const put = (element, text) => { if (element.textContent !== text) element.textContent = text; };
  const { readings, exact, show } = numbers;
  const isWhole = (name) => Boolean(data.fields[name] || known(name).whole);
  const parse = (name, text) => numbers.parse(text, isWhole(name));
  const shown = (name, number) => {
    const metric = data.metrics[name];
    return metric ? show(number, metric.unit, metric.format) : exact(number);
  };

  // -- its parts, made of the patterns that the page holds ----------------------------------------

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
        const [low, high, , said] = moe.bounds[name];
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

  // -- the state --------------------------------------------------------------------------------

  const first = data.models.length ? data.models[0].name : "";
  let base; // the model one began with; undefined for none
  let changes; // name -> text, where it differs from the base
  const chooser = document.getElementById("calculator-scenario");
  let scenario; // what it assumes, as long as it is not the report's own

  function read() {
    const name = reportState.get("calculator");
    base = models.get(name === null ? first : name);
    if (name && !base) said.textContent = `This page has no model named “${name}”.`;
    const named = reportState.get("scenario");
    if (chooser) {
      chooser.value = named ?? data.scenario;
      if (chooser.selectedIndex < 0) {
        said.textContent = `This page has no scenario named “${named}”.`;
        chooser.value = data.scenario;
      }
      scenario = chooser.value === data.scenario ? undefined : data.scenarios[chooser.value];
    }
    changes = new Map();
    for (const [key, text] of reportState.entries()) {
      const one = key.startsWith("set.") ? key.slice(4) : "";
      if (inputs.has(one) || one === "name") changes.set(one, text);
    }
    if (name === null && changes.size) base = undefined;
    for (const [at, item] of inputs) {
      if (item !== document.activeElement) item.value = textOf(at);
      // A typed number in a group that is folded would be out of sight.
      if (changes.has(at) && item.closest("details")) item.closest("details").open = true;
    }
    title.value = changes.get("name") ?? (base ? base.name : "");
    picker.value = base ? base.name : "";
    for (const button of section.querySelectorAll("[data-model]")) {
      button.setAttribute("aria-pressed", String(Boolean(base) && button.dataset.model === base.name));
    }
    follow();
  }

  function given(name) {
    // What the base says of a name: the number that was typed there, or undefined.
    if (data.assumptions[name] && scenario) return scenario[name];
    if (data.assumptions[name]) return data.assumptions[name].given ? data.assumptions[name].value : undefined;
    if (!base || (base.provenance[name] || {}).from !== "given") return undefined;
    return name in base.inputs ? base.inputs[name] : base.values[name];
  }
  const textOf = (name) => changes.get(name) ?? (given(name) === undefined ? "" : String(given(name)));

  function set(name, text) {
    const trimmed = text.trim();
    const before = name === "name" ? (base ? base.name : "") : given(name) === undefined ? "" : String(given(name));
    const same = name === "name" ? trimmed === before : trimmed === before || (trimmed && before && parse(name, trimmed) === Number(before));
    if (same) changes.delete(name);
    else changes.set(name, trimmed);
    follow();
  }

  function keep() {
    const state = { calculator: base ? base.name : "" };
    for (const [key] of reportState.entries()) if (key.startsWith("set.")) state[key] = null;
    for (const [name, text] of changes) state[`set.${name}`] = text;
    reportState.change(state);
  }

  function begin(name, state = {}) {
    state.calculator = name;
    for (const [key] of reportState.entries()) if (key.startsWith("set.")) state[key] = null;
    reportState.change(state);
    read();
    said.textContent = name ? `${name} is filled in.` : "All fields are blank.";
  }

  // -- computing --------------------------------------------------------------------------------

  // <lacking>
  function lacking(needed, v) {
    const names = needed.flatMap((item) => {
      if (typeof item === "string") return Number.isNaN(v[item]) ? [item] : [];
      if (item.c) return item.c.map((part) => lacking(part, v)).reduce((a, b) => (b.length < a.length ? b : a));
      const asked = lacking(item.t, v);
      if (asked.length) return asked;
      const truth = item.q(v);
      if (Number.isNaN(truth)) return item.n.filter((name) => Number.isNaN(v[name]));
      return lacking(truth ? item.a : item.b, v);
    });
    return [...new Set(names)];
  }
  // </lacking>

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
    return sentence(number > 2 ** 53 ? words.large : expected(name, number));
  }

  function expected(name, number) {
    if (!moe.bounds[name]) {
      const counts = moe.counted.includes(known(name).unit.split("/")[0]);
      return number < (counts ? 0 : -(2 ** 53)) ? words.negative : "";
    }
    const [low, high, whole, said] = moe.bounds[name];
    if (number < low || number > high) return said;
    return whole && !Number.isInteger(number) ? words.whole : "";
  }

  function compute(faults = new Map()) {
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
    for (const [name, formula, needed] of moe.order) {
      const doubted = base && (base.unclear || []).includes(name); // the input may say it: no default
      const value = formula && !doubted ? formula(v) : NaN;
      result.computed.set(name, value);
      v[name] = result.typed.has(name) ? result.typed.get(name) : value;
      if (!Number.isNaN(v[name])) continue;
      const names = !formula || doubted || result.wrong.has(name) ? [name] : lacking(needed, v).flatMap((one) => {
        if (data.assumptions[one]) return [one];
        return result.lacks.get(one).length ? result.lacks.get(one) : [`${one} (undefined here)`];
      });
      result.lacks.set(name, [...new Set(names)]);
    }
    for (const [name, limit] of moe.rules) {
      if (result.typed.has(name) && v[name] > v[limit]) {
        const values = { limit: `${known(limit).label} (${limit})`, number: exact(v[limit]) };
        faults.set(name, sentence(worded(words.limited, values)));
      }
    }
    // What breaks a rule is not used, so once more without it.
    return [...faults.keys()].some((name) => !result.wrong.has(name)) ? compute(faults) : result;
  }

  const more = (names) => names.slice(words.most).length ? [worded(words.more, { count: names.length - words.most })] : [];

  function listed(names) {
    const shown = [...names.slice(0, words.most), ...more(names)];
    const last = shown.pop();
    return shown.length ? worded(words.listed, { names: shown.join(", "), last }) : last;
  }

  function missing(name, result) {
    if (result.wrong.has(name)) return result.wrong.get(name);
    const names = result.lacks.get(name);
    if (!result.computed.has(name) || (data.fields[name] && names[0] === name)) {
      return base && (base.unclear || []).includes(name) ? base.provenance[name].note : words.blank;
    }
    return names.length ? `missing: ${words.needs} ${listed(names)}` : words.undefined;
  }

  // -- showing ----------------------------------------------------------------------------------

  let latest;

  function follow() {
    latest = compute();
    for (const [name, item] of inputs) if (!data.metrics[name]) showInput(name, item);
    for (const [name, row] of rows) showMetric(name, row);
    for (const item of heads) showNumber(item, item.dataset.headline);
    for (const group of section.querySelectorAll("details.group-of-inputs")) {
      const names = [...group.querySelectorAll("[data-set]")].map((item) => item.dataset.set);
      const typed = names.filter((name) => latest.typed.has(name)).length;
      const faults = names.filter((name) => latest.wrong.has(name)).length;
      put(group.querySelector(".filled"), faults ? `${typed} typed, ${faults} out of bounds` : typed ? `${typed} typed` : "");
    }
    const changed = changes.size > 0 || Boolean(scenario);
    document.getElementById("calculator-reset").disabled = !changed;
    put(document.getElementById("calculator-state"),
      latest.wrong.size ? `${latest.wrong.size} of the inputs ${latest.wrong.size === 1 ? "is" : "are"} out of bounds`
      : changes.size ? `${changes.size} changed` : "");
    const detail = { base: base ? base.name : "", name: changes.get("name") || "", changed, values: latest.v };
    document.dispatchEvent(new CustomEvent("moe:computed", { detail }));
  }

  function showInput(name, item) {
    const wrong = latest.wrong.get(name) || "";
    const box = item.closest(".input");
    const value = latest.computed.has(name) ? latest.computed.get(name) : latest.v[name];
    item.placeholder = data.assumptions[name] ? exact(data.assumptions[name].default) : Number.isNaN(value) ? "–" : exact(value);
    box.classList.toggle("changed", changes.has(name));
    fault(item, box.querySelector(".why"), wrong);
  }

  function fault(item, place, wrong) {
    if (wrong) item.setAttribute("aria-invalid", "true");
    else item.removeAttribute("aria-invalid");
    put(place, wrong);
    place.hidden = !wrong;
  }

  function showNumber(item, name) {
    const value = latest.v[name];
    const { unit } = data.metrics[name];
    const lacks = Number.isNaN(value);
    if (item.matches("input")) { if (item !== document.activeElement) item.value = latest.wrong.has(name) ? textOf(name) : lacks ? "–" : shown(name, value); }
    else put(item, lacks ? "–" : shown(name, value));
    const formula = latest.computed.get(name);
    const other = latest.typed.has(name) && !Number.isNaN(formula) && formula !== value ? `; the formula gives ${exact(formula)}` : "";
    item.title = lacks ? missing(name, latest) : `${exact(value)}${unit === "ratio" ? "" : ` ${unit}`}${latest.typed.has(name) ? ` · given${other}` : ""}`;
    if (lacks) delete item.dataset.exact;
    else item.dataset.exact = String(value);
  }

  function showMetric(name, row) {
    const item = inputs.get(name);
    showNumber(item, name);
    const lacks = Number.isNaN(latest.v[name]);
    row.classList.toggle("given", latest.typed.has(name));
    row.classList.toggle("missing", lacks);
    row.querySelector(".back").hidden = !latest.typed.has(name);
    fault(item, row.querySelector(".why"), latest.wrong.get(name) || "");
    const place = row.querySelector(".needs");
    const names = lacks && !latest.wrong.has(name) ? latest.lacks.get(name) : [];
    const text = lacks && !names.length && !latest.wrong.has(name) ? words.undefined : "";
    if (place.dataset.names === `${names}|${text}`) return void formulaOf(name, row);
    place.dataset.names = `${names}|${text}`;
    place.replaceChildren();
    if (names.length) place.append(`${words.needs} `);
    names.slice(0, words.most).forEach((one, at) => {
      const target = inputs.get(one);
      const button = make(target ? "button" : "span", "", known(one) ? known(one).label : one);
      if (target) {
        button.type = "button";
        button.dataset.goto = one;
      }
      place.append(at ? ", " : "", button);
    });
    if (more(names).length) place.append(worded(words.listed, { names: "", last: more(names)[0] }));
    if (text) place.append(text);
    formulaOf(name, row);
  }

  // The formula is the one typeset in the metric's own section; its symbols can give way to numbers.
  const pristine = new Set();
  function keyOf(node) {
    if (node.localName === "mi") return node.textContent;
    if (node.localName === "mover") return node.firstElementChild.textContent + HAT;
    if (node.localName === "msub") return `${keyOf(node.firstElementChild)}_${node.lastElementChild.textContent}`;
    return undefined;
  }

  function formulaOf(name, row) {
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
      const value = latest.v[one];
      if (Number.isNaN(value)) return;
      const number = document.createElementNS("http://www.w3.org/1998/Math/MathML", "mn");
      number.textContent = data.metrics[one] && Math.abs(value) >= 1e6 ? shown(one, value) : Number.isInteger(value) ? exact(value) : shown(one, value);
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

  // -- what leaves the page ---------------------------------------------------------------------

  function entry() {
    const same = !changes.size && !scenario && base;
    const wholly = [...changes.keys()].every((name) => data.assumptions[name]);
    const texts = base ? { ...base.texts } : {};
    if (!wholly) for (const key of ["source", "remark", "compare_with"]) delete texts[key];
    const name = changes.get("name") || (base ? base.name + (wholly ? "" : " (changed)") : "A model");
    const number = (one) => (Number.isNaN(latest.v[one]) ? null : latest.v[one]);
    const from = (one) => {
      if (latest.typed.has(one) && !latest.wrong.has(one)) {
        return !changes.has(one) && base ? base.provenance[one] : { from: "given", note: "given" };
      }
      if (number(one) === null) return { from: "missing", note: missing(one, latest) };
      if (data.metrics[one]) return { from: data.metrics[one].assumes.length ? "assumed" : "derived" };
      return { from: moe.defaults.includes(one) ? "default" : "derived" };
    };
    const all = (of) => Object.fromEntries(Object.keys(of).map((one) => [one, number(one)]));
    const names = [...Object.keys(data.fields), ...Object.keys(data.metrics)];
    const made = {
      name, texts, carried: same ? base.carried : {}, inputs: all(data.fields), values: all(data.metrics),
      provenance: Object.fromEntries(names.map((one) => [one, from(one)])),
    };
    if (same) made.findings = base.findings; // those of a changed row only the audit can tell
    return made;
  }

  function asRow() {
    const { name, texts } = entry();
    const clean = (text) => {
      const line = String(text).replace(/[\t\r\n]+/g, " ");
      return /^[=+\-@]/.test(line) ? `'${line}` : line; // never a formula
    };
    const cells = [["name", clean(name)], ...Object.entries(texts).map(([key, text]) => [key, clean(text)])];
    for (const [one] of moe.order) {
      if (latest.typed.has(one) && !latest.wrong.has(one)) cells.push([one, String(latest.v[one])]);
    }
    return `${cells.map((cell) => cell[0]).join("\t")}\n${cells.map((cell) => cell[1]).join("\t")}\n`;
  }

  async function copy(text, message) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = make("textarea", "hidden", "");
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    said.textContent = message;
  }

  function download() {
    const made = entry();
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(made, null, 1)], { type: "application/json" }));
    link.download = `${made.name.replace(/[^\w.-]+/g, "-").replace(/^-+|-+$/g, "") || "model"}.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    said.textContent = `${link.download} is made.`;
  }

  // -- what one does ----------------------------------------------------------------------------

  const on = (id, event, action) => document.getElementById(id).addEventListener(event, action);
  for (const [name, item] of inputs) {
    if (data.metrics[name]) {
      item.addEventListener("focus", () => {
        item.value = Number.isNaN(latest.v[name]) ? textOf(name) : String(latest.v[name]);
        item.select();
      });
      item.addEventListener("blur", () => showNumber(item, name));
    }
    item.addEventListener("input", () => set(name, item.value));
    item.addEventListener("change", keep);
    item.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { set(name, given(name) === undefined ? "" : String(given(name))); item.value = textOf(name); keep(); }
    });
  }
  section.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
  section.addEventListener("click", (event) => {
    const { model, goto, back } = event.target.dataset;
    if (model !== undefined) begin(model);
    if (back !== undefined) {
      set(back, "");
      keep();
      inputs.get(back).focus();
    }
    if (goto !== undefined) {
      const item = inputs.get(goto);
      if (item.closest("details")) item.closest("details").open = true;
      item.focus();
    }
  });
  picker.addEventListener("change", () => begin(picker.value));
  chooser?.addEventListener("change", () => {
    reportState.change({ scenario: chooser.value === data.scenario ? null : chooser.value });
    read();
    said.textContent = `The assumptions are those of ${chooser.value}.`;
  });
  title.addEventListener("input", () => set("name", title.value));
  title.addEventListener("change", keep);
  numbersIn.addEventListener("change", () => {
    follow();
    measure();
  });
  addEventListener("resize", measure);
  on("calculator-reset", "click", () => begin(base ? base.name : "", { scenario: null }));
  on("calculator-copy", "click", () => copy(asRow(), "Copied: a header line and a row, for the sheet Models."));
  on("calculator-link", "click", () => { keep(); copy(location.href, "Copied: a link to this what-if."); });
  on("calculator-json", "click", download);
  reportState.listen(read);
  read();
  measure();
})();
