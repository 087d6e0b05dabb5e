// The short form of the calculator: a few inputs, and what matters of what follows from them. It
// holds no state of its own; calculator.js says what stands in it.
const calculatorShort = (() => {
  "use strict";
  const place = document.querySelector("#calculator .short-form");
  if (!place) return undefined;
  const data = report;
  const { put, fault } = elements;
  const inputs = new Map([...place.querySelectorAll("[data-short]")].map((item) => [item.dataset.short, item]));
  const isShare = (name) => definitionOf(name).unit === "ratio";
  const bars = [...place.querySelectorAll("[data-bar]")];
  const ring = place.querySelector(".ring");

  // What is typed as a share is typed in percent.
  const typed = (name, text) => (isShare(name) && text.trim() && !text.includes("%") ? `${text}%` : text);
  function toType(name, { v, wrong }, textOf) {
    const value = v[name];
    if (wrong.has(name)) return isShare(name) ? textOf(name).replace(/\s*%$/, "") : textOf(name);
    if (Number.isNaN(value)) return "";
    return isShare(name) ? String(Number((value * 100).toPrecision(15))) : String(value);
  }
  function inSight(name, latest, textOf) {
    const { v } = latest;
    if (Number.isNaN(v[name])) return toType(name, latest, textOf);
    if (isShare(name)) return numbers.share(v[name]).replace(" %", "");
    return data.metrics[name] ? numbers.show(v[name], definitionOf(name).unit, definitionOf(name).format) : numbers.exact(v[name]);
  }

  function show(latest, textOf, beingTyped) {
    const { v, wrong } = latest;
    const whole = v[bars[0].dataset.bar];
    for (const [name, item] of inputs) {
      if (item !== beingTyped) item.value = inSight(name, latest, textOf);
      const box = item.closest(".input");
      fault(item, box.querySelector(".why"), wrong.get(name) ?? "");
      box.classList.toggle("changed", latest.typed.has(name) && Boolean(data.metrics[name]));
      const amount = v[name] * whole;
      const metric = definitionOf(bars[0].dataset.bar);
      if (isShare(name)) put(box.querySelector(".help"), Number.isNaN(amount) ? "" : `${numbers.show(amount, metric.unit, metric.format)} ${metric.unit}`);
    }
    for (const bar of bars) {
      const share = v[bar.dataset.bar] / whole;
      bar.style.width = `${share > 0 ? Math.min(share, 1) * 100 : 0}%`;
    }
    if (!ring) return;
    const share = Math.max(0, Math.min(v[ring.dataset.ring] || 0, 1));
    ring.querySelector(".arc").setAttribute("stroke-dasharray", `${share * 100} 100`);
  }

  return { inputs, typed, toType, show, controlOf: (name) => inputs.get(name) };
})();
