"""What a report says of its own accord: from the sheet Report, and from the command line."""

from __future__ import annotations

import os
from pathlib import Path

import openpyxl
import pytest

from moe_report import branding
from moe_report.branding import Branding, Logo, Setting, branding_of, read_logo
from moe_report.compute.build import build_report
from moe_report.edit.new_workbook import build_starter
from moe_report.errors import InputError
from moe_report.load.inputs import inspect_inputs
from moe_report.load.workbook import Read, inspect_workbook, open_workbook, read_workbook
from moe_report.renderers.excel.render import render
from moe_report.schema.registry import Registry

PNG = b"\x89PNG\r\n\x1a\n and so on"
SVG = b'<?xml version="1.0"?>\n<!-- ours --><svg xmlns="http://www.w3.org/2000/svg"/>'


def workbook_with(folder: Path, *rows: tuple[object, ...], sheet: str = "Report") -> Path:
    """Write a workbook of one model whose report is worded by some rows."""
    book = openpyxl.Workbook()
    models = book.worksheets[0]
    models.title = "Models"
    for row in (("name", "num_experts", "num_experts_per_tok"), ("a", 8, 2)):
        models.append(row)
    worded = book.create_sheet(sheet)
    for row in rows:
        worded.append(row)
    path = folder / "models.xlsx"
    book.save(path)
    return path


def said(read: Read) -> dict[str, str]:
    """Return the texts of the sheet Report, which has no problem."""
    assert [str(problem) for problem in read.problems] == []
    return {key: setting.text for key, setting in read.table.settings.items()}


# -- the sheet


@pytest.mark.parametrize("sheet", ["Report", "REPORT", "report"])
def test_a_sheet_words_the_report(tmp_path: Path, registry: Registry, sheet: str) -> None:
    """Keys and values under a header, wherever it stands; without regard to case."""
    path = workbook_with(
        tmp_path, ("How to word it",), (), ("Key", None, "Value", "meaning"),
        (" Title ", None, "Ours", "x"), ("intro", None, "One.\r\nTwo.\n\nThree."),
        ("footer", None, 2026), ("logo",), sheet=sheet,
    )  # fmt: skip
    read = inspect_workbook(open_workbook(path), registry)
    assert said(read) == {"title": "Ours", "intro": "One.\nTwo.\n\nThree.", "footer": "2026"}
    assert read.table.settings["intro"].where == f"models.xlsx, sheet {sheet}, cell C5"
    assert read.table.warnings == ()


def test_a_sheet_without_a_header_will_do(tmp_path: Path, registry: Registry) -> None:
    """Two columns are understood as keys and values if one of the keys is ours."""
    path = workbook_with(tmp_path, ("title", "Ours"), ("logo", "acme.png"))
    assert said(inspect_workbook(open_workbook(path), registry)) == {
        "title": "Ours",
        "logo": "acme.png",
    }


def test_another_sheet_of_that_name_is_skipped_with_a_note(
    tmp_path: Path, registry: Registry
) -> None:
    """Somebody's own sheet named Report is not ours to judge, but it is not passed over."""
    path = workbook_with(tmp_path, ("Region", "Sales"), ("North", 12))
    read = inspect_workbook(open_workbook(path), registry)
    assert said(read) == {}
    assert tuple(map(str, read.table.warnings)) == (
        "models.xlsx: the sheet Report has no columns 'key' and 'value' and is skipped",
    )


def test_models_on_a_sheet_of_that_name_are_models(tmp_path: Path, registry: Registry) -> None:
    """A workbook whose only sheet, or whose chosen one, is named Report."""
    path = workbook_with(tmp_path, ("name", "num_experts", "num_experts_per_tok"), ("b", 8, 2))
    read = inspect_workbook(open_workbook(path), registry, sheet="Report")
    assert [row.name for row in read.table.rows] == ["b"]
    assert said(read) == {}


@pytest.mark.parametrize(
    ("row", "cell", "message"),
    [
        (("titel", "x"), "A2", "found 'titel', expected title, intro, footer or logo. "
                               "Did you mean 'title'?"),
        (("subject", "x"), "A2", "found 'subject', expected title, intro, footer or logo."),
        ((None, "x"), "A2", "found 'x' without a key; expected title, intro, footer or logo"),
        (("title", True), "B2", "found True, expected a text for title"),
        (("title", "#N/A"), "B2", "found the error #N/A; expected a text"),
        (("title", "=A1"), "B2", "found the formula =A1 without a stored value; open the file in"),
        (("title", "a_x0007_b"), "B2", "found 'a\\x07b', expected text without control characters"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_cell(
    tmp_path: Path, registry: Registry, row: tuple[object, ...], cell: str, message: str
) -> None:
    """Unknown keys, and values that are no text."""
    read = inspect_workbook(open_workbook(workbook_with(tmp_path, ("key", "value"), row)), registry)
    (problem,) = read.problems
    assert str(problem).startswith(f"models.xlsx, sheet Report, cell {cell}: {message}")
    assert (problem.sheet, problem.cell) == ("Report", cell)


def test_a_key_stands_once(tmp_path: Path, registry: Registry) -> None:
    """A second one of the same name is an error that names the first."""
    path = workbook_with(tmp_path, ("key", "value"), ("title", "x"), ("Title", "y"))
    (problem,) = inspect_workbook(open_workbook(path), registry).problems
    assert str(problem).endswith("cell A3: found title once more (already in A2); expected it once")


def test_the_first_of_several_workbooks_words_the_report(
    tmp_path: Path, registry: Registry
) -> None:
    """What another says otherwise is told."""
    paths = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        path = workbook_with(folder, ("title", name), ("footer", "same"))
        book = openpyxl.load_workbook(path)
        book["Models"]["A2"] = name
        path = path.rename(tmp_path / f"{name}.xlsx")
        book.save(path)
        paths.append(str(path))
    read = inspect_inputs(paths, registry)
    assert said(read) == {"title": "one", "footer": "same"}
    assert (
        "two.xlsx, sheet Report, cell B1: the title used is that in "
        "one.xlsx, sheet Report, cell B1" in map(str, read.table.warnings)
    )


def test_the_starter_has_a_blank_one(tmp_path: Path, registry: Registry) -> None:
    """The workbook to fill in has the keys, and says nothing until they are filled in."""
    path = tmp_path / "models.xlsx"
    path.write_bytes(build_starter(registry))
    assert said(inspect_workbook(open_workbook(path), registry)) == {}
    book = openpyxl.load_workbook(path)
    keys = [cell.value for cell in book["Report"]["A"][4:]]
    assert keys == list(branding.KEYS)
    book["Report"]["B5"] = "Filled in"
    book.save(path)
    assert said(inspect_workbook(open_workbook(path), registry)) == {"title": "Filled in"}


def test_the_written_workbook_carries_it_on(tmp_path: Path, registry: Registry) -> None:
    """Title, introduction and footer are on Summary, and come back when it is read again."""
    path = workbook_with(tmp_path, ("title", "Ours"), ("footer", "End."))
    table = read_workbook(path, registry)
    report = build_report(
        table, registry, branding=branding_of(table.settings, intro="=1+1\n\nTwo.")
    )
    written = tmp_path / "written.xlsx"
    written.write_bytes(render(report))
    book = openpyxl.load_workbook(written)
    texts = [cell.value for row in book["Summary"].iter_rows() for cell in row]
    assert book["Summary"]["A1"].value == "Ours"
    assert book["Summary"]["A4"].value == "=1+1\n\nTwo."
    assert book["Summary"]["A4"].data_type == "s"
    assert "End." in texts
    again = inspect_workbook(open_workbook(written), registry)
    assert said(again) == {"title": "Ours", "intro": "=1+1\n\nTwo.", "footer": "End."}
    plain = tmp_path / "plain.xlsx"
    plain.write_bytes(render(build_report(table, registry)))
    assert "Report" not in openpyxl.load_workbook(plain).sheetnames


# -- the logo


@pytest.mark.parametrize(
    ("data", "media_type"),
    [(PNG, "image/png"), (b"\xff\xd8\xff\xe0", "image/jpeg"), (SVG, "image/svg+xml"),
     (b"RIFF\x0a\x00\x00\x00WEBPVP8 ", "image/webp")],
)  # fmt: skip
def test_a_logo_is_told_by_its_content(tmp_path: Path, data: bytes, media_type: str) -> None:
    """Whatever its name ends in."""
    path = tmp_path / "logo.txt"
    path.write_bytes(data)
    assert read_logo(path, "--logo") == Logo(media_type, data)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "found no picture in it, expected PNG, JPEG, WebP or SVG"),
        (b"GIF89a", "found no picture in it"),
        (b"<html><svg xmlns='http://www.w3.org/2000/svg'/></html>", "found no picture in it"),
        (b"<svg", "found no picture in it"),
        (PNG + b"\0" * 1_000_000, "is 1.0 MB large, expected at most 1 MB"),
    ],
)  # fmt: skip
def test_what_is_no_logo_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    """Other formats, broken ones, and large ones."""
    path = tmp_path / "logo.png"
    path.write_bytes(data)
    with pytest.raises(InputError) as caught:
        read_logo(path, "--logo")
    assert str(caught.value.message).startswith(f"--logo, {path}: {message}")


def test_a_logo_that_is_no_file_is_refused(tmp_path: Path) -> None:
    """Nothing there, a folder, and a pipe that would keep us waiting."""
    with pytest.raises(InputError, match=r"none\.png: there is no such file; expected a picture"):
        read_logo(tmp_path / "none.png", "--logo")
    with pytest.raises(InputError, match="is a folder; expected a picture"):
        read_logo(tmp_path, "--logo")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.png")
        with pytest.raises(InputError, match="is a pipe or a device"):
            read_logo(tmp_path / "pipe.png", "--logo")


@pytest.mark.parametrize("path", ["img/logo.png", "img\\logo.png", "./img/logo.png"])
def test_a_workbooks_logo_lies_beside_it(tmp_path: Path, path: str) -> None:
    """Its path starts from the workbook's folder, with either kind of slash."""
    (tmp_path / "img").mkdir()
    (tmp_path / "img" / "logo.png").write_bytes(PNG)
    found = branding_of({"logo": Setting(path, "cell B5", tmp_path)})
    assert found.logo == Logo("image/png", PNG)


@pytest.mark.parametrize(
    "path",
    [
        "/etc/logo.png", "../logo.png", "img/../../logo.png", "C:\\logo.png",
        "\\\\host\\a\\logo.png", "~/logo.png", "~\\logo.png", "~nobody-of-that-name/logo.png",
        "linked.png", "linked/logo.png", "circle.png",
    ],
)  # fmt: skip
def test_a_workbooks_logo_does_not_reach_elsewhere(
    tmp_path: Path, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A workbook that came by mail must not put other files of this machine into the page."""
    folder = tmp_path / "mine"
    folder.mkdir()
    (tmp_path / "logo.png").write_bytes(PNG)
    (folder / "linked.png").symlink_to(tmp_path / "logo.png")
    (folder / "linked").symlink_to(tmp_path)
    (folder / "circle.png").symlink_to(folder / "circle.png")
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(InputError, match=r"^cell B5: found .* expected a file beside the workbook"):
        branding_of({"logo": Setting(path, "cell B5", folder)})


@pytest.mark.parametrize(
    "path", ["img/../logo.png", "~/mine/logo.png", "linked.png", "link/logo.png"]
)
def test_a_way_round_that_ends_beside_the_workbook_is_taken(
    tmp_path: Path, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a path leads is looked at, and not how it is written."""
    folder = tmp_path / "mine"
    (folder / "img").mkdir(parents=True)
    (folder / "logo.png").write_bytes(PNG)
    (folder / "linked.png").symlink_to("logo.png")
    (folder / "link").symlink_to(folder)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "workbooks").symlink_to(folder)
    found = branding_of({"logo": Setting(path, "cell B5", tmp_path / "workbooks")})
    assert found.logo == Logo("image/png", PNG)


# -- what wins


def test_the_command_line_wins(tmp_path: Path) -> None:
    """Each of its options takes the place of one key; an empty one silences it."""
    settings = {
        key: Setting(f"sheet's {key}", "cell", tmp_path) for key in ("title", "intro", "footer")
    }
    settings["logo"] = Setting("none.png", "cell", tmp_path)
    logo = tmp_path / "logo.svg"
    logo.write_bytes(SVG)
    found = branding_of(settings, title=" a\n b ", footer="", logo=logo)
    assert found == Branding("a b", "sheet's intro", "", Logo("image/svg+xml", SVG))


def test_words_hold_no_control_characters() -> None:
    """They could not be stored in a workbook."""
    with pytest.raises(InputError, match=r"^--intro: found 'a.x1bb', expected text without"):
        branding_of({}, intro="a\x1bb")
