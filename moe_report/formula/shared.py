"""What several expressions have in common, so that a printer writes it once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence

from moe_report.formula.expr import Expr, symbol


def shared_parts(
    exprs: Sequence[Expr], name: Callable[[int], str]
) -> tuple[dict[str, Expr], list[Expr]]:
    """Return the parts that occur more than once, by a name, and the expressions made of those.

    A part comes after those that it is made of. ``name`` gives the name of the first, the second
    and so on.

    >>> x, y = symbol("x"), symbol("y")
    >>> shared_parts([(x + y) / 2, 1 - (x + y)], "part{}".format)
    ({'part0': add(x, y)}, [div(part0, 2), sub(1, part0)])
    """
    known: dict[Hashable, Expr] = {}
    uses: Counter[int] = Counter()

    def once(expr: Expr) -> Expr:
        args = tuple(map(once, expr.args))
        key = (expr.op, expr.value, expr.name, *map(id, args))
        if key not in known:
            known[key] = Expr(expr.op, args, value=expr.value, name=expr.name)
            uses.update(map(id, args))
        return known[key]

    whole = list(map(once, exprs))
    uses.update(map(id, whole))
    often = [part for part in known.values() if uses[id(part)] > 1 and part.op != "const"]
    names = {id(part): name(at) for at, part in enumerate(often)}

    def inside(expr: Expr) -> Expr:
        args = tuple(map(named, expr.args))
        return Expr(expr.op, args, value=expr.value, name=expr.name)

    def named(expr: Expr) -> Expr:
        return symbol(names[id(expr)]) if id(expr) in names else inside(expr)

    return {names[id(part)]: inside(part) for part in often}, list(map(named, whole))
