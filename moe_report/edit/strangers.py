"""What users put on the sheets of a report that are ours, and an update cannot take along."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from moe_report.edit.cell_keys import Address
from moe_report.errors import Problem
from moe_report.load.record import Footprint
from moe_report.ooxml.addresses import column_letters
from moe_report.ooxml.package import Package
from moe_report.text import shown

_LINKS_OF_OURS = {
    "table", "comments", "vmlDrawing", "drawing", "printerSettings", "hyperlink", "threadedComment",
}  # fmt: skip


def strangers(
    package: Package, ours: Footprint, sheet: str, added: Mapping[Address, str], file: str
) -> Iterator[Problem]:
    """Say what of a sheet that is ours was put there by somebody else and cannot be carried over.

    Of its filled cells that is ``added``; of what else there is, what is not ``ours``.
    """
    where = f"{file}, sheet {sheet}"
    part = package.sheets()[sheet]
    if added:
        column, row = min(added, key=lambda at: (at[1], at[0]))
        address = f"{column_letters(column)}{row}"
        more = f" (and {len(added) - 1} more)" if len(added) > 1 else ""
        yield Problem(
            f"{where}, cell {address}",
            f"{shown(added[column, row])}{more} would be lost, for an update writes this sheet "
            "anew; move it to the sheet Notes or to a sheet of your own",
            sheet=sheet,
            cell=address,
        )
    for link in package.relationships(part):
        if link.kind == "drawing":
            count = sum(isinstance(item.tag, str) for item in package.root(link.target))
            if count > ours.drawings:
                yield Problem(
                    where,
                    f"has {count} charts, pictures or shapes, {ours.drawings} of them written by "
                    "moe-report, and yours would be lost; move them to a sheet of your own",
                )
        elif link.kind == "table":
            if (name := package.root(link.target).get("displayName")) == sheet:
                continue
            yield Problem(
                where, f"the table {name!r} of yours would be lost; move it to a sheet of your own"
            )
        elif link.kind not in _LINKS_OF_OURS:
            yield Problem(
                where,
                f"something of yours ({link.kind}) would be lost; move it to a sheet of your own",
            )
