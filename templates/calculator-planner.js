// Whether the calculator's model fits into devices: what is asked, and what follows, as the planner
// of a section declares it. It holds no state of its own; calculator.js says what stands in it.
const calculatorPlanner = (() => {
  "use strict";
  const place = document.querySelector("#calculator .planner");
  if (!place) return undefined;
  const data = report;
  const { planner } = moe;
  const { make, put, fault } = elements;
  const { missing, parse } = calculation;
  const the = (css) => place.querySelector(css);
  const inputs = new Map([...place.querySelectorAll("[data-plan]")].map((item) => [item.dataset.plan, item]));
  const choosers = [...place.querySelectorAll("[data-preset]")];
  const count = document.getElementById("plan--devices");
  const [verdict, fewest, numbersIn, command, doubts] = [".verdict", ".fewest", ".numbers", ".command", ".findings"].map(the);
  const setBy = (group) => Object.keys(Object.values(data.presets[group].presets)[0].values);
  const controls = new Map([
    ...(count ? planner.layout.map((name) => [name, count]) : []),
    ...choosers.flatMap((item) => setBy(item.dataset.preset).map((name) => [name, item])),
    ...inputs,
  ]);

  // What is doubted here: by the sections whose numbers stand here, as on the terminal.
  const shows = (metrics) => metrics.some((name) => planner.columns.includes(name));
  const told = new Set(data.sections.flatMap(({ metrics }) => (shows(metrics) ? metrics : [])));
  const isTold = ({ column }) => told.has(column) || !data.metrics[column];

  // The layout of some devices: a number by assumption, NaN where the model does not say enough.
  const layoutOf = (devices, v) => {
    const values = Object.assign(Object.create(null), v, { [planner.devices]: devices });
    const numbers = planner.spread(values);
    return planner.layout.map((name, at) => [name, numbers[at]]);
  };
  // How many devices are spread just so; NaN if the layout is one's own.
  function spread(v) {
    const devices = count ? v[planner.in_use] : NaN;
    return layoutOf(devices, v).every(([name, value]) => value === v[name]) ? devices : NaN;
  }

  // -- showing ----------------------------------------------------------------------------------

  const upper = (text) => text[0].toUpperCase() + text.slice(1);
  function amount(name, value) {
    const { unit, format = "si" } = definitionOf(name);
    if (Number.isNaN(value)) return "–";
    if (unit[0] === "$") return `$${numbers.digits(value)}${unit.slice(1)}`;
    const text = numbers.show(value, unit, format);
    const [counted, ...per] = unit.split("/");
    if (report.units.signs[counted]) return [text, ...per].join("/");
    return `${text} ${value === 1 && !per.length ? unit.replace(/s$/, "") : unit}`;
  }
  // Without the unit where the words before it say it: "Devices needed: 2".
  const beside = (words, text) => (/ \w{4,}$/.test(text) && words.toLowerCase().includes(text.split(" ").at(-1)) ? text.split(" ")[0] : text);
  // "174 to 190 tokens/s": a unit that both have is said once.
  function between(low, high) {
    const [[number, ...one], [, ...other]] = [low, high].map((text) => text.split(" "));
    return `${one.join() === other.join() ? number : low} to ${high}`;
  }

  // Whether a number is missing though nothing that it needs is.
  const isUndefined = (name, { v, lacks }) => Number.isNaN(v[name]) && !lacks.get(name).length;

  // A number in words, with what is likely of a bound, or why there is none.
  function row(now, { name, words, low, high }) {
    const { v } = now.latest;
    const item = make("div");
    const known = !Number.isNaN(v[name]);
    const likely = [low, high].every((one) => one && !Number.isNaN(v[one]));
    const title = upper(words ?? definitionOf(name).label);
    const isAny = isUndefined(name, now.latest) && v[planner.verdict] === 1 && [planner.longest_context, planner.most_sequences].includes(name);
    const text = make("dd", "", known && likely ? between(amount(low, v[low]), amount(high, v[high])) : isAny ? "any" : beside(title, amount(name, v[name])));
    text.dataset.planned = name;
    text.title = known ? numbers.exact(v[name]) : "";
    item.append(make("dt", "", title), text);
    const isBeyond = name === planner.longest_context && (isAny || v[name] > v[planner.made_for]) && v[planner.made_for];
    const note = isBeyond ? `beyond the ${numbers.exact(isBeyond)} that the model is made for` : known ? likely && `likely; at most ${amount(name, v[name])}` : !isAny && missing(name, now.latest, now.base);
    if (note) item.append(make("dd", "note", note));
    return item;
  }

  const sentence = ({ column, message }) => `${definitionOf(column).label}: ${message}`;

  // What is wrong with what is typed for a name; empty if nothing is.
  const atFault = (name, { wrong }) => (wrong.has(name) ? `${definitionOf(name).label}: ${wrong.get(name)}` : "");

  // Why there is no verdict; empty if there is one.
  function whyNot({ latest, base, findings }) {
    if (refused) return `Devices: ${refused.why}`;
    const lacking = [planner.total, planner.limit, planner.verdict].find((name) => Number.isNaN(latest.v[name]));
    if (lacking) return (latest.lacks.get(lacking) ?? []).map((name) => atFault(name, latest)).find(Boolean) || missing(lacking, latest, base);
    const never = findings.find(({ level, column }) => level === "impossible" && planner.columns.includes(column));
    return never ? sentence(never) : "";
  }

  const bytes = (value) => numbers.show(value, "byte", "si");
  function judged(now, why) {
    const { v } = now.latest;
    const [total, limit] = [v[planner.total], v[planner.limit]];
    const many = v[planner.in_use] > 1 ? `the fullest of ${numbers.exact(v[planner.in_use])} devices` : "the device";
    const { offload } = planner;
    const fits = v[planner.verdict] === 1;
    const needed = offload && !fits ? v[offload.layers] : 0;
    const layers = needed > 0 ? Math.ceil(v[offload.taken || offload.layers]) : 0;
    const rest = layers && layers >= needed && v[offload.verdict] !== 0;
    put(verdict, why ? "No verdict" : fits ? "Fits" : `${bytes(total - limit)} short on ${many}`);
    verdict.dataset.fits = why ? "" : fits ? "1" : "0";
    const memory = planner.memory ? ` (${bytes(v[planner.memory])} in all)` : "";
    const onCpu = `with the experts of ${layers} layer${layers === 1 ? "" : "s"} in the memory of the CPU`;
    const copied = rest && v[offload.first || offload.taken || offload.layers];
    const told = copied ? offload.to_copy && `: ${offload.to_copy.replace("{}", copied)}` : ", which are not known to be just the first";
    const lacks = layers < needed ? `it takes ${needed}` : layers && `which take ${bytes(v[offload.on_cpu])}, and it has ${bytes(v[offload.memory])}`;
    const helps = rest ? ` It fits ${onCpu}${told}.` : layers ? ` It does not fit ${onCpu}, ${lacks}.` : !fits && offload && isUndefined(offload.layers, now.latest) ? " It does not fit with all experts in the memory of the CPU either." : "";
    put(the(".why-not"), why ? upper(`${why.replace(/\.$/, "")}.`) : `${bytes(total)} of ${bytes(limit)} usable${memory} on ${many}; 1 GB is 10⁹ bytes.${helps}`);
    return { fits, rest };
  }

  // What fills a device, as long as its total or its limit, whichever is more.
  function fill(now, why) {
    const { v } = now.latest;
    const [total, limit] = [v[planner.total], v[planner.limit]];
    const whole = Math.max(total, limit, v[planner.memory] || 0);
    const parts = planner.parts.filter(({ name }) => v[name] > 0);
    the(".memory").hidden = Boolean(why);
    the(".parts-of").hidden = Boolean(refused);
    the(".parts").replaceChildren(...parts.map(({ name, color }) => {
      const part = make("span", color);
      part.style.width = `${(v[name] / whole) * 100}%`;
      return part;
    }));
    the(".limit").style.left = `${(limit / whole) * 100}%`;
    const told = planner.parts.map(({ name, words }) => `${words} ${bytes(v[name])}`);
    the(".memory").setAttribute("aria-label", `Of ${bytes(limit)}: ${told.join(", ")}${total > limit ? `; ${bytes(total - limit)} too much` : ""}`);
    the(".parts-of").replaceChildren(...planner.parts.map(({ name, words, color }) => {
      const item = make("li");
      const number = make("b", "", bytes(v[name]));
      number.dataset.planned = name;
      item.append(make("i", color), `${words} `, number);
      if (Number.isNaN(v[name])) number.title = missing(name, now.latest, now.base);
      return item;
    }));
  }

  function priced({ latest }) {
    const { price } = planner;
    if (!price || !planner.costs.length) return "";
    if (data.presets?.[price]) {
      const chosen = presets.of(price, latest.v);
      return chosen ? `At the price of ${chosen}: ${data.presets[price].presets[chosen].source}.` : "At a price that was typed.";
    }
    if (!latest.v[price]) return "No price of a device is known: type one.";
    const [group] = Object.keys(data.presets ?? {}).filter((one) => setBy(one).includes(price));
    const device = group && data.presets[group].presets[presets.of(group, latest.v)];
    const by = device?.values[price] === latest.v[price] ? device.source : latest.typed.has(price) ? "as it was typed" : `by default: ${data.assumptions[price].help}`;
    return `At ${amount(price, latest.v[price])} for a device, ${by.replace(/\.$/, "")}.`;
  }

  const toType = (name, { v, wrong }, textOf) => (wrong.has(name) ? textOf(name) : String(v[name]));

  let shown; // what was shown last
  let again; // shows it once more, but for what is being typed
  let refused; // why what is typed for devices is no number of them, and the layout that stands
  const standing = () => planner.layout.map((name) => shown.latest.v[name]).join();
  function show(latest, textOf, beingTyped, state) {
    const { v, wrong } = latest;
    const now = { ...state, latest };
    shown = now;
    again = (typed) => show(latest, textOf, typed, state);
    if (refused && refused.layout !== standing()) refused = undefined;
    for (const [name, item] of inputs) {
      if (item !== beingTyped) item.value = wrong.has(name) ? textOf(name) : numbers.exact(v[name]);
      item.placeholder = numbers.exact(data.assumptions[name].default);
      fault(item, item.closest(".input").querySelector(".why"), wrong.get(name) ?? "");
    }
    const why = whyNot(now);
    const { fits, rest } = judged(now, why);
    fill(now, why);
    const { offload } = planner;
    const always = planner.reach.map((name) => ({ name }));
    const onCpu = rest ? [offload.layers, v[offload.taken] !== v[offload.layers] && offload.taken, offload.on_device, offload.on_cpu].filter(Boolean).map((name) => ({ name })) : [];
    const fast = fits ? [...planner.speeds, ...planner.costs] : rest ? offload.numbers : [];
    numbersIn.replaceChildren(...(why ? [] : [...always, ...onCpu, ...fast].map((one) => row(now, one))));
    put(the(".price"), fits && !why ? priced(now) : "");
    doubt(now, why);
    showDevices(latest, beingTyped);
    const isSaid = now.base && !wrong.size && !refused;
    command.hidden = !isSaid;
    put(command.firstElementChild, isSaid ? commandFor(now) : "");
    put(the(".left-out"), isSaid ? leftOut(now) : "");
  }

  // What is said again of the same would be read out again.
  function doubt({ findings, asItem }, why) {
    const items = refused ? [] : findings.filter((one) => isTold(one) && sentence(one) !== why).map(asItem);
    const text = (all) => all.map((item) => item.textContent).join();
    if (text(items) !== text([...doubts.children])) doubts.replaceChildren(...items);
  }

  function showDevices(latest, beingTyped) {
    if (!count) return;
    const { v } = latest;
    const inUse = v[planner.in_use];
    if (count !== beingTyped && !refused) count.value = Number.isNaN(inUse) ? "" : numbers.exact(inUse);
    fault(count, document.getElementById("plan-why--devices"), refused ? upper(refused.why) : planner.layout.map((name) => atFault(name, latest)).find(Boolean) || "");
    const spreads = refused || Number.isNaN(inUse) ? [] : planner.layout.filter((name) => v[name] > 1).map((name) => `${definitionOf(name).label.toLowerCase()} ${v[name]}`);
    put(the("#plan--spread"), spreads.join(", ") + (spreads.length && Number.isNaN(spread(v)) ? " (as it was set)" : ""));
    const few = v[planner.needed];
    fewest.hidden = !(few > 0) || (few === inUse && !refused);
    put(fewest, `Take ${few}`);
  }

  // -- what one does ----------------------------------------------------------------------------

  const quoted = (text) => (/^[\w.,:/+-]+$/.test(text) ? text : /["$`\\!]/.test(text) ? `'${text.replaceAll("'", "'\\''")}'` : `"${text}"`);

  // What says the same on the terminal; the model is one of a file that was read, or is shipped.
  // Only what differs is said, but for a layout of one's own: there all of it is one's own.
  function commandFor({ latest: { v }, base }) {
    const { source, assumptions } = data;
    const words = ["moe-report", "fit", ...(source.sha256 ? [source.name, "--model", base.name] : [base.name])];
    const scenario = document.getElementById("calculator-scenario")?.value;
    if (source.sha256 && scenario && scenario !== (data.usual ?? "base")) words.push("--scenario", scenario);
    const setThere = data.scenarios[scenario] ?? {};
    const isUsual = (name) => !assumptions[name].given && !(name in setThere) && v[name] === assumptions[name].default;
    const [said, unlike] = [new Set(), new Set()]; // what a chosen preset sets, and what was typed over it
    for (const { option, name } of planner.asked.filter((one) => data.presets?.[one.name])) {
      const chosen = presets.of(name, v);
      if (!chosen) continue;
      if (!setBy(name).every(isUsual) || option === planner.asked[0].option) words.push(`--${option}`, chosen);
      const { values } = data.presets[name].presets[chosen];
      for (const one of setBy(name)) (v[one] === values[one] ? said : unlike).add(one);
    }
    const devices = count ? spread(v) : NaN;
    if (devices > 0) {
      words.push("--devices", String(devices));
      planner.layout.forEach((name) => said.add(name));
    }
    const options = new Map(planner.asked.map(({ option, name }) => [name, option]));
    for (const name of new Set([...inputs.keys(), ...Object.keys(assumptions)])) {
      const isOwn = options.has(name) && planner.layout.includes(name);
      if (said.has(name) || (isUsual(name) && !isOwn && !unlike.has(name))) continue;
      words.push(...(options.has(name) ? [`--${options.get(name)}`, String(v[name])] : ["--set", `${name}=${v[name]}`]));
    }
    return words.map(quoted).join(" ");
  }

  // What is changed of the model itself has no option.
  function leftOut({ changes }) {
    const names = [...changes.keys()].filter((name) => name !== "name" && !data.assumptions[name]);
    return names.length ? `Not in the command, for it is changed of the model itself: ${names.map((name) => definitionOf(name).label).join(", ")}.` : "";
  }

  // Spreads some devices over the layout.
  function take(devices) {
    const found = layoutOf(devices, shown.latest.v);
    const why = !(Number.isInteger(devices) && devices > 0) ? "must be a whole number, at least 1."
      : found.some(([, value]) => Number.isNaN(value)) ? "the model does not say enough to spread them." : "";
    refused = why && { why, layout: standing() };
    if (why) again(count);
    else calculatorForm.type(found);
  }

  count?.addEventListener("input", () => take(parse(planner.in_use, count.value)));
  count?.addEventListener("change", calculatorForm.typed);
  count?.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !refused) return;
    event.stopPropagation();
    refused = undefined;
    again();
  });
  fewest?.addEventListener("click", () => {
    take(shown.latest.v[planner.needed]);
    calculatorForm.typed();
    count.focus();
  });
  command.querySelector("button").addEventListener("click", async () => {
    await calculatorOutput.copy(command.firstElementChild.textContent);
    put(document.getElementById("calculator-said"), `Copied: the command that says so on the terminal. ${leftOut(shown)}`);
  });

  const forget = () => { refused = undefined; };
  return { inputs, typed: (_, text) => text, toType, show, forget, layoutOf, spread, controlOf: (name) => controls.get(name) };
})();
