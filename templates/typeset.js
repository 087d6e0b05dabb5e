// Formulas as the page typesets them: what moe_report/formula/mathml.py and lines.py do, of the
// formulas that formulas.js makes. `leafOf` gives what stands for a symbol: letters, or a number.
const typeset = (() => {
  "use strict";
  const HAT = "\u0302";
  const BREAK = "\u200b";
  const ROOM = 22;
  const ROOM_WITH_RESULT = 28;
  const ATOM = 9;
  const LEVELS = { or: 0, and: 1, lt: 1, le: 1, gt: 1, ge: 1, eq: 1, ne: 1, where: 1, coalesce: 1, add: 2, sub: 2, neg: 2, mul: 3, pow: 4 };
  const COMPARISON = { lt: "<", le: "≤", gt: ">", ge: "≥", eq: "=", ne: "≠" };
  const SIGNS = { add: "+", sub: "−", mul: "⋅", div: "/" };
  const NAMES = { min: "min", max: "max", exp: "exp", ln: "ln", log10: "log", sqrt: "√", total: "sum", mean: "mean", largest: "max", median: "median", count: "count" };
  const FENCES = { abs: "||", floor: "⌊⌋", ceil: "⌈⌉" };

  function element(name, ...inner) {
    const made = document.createElementNS("http://www.w3.org/1998/Math/MathML", name);
    made.append(...inner);
    return made;
  }
  const row = (...inner) => element("mrow", ...inner);
  const sign = (text) => element("mo", text);
  const word = (text) => element("mtext", text);
  function infix(text) {
    const made = sign(text);
    made.setAttribute("form", "infix");
    return made;
  }
  const fenced = (inner, [opening, closing] = "()") => row(sign(opening), inner, sign(closing));
  function call(op) {
    if (op === "log2") return [element("msub", element("mi", "log"), element("mn", "2"))];
    if (op === "not") return [word("not ")];
    return NAMES[op] ? [element("mi", NAMES[op])] : [];
  }

  // A symbol such as `d_ff`, or with a hat.
  function letter(text) {
    const [base, ...rest] = text.split("_");
    let letter = element("mi", base.replace(HAT, ""));
    if (base.endsWith(HAT)) {
      letter = element("mover", letter, sign("^"));
      letter.setAttribute("accent", "true");
    }
    return rest.length ? element("msub", letter, word(rest.join("_"))) : letter;
  }

  const partsOf = (size) => (size >= 1e16 || (size && size < 1e-4) ? size.toExponential() : String(size)).split("e");

  function number(value) {
    const [mantissa, exponent] = partsOf(Math.abs(value));
    let made = element("mn", mantissa);
    if (exponent) {
      const power = element("msup", element("mn", "10"), element("mn", String(Number(exponent)).replace("-", "−")));
      made = row(made, sign("·"), power);
    }
    return value < 0 ? row(sign("−"), made) : made;
  }

  function of(leafOf) {
    // About how many characters wide a formula is in one line.
    function width(it) {
      const { op, args, value } = it;
      if (op === "symbol") return leafOf(it).width;
      if (op === "const") {
        const [mantissa, exponent] = partsOf(Math.abs(value));
        return mantissa.length + (value < 0) + (exponent ? 5 : 1);
      }
      const inner = args.map(width);
      if (op === "div") return Math.max(...inner);
      return inner.reduce((a, b) => a + b, 0) + ({ where: 8, coalesce: 18 }[op] ?? (call(op).length ? 5 : 2));
    }

    function oneCase(value, ...condition) {
      return element("mtr", element("mtd", value), element("mtd", row(...condition)));
    }

    // A formula in one line, bracketed where it binds less than `level`.
    function line(it, level = 0) {
      const { op, args, value } = it;
      let own = LEVELS[op] ?? ATOM;
      let made;
      if (op === "const") {
        made = number(value);
        if (value < 0) own = LEVELS.neg;
        else if (made.localName === "mrow") own = LEVELS.mul;
      } else if (op === "symbol") made = leafOf(it).make();
      else if (op === "div") {
        made = element("mfrac", line(args[0]), line(args[1]));
        own = level > LEVELS.pow ? LEVELS.pow : ATOM;
      } else if (op === "pow") made = element("msup", line(args[0], ATOM), line(args[1]));
      else if (op === "neg") made = row(sign("−"), line(args[0], 3));
      else if (SIGNS[op]) made = row(line(args[0], own), sign(SIGNS[op]), line(args[1], own + (op !== "mul")));
      else if (COMPARISON[op]) made = row(line(args[0], 2), sign(COMPARISON[op]), line(args[1], 2));
      else if (op === "where" || op === "coalesce") {
        const [first, otherwise] = args.slice(-2);
        const condition = op === "where" ? [word("if "), line(args[0])] : [word("where known")];
        const table = element("mtable", oneCase(line(first), ...condition), oneCase(line(otherwise), word("otherwise")));
        table.setAttribute("columnalign", "left left");
        made = row(sign("{"), table);
      } else if (FENCES[op]) made = fenced(line(args[0]), FENCES[op]);
      else if (op === "sqrt") made = element("msqrt", line(args[0]));
      else if (op === "and" || op === "or") made = row(line(args[0], own), word(` ${op} `), line(args[1], own));
      else {
        const inside = document.createDocumentFragment();
        args.forEach((arg, at) => inside.append(...(at ? [sign(",")] : []), line(arg)));
        made = row(...call(op), fenced(inside));
      }
      return own >= level ? made : fenced(made);
    }

    // Pieces between which a line may break.
    const isHtml = (piece) => piece.localName === "span";
    const whole = (piece) => (isHtml(piece) ? piece : element("math", ...(piece.localName === "mrow" ? piece.childNodes : [piece])));
    function glued(before, found, after = []) {
      const pieces = [...found];
      if (before.length) pieces.splice(0, 1, ...(isHtml(pieces[0]) ? [row(...before), pieces[0]] : [row(...before, pieces[0])]));
      if (after.length) {
        const last = pieces.pop();
        pieces.push(...(isHtml(last) ? [last, ...after] : [row(last, ...after)]));
      }
      return pieces;
    }

    function parted(it, level = 0) {
      if (width(it) <= ROOM) return [line(it, level)];
      const own = it.op === "div" ? LEVELS.mul : LEVELS[it.op] ?? ATOM;
      if (it.op === "where" || it.op === "coalesce") return [cases(it, own < level)];
      const found = long(it, own);
      return own >= level ? found : glued([sign("(")], found, [sign(")")]);
    }

    function long(it, own) {
      const { op, args } = it;
      const pair = (left, between, right) => [...parted(args[0], left), ...glued([between], parted(args[1], right))];
      if (SIGNS[op]) return pair(own, infix(SIGNS[op]), own + (op !== "mul"));
      if (COMPARISON[op]) return pair(2, infix(COMPARISON[op]), 2);
      if (op === "and" || op === "or") return pair(own, word(` ${op} `), own);
      if (op === "neg") return glued([sign("−")], parted(args[0], LEVELS.mul));
      if (op === "pow") return [...glued([], parted(args[0], ATOM), [sign("^")]), ...parted(args[1], ATOM)];
      if (op === "const" || op === "symbol") return [line(it)];
      const [before, after] = FENCES[op] ?? "()";
      const last = args.length - 1;
      const inside = args.flatMap((arg, at) => glued([], parted(arg), at < last ? [sign(",")] : []));
      return glued([...call(op), sign(before)], inside, [sign(after)]);
    }

    function joined(pieces) {
      return pieces.flatMap((piece, at) => (at ? [BREAK, whole(piece)] : [whole(piece)]));
    }

    function span(...inner) {
      const made = document.createElement("span");
      made.append(...inner);
      return made;
    }

    function cases({ op, args }, closed) {
      const [first, otherwise] = args.slice(-2);
      const condition = op === "where" ? glued([word("if ")], parted(args[0])) : [word("where known")];
      const one = (value, when) => span(...joined(parted(value)), span(...joined(when)));
      const made = span(one(first, condition), one(otherwise, [word("otherwise")]));
      made.className = closed ? "cases closed" : "cases";
      return made;
    }

    return (it, result) => {
      const found = parted(it);
      const room = result.length + width(it) <= ROOM_WITH_RESULT;
      if (found.length === 1 && !isHtml(found[0]) && room) return joined([row(letter(result), sign("="), found[0])]);
      return joined([row(letter(result), infix("=")), ...found]);
    };
  }

  return { of, element, letter, symbol: (text) => element("math", letter(text)) };
})();
