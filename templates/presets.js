// The choosers of presets: each fills the inputs of its assumptions, as a reader would, and shows the
// preset whose numbers stand there, or none.
const presets = (() => {
  "use strict";
  const said = document.getElementById("calculator-said");
  const choosers = [...document.querySelectorAll("[data-preset]")];
  const namesOf = (group) => Object.keys(Object.values(report.presets[group].presets)[0].values);

  // The preset of a group whose numbers stand in the values, at whatever price; undefined if none.
  function of(group, values) {
    const fits = ([, preset]) => Object.entries(preset.values).every(([name, value]) => values[name] === value || name === moe.planner?.price);
    return Object.entries(report.presets[group].presets).find(fits)?.[0];
  }

  for (const chooser of choosers) {
    chooser.addEventListener("change", () => {
      const chosen = chooser.value;
      const group = chooser.dataset.preset;
      const values = report.presets[group].presets[chosen]?.values;
      calculatorForm.type(namesOf(group).map((name) => [name, values?.[name] ?? report.assumptions[name].default]));
      calculatorForm.typed();
      said.textContent = chosen ? `The inputs are filled as of ${chosen}.` : "The inputs are as by default.";
    });
  }
  document.addEventListener("moe:computed", ({ detail }) => {
    for (const chooser of choosers) chooser.value = of(chooser.dataset.preset, detail.values) ?? "";
  });
  return { of };
})();
