"""The report as one HTML file that loads nothing: styles, script, charts and data are inside."""

from __future__ import annotations

import base64
import datetime
import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from jinja2 import Environment
from markupsafe import Markup, escape

from moe_report.branding import Logo, paragraphs
from moe_report.display import exact
from moe_report.renderers.html.calculator import calculator_of, calculator_script
from moe_report.renderers.html.charts.figures import figures
from moe_report.renderers.html.formulas import formula_of, typeset
from moe_report.renderers.html.guide import guide_of
from moe_report.renderers.html.page import (
    Assets,
    FindingGroup,
    Link,
    Page,
    PageAssumption,
    PageFinding,
    PageLogo,
    PageNote,
    PageSection,
)
from moe_report.renderers.html.rich_text import linked, rich
from moe_report.renderers.html.tables import input_table, metric_table
from moe_report.renderers.html.templating import check_blocks, environment_of, explained, text_of
from moe_report.report import EVERY_MODEL, Report, ReportSection
from moe_report.text import counted

MOST_COMPARED = 6
_LEVELS = {
    "impossible": "Impossible",
    "differs": "Differs",
    "unclear": "Unclear",
    "suspicious": "Suspicious",
}


def render(report: Report, templates: Sequence[Path] = ()) -> bytes:
    """Return the report as a self-contained HTML page.

    The folders ``templates`` are searched for templates, style sheet and scripts first.
    """
    return _rendered("report.html.j2", report, page_of(report), templates)


def render_calculator(report: Report, templates: Sequence[Path] = ()) -> bytes:
    """Return the page with the calculator first, as ``moe-report page`` writes it.

    What the audit saw in the models is left out.
    """
    report = replace(report, findings=())
    page = page_of(report)
    first = [link for link in page.contents if link.anchor in ("calculator", "comparison")]
    others = [link for link in page.contents if link not in first and link.anchor != "findings"]
    page = replace(page, facts=page.facts[:2], contents=(*first, *others))
    return _rendered("calculator-page.html.j2", report, page, templates)


def _rendered(name: str, report: Report, page: Page, templates: Sequence[Path]) -> bytes:
    environment = environment_of(tuple(templates))
    with explained(environment, templates):
        for folder in templates:
            check_blocks(environment, folder)
        template = environment.get_template(name)
        text = template.render(page=page, assets=_assets(environment, report))
    return text.encode("utf-8")


def page_of(report: Report) -> Page:
    """Return a report as the page shows it."""
    drawn, notes = figures(report)
    summary = metric_table(report, "summary", "Headline numbers of all models", report.headline)
    sections = tuple(_section(report, section) for section in report.sections)
    count = len(report.findings) + len(report.failures)
    compared = min(len(report.models), MOST_COMPARED) if report.metrics else 0
    compared = compared if compared > 1 else 0
    when = datetime.datetime.fromisoformat(report.created)
    contents = [
        Link("findings", "Findings", str(count)),
        Link("models", "Models", str(len(report.models))),
        Link("charts", "Charts"),
        Link("reading", "How to read this"),
        *([Link("calculator", "Calculator")] if report.metrics else []),
        *([Link("comparison", "Comparison")] if compared else []),
        *(Link(section.anchor, section.title) for section in sections),
        *([Link("assumptions", "Assumptions")] if report.assumptions else []),
        Link("inputs", "Inputs"),
        Link("glossary", "Glossary"),
        Link("made", "How this was made"),
    ]
    return Page(
        title=report.title,
        logo=_logo(report.branding.logo),
        intro=tuple(map(linked, paragraphs(report.branding.intro))),
        facts=(
            counted(len(report.models), "model"),
            counted(len(report.metrics), "metric"),
            counted(count, "finding"),
            *([f"scenario {report.scenario}"] if report.scenarios else []),
        ),
        created=report.created,
        date=f"{when.day} {when:%B %Y}",
        version=report.version,
        contents=tuple(contents),
        findings=tuple(_findings(report)),
        summary=summary if summary.columns else None,
        figures=drawn,
        figure_notes=notes,
        calculator=calculator_of(report) if report.metrics else None,
        compared=compared,
        sections=sections,
        assumptions=tuple(_assumptions(report)),
        inputs=input_table(report),
        notes=tuple(_notes(report)),
        made=tuple(_made(report)),
        warnings=report.warnings,
        guide=guide_of(report),
        footer=tuple(map(linked, paragraphs(report.branding.footer))),
    )


def _assets(environment: Environment, report: Report) -> Assets:
    # Imported here: a page's numbers do not need it, and its schema is read on import.
    from moe_report.renderers.html.packed import packed

    def texts(*names: str) -> list[str]:
        return [text_of(environment, name) for name in names]

    style = "\n".join(texts("report.css", "theme.css")).strip()
    scripts = texts("data.js", "numbers.js", "report.js")
    # Charts and presets listen to what the calculator computes first, so they come before it.
    computing = texts("charts.js", "calculation.js", "audit.js", "calculator-form.js")
    computing += texts("presets.js") if report.presets else []
    computing += texts("calculator-output.js", "calculator.js", "comparison.js")
    if report.metrics:
        scripts += [calculator_script(report), *computing]
    data = json.dumps(packed(report), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    policy = (
        f"default-src 'none'; img-src data:; font-src data:; style-src {_hash(style)}; "
        f"script-src {' '.join(map(_hash, scripts))}; base-uri 'none'; form-action 'none'"
    )
    inside_script = data.replace("<", "\\u003c").replace("\u2028", "\\u2028")
    return Assets(policy, Markup(style), tuple(map(Markup, scripts)), Markup(inside_script))


def _hash(text: str) -> str:
    return f"'sha256-{_base64(hashlib.sha256(text.encode()).digest())}'"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _logo(logo: Logo | None) -> PageLogo | None:
    if logo is None:
        return None
    return PageLogo(f"data:{logo.media_type};base64,{_base64(logo.data)}", "Logo")


def _findings(report: Report) -> Iterator[FindingGroup]:
    columns = report.columns
    names = dict.fromkeys(finding.model for finding in report.findings)
    for number, name in enumerate(names, start=1):
        found = tuple(
            PageFinding(
                finding.level,
                _LEVELS[finding.level],
                columns[finding.column].label if finding.column in columns else finding.column,
                finding.message,
                finding.place,
            )
            for finding in report.findings_of(name)
        )
        yield FindingGroup(f"finding-{number}", name or EVERY_MODEL.capitalize(), found)
    for number, failure in enumerate(report.failures, start=1):
        cause = f"This section is left out: {failure.cause}"
        origin = f"{failure.distribution} ({failure.module})"
        finding = PageFinding("failed", "Failed", "Section", cause, origin)
        yield FindingGroup(f"failure-{number}", failure.section, (finding,))


def _section(report: Report, section: ReportSection) -> PageSection:
    slug = re.sub(r"[^0-9A-Za-z._-]", "-", section.name)
    caption = f"{section.title} of all models"
    return PageSection(
        anchor=f"section-{slug}",
        title=section.title,
        introduction=tuple(rich(paragraph) for paragraph in section.introduction),
        table=metric_table(report, f"section-{slug}", caption, section.columns),
        formulas=tuple(formula_of(report, column) for column in section.columns),
    )


def _assumptions(report: Report) -> Iterator[PageAssumption]:
    others = report.scenarios[1:]
    chosen = next((one.own for one in others if one.name == report.scenario), {})
    for item in report.assumptions:
        definition = item.definition
        default = f"(default {exact(definition.default)})"
        own = definition.name in chosen and not item.fixed
        word = item.preset or (f"scenario {report.scenario}" if own else "set")
        origin = f"{word} {default}" if item.given else "default"
        yield PageAssumption(
            symbol=typeset(definition.symbol),
            label=definition.label,
            name=definition.name,
            value=exact(item.value),
            unit=definition.unit,
            help=definition.help,
            origin=origin,
            given=item.given,
        )


def _notes(report: Report) -> Iterator[PageNote]:
    for model in report.models:
        keys = ("compare_with", "source", "remark")
        compared, source, remark = (model.texts.get(key, "") for key in keys)
        if compared or source or remark:
            yield PageNote(model.name, compared, linked(source), linked(remark))


def _made(report: Report) -> Iterator[tuple[str, Markup]]:
    source = report.source
    yield "Program", escape(f"moe-report {report.version}")
    yield "Made", escape(report.created.replace("T", " ").replace("Z", " UTC"))
    yield "Read", escape(source.name)
    if source.sheet:
        yield "Sheet", escape(source.sheet)
    if source.sha256:
        yield "SHA-256", Markup("<code>{}</code>").format(source.sha256)
    for section in report.sections:
        origin = f"{section.distribution} {section.version}".rstrip()
        told = Markup("{}, from {} (<code>{}</code>)").format(section.title, origin, section.module)
        yield "Section", told
    for failure in report.failures:
        yield "Failed section", linked(str(failure))
