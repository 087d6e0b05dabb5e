// The calculator: what one types goes through the functions that `moe` holds, which are printed
// from the same formulas as the workbook's. The state is in the address's fragment, beside that of
// the tables: `calculator` names the model one began with, `set.NAME` is a number that differs,
// `scenario` the set of assumptions, if it is another than the report's.
(() => {
  "use strict";
  if (!calculatorForm) return;
  const { section, inputs, rows, options, shown, formulaOf, measure } = calculatorForm;
  const { missing, more, parse, worded } = calculation;
  const { words } = moe;
  const { exact } = numbers;
  const data = report;
  const offs = [...section.querySelectorAll("[data-off]")];
  const heads = [...section.querySelectorAll("[data-headline]")];
  const models = new Map(data.models.map((model) => [model.name, model]));
  const picker = document.getElementById("calculator-model");
  const said = document.getElementById("calculator-said");
  const title = document.getElementById("calculator-name");
  const forms = [calculatorPlanner, calculatorShort].filter(Boolean);
  const { make, put, fault } = elements;

  // -- the state --------------------------------------------------------------------------------

  const first = data.models.length ? data.models[0].name : "";
  let base; // the model one began with; undefined for none
  let changes; // name -> text, where it differs from the base
  let began; // the values of the base, before any change
  let kept; // those of them that the address holds
  let steps; // what was kept before, the last of it last
  const stepsOf = new Map();
  let beyond; // findings about the base that no rule on its numbers makes
  const chooser = document.getElementById("calculator-scenario");
  let scenario; // what it assumes, as long as it is not the report's own

  function read() {
    const name = reportState.get("calculator");
    said.textContent = "";
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
    beyond = base ? base.findings.filter(isBeyondRules()) : [];
    for (const [key, text] of reportState.entries()) {
      const one = key.startsWith("set.") ? key.slice(4) : "";
      if (inputs.has(one) || one === "name") changes.set(one, text);
    }
    if (name === null && changes.size) base = undefined;
    kept = new Map(changes);
    const all = [...changes];
    steps = stepsOf.get(sameAs(changes)) ?? all.map((_, at) => new Map(all.slice(0, at)));
    for (const [at, item] of inputs) {
      // A typed number in a group that is folded would be out of sight.
      if (changes.has(at) && !forms.some((form) => form.controlOf(at))) reveal(item);
    }
    began = asRead().v;
    picker.value = base ? base.name : "";
    for (const button of section.querySelectorAll("[data-model]")) {
      button.setAttribute("aria-pressed", String(Boolean(base) && button.dataset.model === base.name));
    }
    fill();
  }

  // What the base is by itself: without changes, and for what the report assumes.
  function asRead() {
    const chosen = scenario;
    scenario = undefined;
    const made = calculation.of(ofBase, base);
    scenario = chosen;
    return made;
  }

  function reveal(item) {
    for (let box = item.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
  }

  // Puts into every input what the state says, also where somebody is typing.
  function fill() {
    calculatorPlanner?.forget();
    follow();
    for (const [name, item] of inputs) item.value = item === document.activeElement ? plain(name) : inSight(name);
    title.value = textOf("name");
    showForms();
    for (const form of forms) {
      for (const [name, item] of form.inputs) if (item === document.activeElement) item.value = form.toType(name, latest, textOf);
    }
  }
  const showForms = (beingTyped) => forms.forEach((form) => form.show(latest, textOf, beingTyped, { base, changes, findings, asItem }));
  const plain = (name) => (data.metrics[name] && !Number.isNaN(latest.v[name]) ? String(latest.v[name]) : textOf(name));
  function inSight(name) {
    if (!data.metrics[name] || latest.wrong.has(name)) return textOf(name);
    return shown(name, latest.v[name]);
  }

  function given(name) {
    // What the base says of a name: the number that was typed there, or undefined.
    if (data.assumptions[name] && scenario) return scenario[name];
    if (data.assumptions[name]) return data.assumptions[name].given ? data.assumptions[name].value : undefined;
    if (!base || (base.provenance[name] || {}).from !== "given") return undefined;
    return name in base.inputs ? base.inputs[name] : base.values[name];
  }
  function ofBase(name) {
    if (name === "name") return base ? base.name : "";
    return given(name) === undefined ? "" : String(given(name));
  }
  const textOf = (name) => changes.get(name) ?? ofBase(name);

  function set(name, text) {
    const trimmed = text.trim();
    const old = ofBase(name);
    const same = trimmed === old || (name !== "name" && trimmed && old && parse(name, trimmed) === Number(old));
    if (same) changes.delete(name);
    else changes.set(name, trimmed);
    follow();
  }

  // Equal for changes that are.
  const sameAs = (some) => JSON.stringify([base?.name, ...[...some].sort()]);

  function keep() {
    if (sameAs(changes) !== sameAs(kept)) {
      steps = [...steps, kept];
      kept = new Map(changes);
    }
    write();
  }

  // Goes back one step: what is being typed is dropped, else what was typed last.
  function takeBack() {
    const typing = sameAs(changes) !== sameAs(kept);
    const before = typing ? kept : steps.at(-1);
    if (!before) {
      said.textContent = "Nothing typed is left to take back.";
      return;
    }
    const name = [...changes.keys(), ...before.keys()].find((one) => changes.get(one) !== before.get(one));
    if (!typing) steps = steps.slice(0, -1);
    changes = new Map(before);
    kept = new Map(before);
    write();
    const focused = document.activeElement;
    const own = forms.map((form) => form.controlOf(name)).find((one) => one && (one === focused || !one.dataset.short));
    const item = name === "name" ? title : (focused !== inputs.get(name) && own) || inputs.get(name);
    reveal(item);
    item.focus();
    fill();
    said.textContent = `Taken back: ${name === "name" ? "Name" : definitionOf(name).label} is ${item.value || "blank"} again.`;
  }

  function write() {
    stepsOf.set(sameAs(kept), steps);
    const state = { calculator: base ? base.name : "" };
    for (const [key] of reportState.entries()) if (key.startsWith("set.")) state[key] = null;
    for (const [name, text] of changes) state[`set.${name}`] = text;
    reportState.change(state);
  }

  function begin(name, state = {}) {
    state.calculator = name;
    for (const [key] of reportState.entries()) if (key.startsWith("set.")) state[key] ??= null;
    reportState.change(state);
    read();
    said.replaceChildren(...(name ? [make("bdi", "", name), " is filled in."] : ["All fields are blank."]));
  }

  // Takes another model: what is assumed stays, and as many devices are spread as fits it.
  function take(name) {
    const devices = calculatorPlanner ? calculatorPlanner.spread(latest.v) : NaN;
    base = models.get(name);
    changes = new Map([...changes].filter(([one]) => data.assumptions[one]));
    if (devices > 1) {
      const layout = calculatorPlanner.layoutOf(devices, calculation.of(textOf, base).v);
      for (const [one, value] of layout) if (!Number.isNaN(value)) changes.set(one, value === data.assumptions[one].default ? "" : String(value));
    }
    begin(name, Object.fromEntries([...changes].filter(([one, text]) => text !== ofBase(one)).map(([one, text]) => [`set.${one}`, text])));
  }

  // -- showing ----------------------------------------------------------------------------------

  let latest;

  function follow() {
    latest = calculation.of(textOf, base);
    findings = findingsNow();
    showFindings();
    for (const [name, item] of inputs) if (!data.metrics[name]) showInput(name, item);
    for (const [name, row] of rows) showMetric(name, row);
    for (const item of heads) showNumber(item, item.dataset.headline);
    for (const item of offs) put(item, isOff(item.dataset.off));
    showForms(document.activeElement);
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
      : [changes.size ? `${changes.size} changed` : "", counted(findings.length)].filter(Boolean).join(", "));
    // As in the report, no sentence rests on a metric that is doubted.
    const doubted = findings.some((one) => data.metrics[one.column]);
    const detail = { base: base ? base.name : "", name: changes.get("name") || "", changed, doubted, values: latest.v };
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

  // By how much a number is off that of the model that one began with.
  function isOff(name) {
    const [before, now] = [began[name], latest.v[name]];
    if (Number.isNaN(before) || Number.isNaN(now) || before === now) return "";
    if (data.metrics[name].format === "percent") return numbers.points(now - before);
    return numbers.off(before ? (now - before) / Math.abs(before) : NaN);
  }

  function showNumber(item, name) {
    const value = latest.v[name];
    const { unit } = data.metrics[name];
    const lacks = Number.isNaN(value);
    if (item.matches("input")) { if (item !== document.activeElement) item.value = inSight(name); }
    else put(item, lacks ? "–" : shown(name, value));
    const formula = latest.computed.get(name);
    const other = latest.typed.has(name) && !Number.isNaN(formula) && formula !== value ? `; the formula gives ${exact(formula)}` : "";
    item.title = lacks ? missing(name, latest, base) : `${exact(value)}${unit === "ratio" ? "" : ` ${unit}`}${latest.typed.has(name) ? ` · given${other}` : ""}`;
    if (lacks) delete item.dataset.exact;
    else item.dataset.exact = String(value);
  }

  function showMetric(name, row) {
    const item = inputs.get(name);
    showNumber(item, name);
    put(row.querySelector(".off"), isOff(name));
    const lacks = Number.isNaN(latest.v[name]);
    row.classList.toggle("given", latest.typed.has(name));
    row.classList.toggle("missing", lacks);
    row.querySelector(".back").hidden = !latest.typed.has(name);
    fault(item, row.querySelector(".why"), latest.wrong.get(name) || "");
    const place = row.querySelector(".needs");
    const names = lacks && !latest.wrong.has(name) ? latest.lacks.get(name) : [];
    const text = lacks && !names.length && !latest.wrong.has(name) ? words.undefined : "";
    if (place.dataset.names === `${names}|${text}`) return void formulaOf(name, latest.v);
    place.dataset.names = `${names}|${text}`;
    place.replaceChildren();
    if (names.length) place.append(`${words.needs} `);
    names.slice(0, words.most).forEach((one, at) => {
      const target = inputs.get(one);
      const button = make(target ? "button" : "span", "", definitionOf(one)?.label ?? one);
      if (target) {
        button.type = "button";
        button.dataset.goto = one;
      }
      place.append(at ? ", " : "", button);
    });
    if (more(names).length) place.append(worded(words.listed, { names: "", last: more(names)[0] }));
    if (text) place.append(text);
    formulaOf(name, latest.v);
  }

  // -- the audit --------------------------------------------------------------------------------

  let findings = [];
  const list = document.getElementById("calculator-findings");
  const counted = (count) => (count ? `${count} finding${count === 1 ? "" : "s"}` : "");
  const isRow = () => [...changes.keys()].every((name) => data.assumptions[name]); // as it was read

  // Which findings of the report the rules on a row's numbers do not make: those on what the input
  // says, and on the model that the row is compared with.
  function isBeyondRules() {
    const made = audit.findings(asRead(), base.name);
    return ({ column, message }) => !made.some((one) => one.column === column && one.message === message);
  }

  function findingsNow() {
    const own = audit.findings(latest, changes.get("name") || (base ? base.name : ""));
    const still = ({ level, column }) => (level === "unclear" ? !latest.typed.has(column) : isRow());
    return audit.sorted([...own, ...beyond.filter(still)]);
  }

  // A finding, which leads to the input that it is about.
  function asItem({ level, column, message }) {
    const item = make("li", "", "");
    const text = make("p", "", "");
    const button = make("button", "", definitionOf(column)?.label ?? column);
    button.type = "button";
    button.dataset.goto = column;
    text.append(inputs.has(column) ? button : button.textContent, `: ${message}.`);
    item.append(make("span", `level ${level}`, audit.word(level)), text);
    return item;
  }

  function showFindings() {
    const items = findings.map(asItem);
    const compared = base?.texts.compare_with;
    if (compared && !isRow()) items.push(make("li", "none", `A changed row is not compared with ${compared} here.`));
    const now = items.map((item) => item.textContent).join("\n");
    if (list.dataset.now === now) return;
    list.dataset.now = now;
    list.replaceChildren(...items);
    list.hidden = !items.length;
    for (const place of section.querySelectorAll("[data-set], [data-headline]")) {
      const box = place.closest(".input, .result, dl > div");
      const about = findings.filter((one) => one.column === (place.dataset.set ?? place.dataset.headline));
      if (about.length) box.dataset.finding = about[0].level;
      else delete box.dataset.finding;
      box.title = about.map(({ level, message }) => `${audit.word(level)}: ${message}.`).join("\n");
    }
  }

  // -- what one does ----------------------------------------------------------------------------

  async function copy(text, message) {
    await calculatorOutput.copy(text);
    said.textContent = message;
  }

  const made = () => calculatorOutput.entry({ base, changes, scenario, latest, findings, isRow: isRow() });
  const on = (id, event, action) => document.getElementById(id).addEventListener(event, action);
  for (const [name, item] of inputs) {
    if (data.metrics[name]) {
      item.addEventListener("focus", () => {
        item.value = plain(name);
        item.select();
      });
      item.addEventListener("blur", () => showNumber(item, name));
    }
    item.addEventListener("input", () => set(name, item.value));
    item.addEventListener("change", keep);
  }
  const form = section.querySelector("form");
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.isComposing && event.target.matches("input:not([type=checkbox], [type=search])")) takeBack();
  });
  section.addEventListener("click", (event) => {
    const { model, goto, back } = event.target.dataset;
    if (model !== undefined) take(model);
    if (back !== undefined) {
      set(back, "");
      keep();
      inputs.get(back).focus();
    }
    if (goto !== undefined) {
      const item = inputs.get(goto);
      reveal(item);
      item.focus();
    }
  });
  for (const [form, name, item] of forms.flatMap((one) => [...one.inputs].map(([name, item]) => [one, name, item]))) {
    item.addEventListener("focus", () => {
      item.value = form.toType(name, latest, textOf);
      item.select();
    });
    item.addEventListener("blur", () => showForms());
    item.addEventListener("input", () => {
      set(name, form.typed(name, item.value));
      inputs.get(name).value = inSight(name);
    });
    item.addEventListener("change", keep);
  }
  picker.addEventListener("change", () => take(picker.value));
  chooser?.addEventListener("change", () => {
    reportState.change({ scenario: chooser.value === data.scenario ? null : chooser.value });
    read();
    said.textContent = `The assumptions are those of ${chooser.value}.`;
  });
  title.addEventListener("input", () => set("name", title.value));
  title.addEventListener("change", keep);
  for (const option of options) {
    option.addEventListener("change", () => {
      follow();
      measure();
    });
  }
  addEventListener("resize", measure);
  section.querySelector("details").addEventListener("toggle", measure);
  on("calculator-reset", "click", () => begin(base ? base.name : "", { scenario: null }));
  on("calculator-copy", "click", () => copy(calculatorOutput.asRow(made(), latest), "Copied: a header line and a row, for the sheet Models."));
  on("calculator-link", "click", () => { keep(); copy(location.href, "Copied: a link to this what-if."); });
  on("calculator-json", "click", () => { said.textContent = `${calculatorOutput.save(made())} is made.`; });
  reportState.listen(read);
  read();
  measure();
})();
