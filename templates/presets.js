// The choosers of presets: each fills the inputs of its assumptions, as a reader would, and shows the
// preset whose numbers stand there, or none.
(() => {
  "use strict";
  const said = document.getElementById("calculator-said");
  const choosers = [...document.querySelectorAll("[data-preset]")];
  const presetsOf = (chooser) => report.presets[chooser.dataset.preset].presets;

  for (const chooser of choosers) {
    chooser.addEventListener("change", () => {
      const chosen = chooser.value;
      const values = presetsOf(chooser)[chosen]?.values ?? {};
      let last;
      for (const name of Object.keys(Object.values(presetsOf(chooser))[0].values)) {
        last = document.getElementById(`set-${name}`);
        last.value = name in values ? String(values[name]) : "";
        last.dispatchEvent(new Event("input", { bubbles: true }));
      }
      last.dispatchEvent(new Event("change", { bubbles: true }));
      said.textContent = chosen ? `The inputs are filled as of ${chosen}.` : "The inputs are as by default.";
    });
  }
  document.addEventListener("moe:computed", ({ detail }) => {
    for (const chooser of choosers) {
      const fits = ([, { values }]) => Object.entries(values).every(([name, value]) => detail.values[name] === value);
      chooser.value = Object.entries(presetsOf(chooser)).find(fits)?.[0] ?? "";
    }
  });
})();
