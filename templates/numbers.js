// Numbers as people write and read them, as moe_report/display.py does.
const numbers = (() => {
  "use strict";
  const NUMBER = /^[~≈]?\s*([-+]?)\s*(\d[\d.,_'’\s]*|\.\d+)(?:e([-+]?\d+))?\s*([^\d\s.,]\S*)?$/i;

  // What a text may be, by the rules of moe_report/schema/numerals.py: nothing, a number, or two
  // where a sign may part thousands or decimals; the whole one first.
  function readings(text) {
    const found = text.trim().replaceAll("\u2212", "-").match(NUMBER);
    const word = found && (found[4] || "").toLowerCase();
    const power = word === "" ? 0 : report.units.multiples[word];
    if (!found || power === undefined) return [];
    const digits = found[2].replace(/[_'’\s]/g, "");
    const number = (plain) => Number(`${found[1]}${plain}e${Number(found[3] || 0) + power}`);
    const signs = digits.match(/[.,]/g) || [];
    if (!signs.length) return [number(digits)];
    const grouped = /^[1-9]\d{0,2}(?:[.,]\d{3})+$/.test(digits) && new Set(signs).size === 1;
    const whole = number(digits.replace(/[.,]/g, ""));
    const last = digits.search(/[.,][^.,]*$/);
    const decimal = number(`${digits.slice(0, last).replace(/[.,]/g, "")}.${digits.slice(last + 1)}`);
    if (signs.length > 1 && new Set(signs).size === 1) return grouped ? [whole] : [];
    if (!grouped) return [decimal];
    const usual = report.units.marks[word]; // before decimals, in the language of the word
    return usual ? [signs[0] === usual ? decimal : whole] : [whole, decimal];
  }

  // The number that a text is, NaN if it is none, or may be two; a whole one has no decimals, but
  // of "46.703B" both readings are whole.
  function parse(text, whole = false) {
    const found = readings(text);
    if (whole && found.length && !/[\p{L}%]/u.test(text)) return found[0];
    const fitting = whole && found.length > 1 ? found.filter(Number.isInteger) : found;
    if (fitting.length < 2) return fitting.length ? fitting[0] : NaN;
    return text.includes(",") ? NaN : fitting[1];
  }

  function fixed(number, places) {
    // Half up, of the digits that one sees; toFixed would round the binary number behind them.
    const [digits, power = "0"] = String(Math.abs(number)).split("e");
    const shifted = Math.round(Number(`${digits}e${Number(power) + places}`));
    return Number(`${shifted}e-${places}`).toFixed(places);
  }
  const grouped = (text) => {
    const [whole, rest] = text.split(".");
    const parts = whole.replace(/\B(?=(\d{3})+$)/g, ",");
    return rest === undefined ? parts : `${parts}.${rest}`;
  };
  const signed = (number, text) => (number < 0 && /[1-9]/.test(text) ? `\u2212${text}` : text);

  const powered = (text) => text.replace(/e([-+])(\d)$/, "e$10$2").replace("-", "\u2212");

  function digits(number, significant = 3) {
    if (number === 0) return "0";
    const size = Math.abs(number);
    if (size < 1e-9 || size >= 1e15) return signed(number, powered(size.toExponential(significant - 1)));
    let places = Math.max(0, significant - 1 - Math.floor(Math.log10(size)));
    if (places && Number(fixed(number, places)) >= 10 ** (significant - places)) places -= 1;
    return signed(number, grouped(fixed(number, places)));
  }

  function percent(share) {
    const size = Math.abs(share);
    if (size > 99.9 && size < 100) return digits(share, 4);
    return digits(share, size >= 1 ? 3 : 2);
  }

  const share = (number) => `${percent(number / 0.01)} %`;

  function exact(number) {
    const size = Math.abs(number);
    if (size && (size < 1e-4 || size > 2 ** 53)) return signed(number, powered(size.toExponential()));
    return signed(number, Number.isInteger(number) ? grouped(String(size)) : String(size));
  }

  // A number of what is counted whole, where it is not.
  function sixDigits(number) {
    const size = Math.abs(number);
    if (size >= 1e-4 && size < 999999.5) return signed(number, grouped(String(Number(size.toPrecision(6)))));
    const [first, power] = size.toExponential(5).split("e");
    return signed(number, powered(`${Number(first)}e${power}`));
  }

  // By what share something is off; NaN where there is nothing to share.
  function off(share) {
    if (Number.isNaN(share)) return "from 0";
    return `${share > 0 ? "+" : ""}${digits(share * 100, Math.abs(share * 100) >= 1 ? 3 : 2)} %`;
  }

  // Half of one unit of the last digit, as given() of moe_report/table.py has it.
  function halfUnit(number) {
    const [digits, power] = Math.abs(number).toExponential().split("e");
    const count = digits.replace(".", "").length;
    const last = Number(power) - count + 1;
    const group = last > 0 ? 3 * Math.floor((count + last - 1) / 3) : 0;
    return Number(`5e${(last > 0 ? Math.min(last, group) : last) - 1}`);
  }

  function show(number, unit, format, significant = 3) {
    if (Number.isNaN(number)) return "–";
    const sign = report.units.signs[unit.split("/")[0]] ?? "";
    if (format === "percent") return share(number);
    if (format === "factor") return `${digits(number, significant)}×`;
    if (format === "integer") return Number.isInteger(number) ? exact(number) : sixDigits(number);
    if (format !== "si") return `${digits(number, significant)} ${sign}`.trim();
    for (const [factor, prefix] of sign ? report.units.prefixes : report.units.counts) {
      if (Math.abs(number) >= 0.9995 * factor) return `${digits(number / factor, significant)} ${prefix}${sign}`;
    }
    return `${Number.isInteger(number) ? exact(number) : digits(number, significant)} ${sign}`.trim();
  }

  // By how many hundredths a share is off.
  const points = (difference) => `${difference > 0 ? "+" : ""}${digits(difference * 100)} points`;

  return { parse, readings, exact, show, digits, share, off, points, halfUnit };
})();
