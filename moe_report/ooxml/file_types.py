"""What kind of workbook a file is: its main part's type, which has to match the name's ending."""

from __future__ import annotations

from pathlib import PurePath

from moe_report.errors import InputError, Problem
from moe_report.ooxml.package import Package

_SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_MACROS = "application/vnd.ms-excel"
KINDS = {
    ".xlsx": f"{_SPREADSHEET}.sheet.main+xml",
    ".xltx": f"{_SPREADSHEET}.template.main+xml",
    ".xlsm": f"{_MACROS}.sheet.macroEnabled.main+xml",
    ".xltm": f"{_MACROS}.template.macroEnabled.main+xml",
}
# What may become of a template, the usual one first.
BECOMES = {
    ".xlsx": (".xlsx",),
    ".xlsm": (".xlsm",),
    ".xltx": (".xlsx", ".xltx"),
    ".xltm": (".xlsm", ".xltm"),
}


def refuse_name(package: Package, where: str) -> None:
    """Refuse a workbook whose name ends as one of another kind does.

    Raises:
        InputError: It is, or is of no kind that can be filled.
    """
    own, ending = kind_of(package, where), where.lower().rpartition(".")[2]
    if ending and own[-1] != ending[-1]:
        problem = Problem(where, f"is an {own} workbook by its content; expected a name to match")
        raise InputError([problem])


def kind_of(package: Package, where: str) -> str:
    """Return the ending that a workbook's name should have, by what the workbook is.

    Raises:
        InputError: It is of no kind that can be filled.
    """
    type = package.content_type(package.workbook_part())
    for suffix, known in KINDS.items():
        if type == known:
            return suffix
    problem = Problem(where, f"is of the type {type!r}; expected an .xlsx, .xlsm or .xltx workbook")
    raise InputError([problem])


def set_kind(package: Package, suffix: str) -> None:
    """Let a workbook be what the ending of its name says."""
    if package.content_type(package.workbook_part()) != KINDS[suffix]:
        package.declare(package.workbook_part(), KINDS[suffix])


def refuse_ending(template: str, output: str) -> str | None:
    """Return why a template does not become a file of a name; None if it does.

    >>> refuse_ending("a.xltx", "b.xlsx")
    >>> refuse_ending("a.xlsm", "b.xlsx")
    "found 'b.xlsx', expected a name that ends in .xlsm as the template's does"
    """
    ending = PurePath(template).suffix.lower()
    allowed = BECOMES.get(ending)
    if allowed is None or PurePath(output).suffix.lower() in allowed:
        return None
    same = " as the template's does" * (allowed == (ending,))
    return f"found {output!r}, expected a name that ends in {' or '.join(allowed)}{same}"


def drop_signatures(package: Package) -> None:
    """Remove the digital signatures of a package, which no longer hold.

    The signature of macros is another: it stands as long as the macros do.
    """
    signed = _signatures(package)
    for link in package.relationships(""):
        if link.target in signed:
            package.unlink("", link.id)
    for name in signed:
        del package[name]


def is_signed(package: Package) -> bool:
    """Whether a package has a digital signature."""
    return bool(_signatures(package))


def _signatures(package: Package) -> set[str]:
    return {name for name in package if name.lower().startswith("_xmlsignatures/")}
