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
from moe_report.compute.kinds import counted_by_kind
from moe_report.display import exact
from moe_report.renderers import saying
from moe_report.renderers.html.calculator import calculator_of, calculator_script
from moe_report.renderers.html.capped import capped
from moe_report.renderers.html.charts.figures import figures
from moe_report.renderers.html.findings import finding_groups, gist
from moe_report.renderers.html.formulas import formula_of, lettered
from moe_report.renderers.html.guide import guide_of
from moe_report.renderers.html.heatmaps import heatmaps_of, layer_metric_of
from moe_report.renderers.html.page import (
    Assets,
    Link,
    Page,
    PageAssumption,
    PageLogo,
    PageNote,
    PageSection,
)
from moe_report.renderers.html.rich_text import linked, rich
from moe_report.renderers.html.tables import Tables
from moe_report.renderers.html.templating import check_blocks, environment_of, explained, text_of
from moe_report.reports import Report, ReportSection
from moe_report.text import counted

MOST_COMPARED = 6
# In their order: what is said again of an element comes later.
STYLES = ("report.css", "charts.css", "calculator.css", "reading.css", "print.css", "theme.css")
ROUTING_STYLE = "routing.css"  # where tokens of experts were counted


@saying(lambda report: capped(report)[1])
def render(report: Report, templates: Sequence[Path] = ()) -> bytes:
    """Return the report as a self-contained HTML page.

    The folders ``templates`` are searched for templates, style sheet and scripts first.
    """
    shown, rest, all_of_them = capped(report)
    page = page_of(shown)
    if rest:
        figures = page.figures if all_of_them is None else (all_of_them, *page.figures)
        page = replace(page, facts=_facts(report), rest=rest, figures=figures)
    return _rendered("report.html.j2", shown, page, templates)


def render_calculator(report: Report, templates: Sequence[Path] = ()) -> bytes:
    """Return the page with the calculator first, as ``moe-report page`` writes it.

    What the audit saw in the models is left out.
    """
    report, rest, _ = capped(replace(report, findings=()))
    page = replace(page_of(report), rest=rest)
    first = [link for link in page.contents if link.anchor in ("calculator", "comparison")]
    others = [link for link in page.contents if link not in first and link.anchor != "findings"]
    page = replace(page, contents=(*first, *others), unfolded="calculator")
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
    drawn = figures(report)
    leading = tuple(figure for figure in drawn if figure.leads)
    further = tuple(figure for figure in drawn if not figure.leads)
    tables = Tables(report)
    summary, *others = tables.of_metrics("summary", "Headline numbers", report.headline)
    sections = tuple(_section(report, section, tables) for section in report.sections)
    groups = finding_groups(report)
    compared = min(len(report.models), MOST_COMPARED) if report.metrics else 0
    compared = compared if compared > 1 else 0
    when = datetime.datetime.fromisoformat(report.created)
    contents = [
        Link("models", "Models", str(len(report.models))),
        Link("charts", "Charts"),
        Link("findings", "Findings", str(len(report.findings) + len(report.failures))),
        *([Link("further-charts", "Further charts")] if further else []),
        *(Link(section.anchor, section.title) for section in sections),
        *([Link("calculator", "Calculator")] if report.metrics else []),
        *([Link("comparison", "Comparison")] if compared else []),
        *([Link("reading", "How to read this")] if report.help.points else []),
        Link("glossary", "Glossary"),
        *([Link("assumptions", "Assumptions")] if report.assumptions else []),
        Link("inputs", "Inputs"),
        Link("made", "How this was made"),
    ]
    return Page(
        title=report.title,
        logo=_logo(report.branding.logo),
        intro=tuple(map(linked, paragraphs(report.branding.intro))),
        facts=_facts(report),
        created=report.created,
        date=f"{when.day} {when:%B %Y}",
        version=report.version,
        contents=tuple(contents),
        findings=groups,
        gist=gist(groups),
        summary=summary if report.headline else None,
        others=tuple(others),
        figures=leading,
        further=further,
        figure_notes=report.undrawn,
        calculator=calculator_of(report) if report.metrics else None,
        compared=compared,
        sections=sections,
        assumptions=tuple(_assumptions(report)),
        inputs=tables.of_inputs(),
        notes=tuple(_notes(report)),
        made=tuple(_made(report)),
        warnings=report.warnings,
        guide=guide_of(report),
        footer=tuple(map(linked, paragraphs(report.branding.footer))),
    )


def _facts(report: Report) -> tuple[str, ...]:
    return (
        *counted_by_kind(report),
        counted(len(report.metrics), "metric"),
        *([f"scenario {report.scenario}"] if report.scenarios else []),
    )


def _assets(environment: Environment, report: Report) -> Assets:
    # Imported here: a page's numbers do not need it, and its schema is read on import.
    from moe_report.renderers.html.packed import packed

    def texts(*names: str) -> list[str]:
        return [text_of(environment, name) for name in names]

    styles = [*STYLES[:-1], ROUTING_STYLE, STYLES[-1]] if report.routing else STYLES
    style = "\n".join(texts(*styles)).strip()
    scripts = texts("data.js", "elements.js", "numbers.js", "report.js", "copying.js")
    # Charts and presets listen to what the calculator computes first, so they come before it.
    computing = texts("typeset.js", "formulas.js", "charts.js", "calculation.js", "audit.js")
    computing += texts("calculator-form.js", "calculator-short.js")
    computing += texts("presets.js") if report.presets else []
    computing += texts("calculator-output.js", "calculator-planner.js", "calculator.js")
    computing += texts("comparison.js")
    if report.metrics:
        scripts += [calculator_script(report), *computing]
    data = json.dumps(packed(report), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    policy = (
        f"default-src 'none'; img-src data:; font-src data:; style-src {_hash(style)}; "
        f"script-src {' '.join(map(_hash, scripts))}; base-uri 'none'; form-action 'none'"
    )
    inside_script = data.replace("<", "\\u003c").replace("\u2028", "\\u2028")
    return Assets(Markup(policy), Markup(style), tuple(map(Markup, scripts)), Markup(inside_script))


def _hash(text: str) -> str:
    return f"'sha256-{_base64(hashlib.sha256(text.encode()).digest())}'"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _logo(logo: Logo | None) -> PageLogo | None:
    if logo is None:
        return None
    return PageLogo(f"data:{logo.media_type};base64,{_base64(logo.data)}", "Logo")


def _section(report: Report, section: ReportSection, tables: Tables) -> PageSection:
    slug = re.sub(r"[^0-9A-Za-z._-]", "-", section.name)
    name = f"section-{slug}"
    table, *others = tables.of_metrics(name, section.title, section.columns)
    first_of_layers = next((one for one in report.sections if one.layers), None)
    return PageSection(
        anchor=name,
        title=section.title,
        introduction=tuple(rich(paragraph) for paragraph in section.introduction),
        table=table,
        others=tuple(others),
        formulas=tuple(formula_of(report, column) for column in section.columns),
        layers=tuple(
            layer_metric_of(report, one) for one in report.layers if one.name in section.layers
        ),
        heatmaps=heatmaps_of(report) if section is first_of_layers else (),
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
            symbol=lettered(definition.symbol),
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
