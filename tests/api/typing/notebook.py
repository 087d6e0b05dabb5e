"""What type checkers must make of a notebook: this file is checked, strictly."""

from pathlib import Path
from typing import assert_type

import moe_report
from moe_report import MoeReportError, Report, ReportedModel


def notebook() -> None:
    """What the cells say."""
    r = moe_report.report("models.xlsx", Path("config.json"), context_length="32k", batch_size=8)
    assert_type(r, Report)
    assert_type(r["gpt-oss-120b"], ReportedModel)
    assert_type(r["gpt-oss-120b"].name, str)
    active = r["gpt-oss-120b"].active_params
    assert_type(active, float | None)
    active / 1e9  # type: ignore[operator]  # it may be missing
    if active is not None:
        assert_type(active / 1e9, float)
    assert_type(r["gpt-oss-120b"].cell("active_params").note, str)
    assert_type([model.source for model in r], list[str])
    assert_type(len(r), int)
    assert_type(r.write("out", ["xlsx"], force=True), list[Path])
    assert_type(r.findings[0].message, str)
    assert_type(r.notes, tuple[str, ...])
    moe_report.report()  # type: ignore[call-arg]
    moe_report.report("models.xlsx", columns=["name"])  # type: ignore[arg-type]
    moe_report.report("models.xlsx", context_length=[1])  # type: ignore[arg-type]
    r.write("out", form="xlsx")  # type: ignore[call-arg]
    try:
        moe_report.report(
            "models.xlsx", only="flops_savings", columns={"Hiden size": "hidden_size"}
        )
    except MoeReportError as error:
        assert_type(error.message, str)
