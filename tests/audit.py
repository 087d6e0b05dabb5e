"""Excel's own validator, as openxml-audit has it in Python."""

from __future__ import annotations

import tempfile
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

from tests.libraries import library


@cache
def _validator() -> Any:
    audit = library("openxml_audit")
    return audit.OpenXmlValidator(file_format=audit.FileFormat.MICROSOFT_365, max_errors=1000)


def errors(data: bytes | Path) -> Counter[str]:
    """What the validator calls errors in a workbook, and how often; not its warnings."""
    content = data.read_bytes() if isinstance(data, Path) else data
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "book.xlsx"
        file.write_bytes(content)
        found = _validator().validate(str(file)).errors
    return Counter(
        f"{item.part_uri} {item.path}: {item.description}"
        for item in found
        if item.severity.value == "error"
    )
