"""Expressions of a template: what they give, what they refuse, and that the documents tell it."""

from __future__ import annotations

import ast
import random
import re
import time
from dataclasses import replace
from pathlib import Path

import pytest
from jinja2 import TemplateError

from moe_report.branding import Branding
from moe_report.fill.expressions.expression import (
    Expression,
    choose,
    evaluate,
    parse_expression,
    text_of_pieces,
)
from moe_report.fill.expressions.filters import FILTERS
from moe_report.fill.expressions.sandbox import compiled, parsed
from moe_report.fill.expressions.scope import (
    NAMES,
    REPORT_NAMES,
    Context,
    Model,
    TemplateValueError,
    known_of_registry,
)
from moe_report.fill.placeholders import Inner, split_text
from moe_report.fill.table_notes import read_note
from moe_report.schema.registry import Registry
from tests.reports import report_of, usual_report
from tests.rows import example_models

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
CONVENTIONS = (REFERENCE / "workbook-templates.md").read_text("utf-8")
NAMES_OF_MODELS = ("Mixtral-8x7B", "gpt-oss-120b", "Qwen3-30B-A3B")


@pytest.fixture(scope="module")
def context() -> Context:
    """The report of the documents' examples."""
    rows = {row.name: row for row in example_models()}
    owned = [replace(rows[name], carried={"# Owner": "infra"}) for name in NAMES_OF_MODELS]
    report = report_of(
        *owned,
        created="2026-11-30T08:15:00Z",
        branding=Branding(intro="Costs of autumn.", footer="Acme, internal."),
    )
    return Context(report)


@pytest.fixture(scope="module")
def usual() -> Context:
    """Models of which some lack numbers."""
    return Context(usual_report())


def value(text: str, context: Context, m: Model | None = None) -> float | str | bool | None:
    """What an expression gives for the documents' model."""
    m = m or context.models.by_name.get("gpt-oss-120b")
    return evaluate(parse_expression(text, context.known), context, m, 2)


def refused(text: str, context: Context, m: Model | None = None) -> str:
    """Why an expression is refused."""
    with pytest.raises(TemplateValueError) as caught:
        value(text, context, m)
    message = caught.value.message
    assert message.isprintable()
    assert len(message) < 300
    return message


def outcome(text: str, context: Context) -> tuple[object, str]:
    """What an expression gives, or why it is refused."""
    try:
        return value(text, context), ""
    except TemplateValueError as error:
        return None, error.message


def filled(cell: str, context: Context) -> float | str | bool | None:
    """What a cell becomes."""
    pieces: list[str | Expression] = [
        parse_expression(piece.text, context.known) if isinstance(piece, Inner) else piece
        for piece in split_text(cell)
    ]
    m = context.models.by_name["gpt-oss-120b"]
    if len(pieces) == 1 and isinstance(pieces[0], Expression):
        return evaluate(pieces[0], context, m, 2)
    return text_of_pieces(pieces, context, m, 2)


def tables(header: str) -> list[list[str]]:
    """The rows of the documents' tables that have this header."""
    found = []
    for block in re.findall(r"(?:^\|.*\n)+", CONVENTIONS, re.MULTILINE):
        lines = [re.split(r"(?<!\\)\|", line)[1:-1] for line in block.splitlines()]
        cells = [[cell.strip().replace("\\|", "|") for cell in line] for line in lines]
        if " | ".join(cells[0]).startswith(header):
            found += cells[2:]
    assert found
    return found


def code(cell: str) -> str:
    """The text between backticks."""
    match = re.fullmatch(r"(`+)(.*)\1", cell)
    assert match, cell
    return match[2]


def shown(result: float | str | bool | None) -> str:
    """A value as the documents shows it."""
    if result is None:
        return "empty"
    if isinstance(result, bool):
        return f"`{str(result).upper()}`"
    if isinstance(result, str):
        return f'`"{result}"`'
    return f"`{int(result) if result == int(result) else repr(result)}`"


@pytest.mark.parametrize("row", tables("expression | gives"), ids=lambda row: row[0])
def test_examples_of_the_documents_give_what_they_show(row: list[str], context: Context) -> None:
    """Every expression in the documents gives what stands beside it."""
    result = value(code(row[0]), context)
    if row[1] == "as installed":
        assert result in (context.report.version, len(context.report.metrics))
    else:
        assert row[1] == shown(result)


@pytest.mark.parametrize("row", tables("cell | becomes"), ids=lambda row: row[0])
def test_cells_of_the_documents_become_what_it_shows(row: list[str], context: Context) -> None:
    """Every cell in the documents becomes what stands beside it."""
    assert shown(filled(code(row[0]), context)) == row[1]


@pytest.mark.parametrize("row", tables("cell | why it is refused"), ids=lambda row: row[0])
def test_refused_cells_of_the_documents_are_refused(row: list[str], context: Context) -> None:
    """Every refused cell in the documents is refused with the sentence beside it."""
    with pytest.raises(TemplateValueError) as caught:
        filled(code(row[0]), context)
    assert caught.value.message == code(row[1])


@pytest.mark.parametrize("row", tables("note | models"), ids=lambda row: row[0])
def test_notes_of_the_documents_choose_what_it_shows(row: list[str], context: Context) -> None:
    """Every note in the documents gives the models beside it, in that order."""
    rules = read_note(code(row[0]).replace("; ", "\n"), context.known)
    chosen = choose(context, rules.sort, rules.where)[: rules.limit]
    assert ", ".join(model.name for model in chosen) == row[1]


def test_the_documents_have_every_name_and_filter() -> None:
    """What an expression can use is in the documents, with an example."""
    examples = [code(row[0]) for row in tables("expression | gives")]
    for name in REPORT_NAMES:
        assert f"report.{name}" in examples, name
    for name in NAMES:
        assert any(re.search(rf"\b{name}\b", example) for example in examples), name
    for name in (*FILTERS, "formula"):
        assert any(re.search(rf"\| {name}\b", example) for example in examples), name
    for word in ("and", "or", "not", "if", "else", "in", "is", "~"):
        assert any(word in re.split(r"[ ()]", example) for example in examples), word


def test_a_missing_number_is_never_a_zero(usual: Context) -> None:
    """It is an empty cell; whatever calculates or compares with it is an error that names it."""
    lone = usual.models.by_name["A layer"]
    assert value("m.total_params", usual, lone) is None
    assert value("m.total_params | billions | round(1) | si", usual, lone) is None
    assert value("m.total_params | default(7)", usual, lone) == 7
    assert value("m.total_params is none and m.total_params is not defined", usual, lone) is True
    assert value("m.total_params == none", usual, lone) is True
    assert value("m.total_params != none", usual, lone) is False
    for text in (
        "m.total_params + 1", "-m.total_params", "m.total_params < 1", "m.total_params == 0",
        "m.total_params and true", "not m.total_params", "1 if m.total_params else 2",
        "m.name ~ m.total_params", "m.total_params in [1]", "m.total_params | upper",
        'models | sum(attribute="total_params")', '(models | max("total_params")).name',
        'models | map(attribute="total_params") | join(",")',
    ):  # fmt: skip
        assert refused(text, usual, lone).startswith("model 'A layer' has no total_params; "), text


def test_numbers_are_those_of_the_report(usual: Context) -> None:
    """Every field and metric of every model, by each way there is to it."""
    report = usual.report
    for name, column in report.columns.items():
        plain = parse_expression(f"m.{name}", usual.known)
        assert plain.plain == plain.about == name
        other = parse_expression(f'models["OLMoE-1B-7B"].{name}', usual.known)
        assert other.plain is None
        for at, model in enumerate(usual.models):
            assert evaluate(plain, usual, model) == column.cells[at].value
        assert evaluate(other, usual) == column.cells[1].value


def test_arithmetic_is_pythons_but_for_powers() -> None:
    """Random calculations agree with Python's own, which shares no code with ours."""
    context = Context(usual_report())
    chance = random.Random(5)

    def term(depth: int) -> str:
        if not depth or chance.random() < 0.2:
            return chance.choice(["1", "2.5", "7", "0.125", "1e3", "12"])
        sign = chance.choice(["+", "-", "*", "/", "//", "%"])
        text = f"({term(depth - 1)} {sign} {term(depth - 1)})"
        return f"-{text}" if chance.random() < 0.2 else text

    agreed = 0
    for _ in range(300):
        text = term(4)
        tree = compile(ast.parse(text, mode="eval"), "", "eval")
        try:
            expected = eval(tree, {"__builtins__": {}})
        except ZeroDivisionError:
            assert refused(text, context) == "found a division by 0"
        else:
            assert value(text, context) == expected, text
            agreed += 1
    assert agreed > 200


def test_expressions_say_what_they_use(context: Context) -> None:
    """Names, the fast path and the live formula are known before anything is evaluated."""
    known = context.known
    assert parse_expression("m.name ~ report.title", known).names == {"m", "report"}
    assert parse_expression("number + models | length", known).names == {"number", "models"}
    formula = parse_expression("m.total_params | formula", known)
    assert (formula.formula, formula.plain) == (True, "total_params")
    assert parse_expression("m.total_params + 0", known).plain is None
    assert parse_expression("active_params", known, bare=True).names == {"m"}
    assert parse_expression("m.num_experts > 8", known).truth
    assert not parse_expression("m.num_experts", known).truth


def test_unknown_names_are_refused_with_the_nearest(context: Context) -> None:
    """Before any model is looked at, and also where the expression never gets to them."""
    known = context.known
    for text, message in {
        "m.activ_params": "Did you mean 'active_params'?",
        "1 if true else m.activ_params": "Did you mean 'active_params'?",
        "models['gpt-oss'].name": "there is no model 'gpt-oss'. Did you mean",
        "models['gpt-oss-120b'].nam": "Did you mean 'name'?",
        "assumptions.context_len": "Did you mean 'context_length'?",
        "report.titel": "Did you mean 'title'?",
        "modells | length": "Did you mean 'models'?",
        "total_params": "Did you mean 'm.total_params'?",
        "context_length": "Did you mean 'assumptions.context_length'?",
        "m['# Ownr']": "Did you mean '# Owner'?",
        "m.total_params | bilions": "Did you mean 'billions'?",
        "models | sum(attribute='totl_params')": "Did you mean 'total_params'?",
        "m.name is odd": "expected `is none` or `is defined`",
    }.items():
        with pytest.raises(TemplateValueError) as caught:
            parse_expression(text, known)
        assert message in caught.value.message, text


def test_wrong_use_is_refused_in_a_sentence(context: Context) -> None:
    """Kinds of values that do not go together, or do not go into a cell."""
    for text, message in {
        "models": "gives models", "m": "gives a model", "report": "gives the whole report",
        "assumptions": "gives all assumptions", "[1, 2]": "gives a list",
        "m.name + 1": "found the text 'gpt-oss-120b', expected a number",
        "m.name < 1": "which compare as nothing", "1 / 0": "division by 0",
        "(0 - 8) ** 0.5": "no finite number", "models[9].name": "there are 3, from 0",
        "models[0.5].name": "expected a name in quotes", "m.name | formula | si": "at the end",
        "m.name | formula": "is text and has no formula", "1 | formula": "expected `m.`",
        "m.total_params | sum": "stands behind models or a list", "models | si": "gives models",
        "m.total_params | round(99)": "round takes -15 to 15 digits",
        "m.total_params | round(1, 2)": "has 2 arguments, expected 0 or 1",
        "m.total_params | round(precision=1)": "takes no 'precision'",
        "m.name | billions": "expected a number", "1 in 2": "expected a text or list",
        "": "found nothing", "1 +": "is no expression", "a b": "is no expression",
        "m.name[0]": "in brackets", "models[1:]": "a slice",
        "report['title'].x": "in front of a dot",
    }.items():  # fmt: skip
        assert message in refused(text, context), text
    alone = parse_expression("m.name ~ number", context.known)
    with pytest.raises(TemplateValueError, match="m is known only"):
        evaluate(alone, context)
    with pytest.raises(TemplateValueError, match="number is known only"):
        evaluate(alone, context, context.models[0])


HOSTILE = [
    "m.__class__", "m['__class__']", "m.__class__.__mro__", "''.__class__.__subclasses__()",
    "m._context.report", "models._context", "report.__init__.__globals__", "m.value", "m.at",
    "'{0.__class__}'.format(m)", "'%s' % m", "'%99999999d' % 1", "'a' * 10**10", "10**10 * 'a'",
    "m.name * 10**10", "9**9**9**9**9**9", "9.9**999999", "1e308 * 1e308", "'a'|center(10**9)",
    "range(10**9)", "lipsum(10**6)", "cycler(1)", "joiner(',')", "namespace()", "dict(a=1)",
    "self", "self._TemplateReference__context", "loop.index", "config", "request.application",
    "m|attr('__class__')", "models|map('upper')|list", "models|map(attribute='__class__')|join",
    "models|map(attribute='name.__class__')|join", "models|groupby('name')", "m|pprint",
    "'a'|replace('a', 'aaaaaaaa')", "m.name|wordwrap(1)", "[1]|batch(10**9)", "1|format(1)",
    "{'a': 1}.items()", "[x for x in models]", "(lambda: 1)()", "m.name.encode()", "caller()",
    "super()", "import os", "exec('1')", "open('/etc/passwd').read()", "m.name|tojson|safe",
    "(" * 400 + "1" + ")" * 400, "-" * 990 + "1", "not " * 200 + "1", "1" + "+1" * 450,
    "1" + " if 1" * 150, "[" * 400 + "]" * 400, "1" + "**9" * 300, "m" + ".a" * 400, "a" * 5000,
    "1" * 900, "1e999", "0x" + "f" * 900, "\0", "m.\ud800", "%}", "{% raw %}", "{# a #}", "}}{{",
    "report['title']['" + "\x1b[31m" * 90 + "']", "m['" + "a" * 900 + "']", "a" * 900,
    "report['" + "title " * 150 + "']", "1|" + "f" * 900, "1 is " + "t" * 900,
    "models." + "a" * 900,
    "\\", "'", "'\\", "m.name|" + "upper|" * 130 + "upper", "m.name" + " ~ m.name" * 100,
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:30]))
def test_hostile_expressions_end_in_a_line(text: str, context: Context) -> None:
    """Quickly, and with nothing of Python reached."""
    started = time.process_time()
    result, why = outcome(text, context)
    assert why.isprintable()
    assert len(why) < 300
    if not why:  # harmless after all
        assert text == "9**9**9**9**9**9" or "m.name" in text
        assert isinstance(result, (float, str))
        assert "object" not in str(result)
    assert time.process_time() - started < 1


# What reaches for Python, by what the sandbox alone says to it.
ESCAPES = {
    "SecurityError: nothing is looked up in (NoneType|str|float|dict)": (
        "m.__class__.__mro__", "''.__class__", "(1).__class__", "report.__init__",
        "'{0.__class__}'.format(m)", "'a'.join(['a'])", "m.name.upper()", "report.items()",
        "{'a': 1}.items()", "self.__init__.__globals__", "self._TemplateReference__context",
        "m.context.report",
    ),
    "SecurityError: None is not safely callable": (
        "range(10**9)", "range(3)|sum", "cycler()", "lipsum()", "namespace()", "joiner()",
        "dict()", "m.__getitem__('name')",
    ),
    r"SecurityError: Model\(.*\) is not safely callable": ("m()",),
    "TemplateAssertionError: No filter named '(attr|list|groupby|pprint|tojson|center)'": (
        "m|attr('__class__')", "models|map('upper')|list", "models|groupby('name')", "m|pprint",
        "m|tojson", "'a'|center(10**9)",
    ),
    "TemplateAssertionError: No test named 'sameas'": ("1 is sameas(1)",),
    "TypeError: .* got an unexpected keyword argument '(attribute|a)'": (
        "models|map(attribute='__class__')|join", "1 | round(**{'a': 1})",
    ),
    "TypeError: .* takes 1 positional argument but 2 were given": ("1 is none(*[1])",),
    "TemplateValueError: there is no model": ("models.__class__", "models.by_name", "models.memo"),
    "TemplateValueError: found .*, expected a name in quotes": ("models[1:]",),
    "TemplateValueError: found (the text '.*'|\\[1.0\\]), expected a number": (
        "'%99999999999d' % 1", "'%s' % m", "'a' * 10**10", "10**10 * 'a'", "[1] * 10**10",
        "[1] + [2]", "('a' if 1) * 10**9", "-'a'", "(m.name|default('a')) * 10**9",
    ),
    "TemplateValueError: the result is too large for a number": (
        "10**(10**10)", "9.9**999999", "2**2000",
    ),
}  # fmt: skip


@pytest.mark.parametrize("text", [text for texts in ESCAPES.values() for text in texts])
def test_what_reaches_for_python_is_refused(text: str, context: Context) -> None:
    """In a sentence, by the look at the expression or at the latest when it is evaluated."""
    assert refused(text, context)


@pytest.mark.parametrize(
    ("text", "said"), [(text, said) for said, texts in ESCAPES.items() for text in texts]
)
def test_the_sandbox_alone_gives_nothing_of_python(text: str, said: str, context: Context) -> None:
    """Were such an expression not refused when it is read, evaluating it would say why not."""
    names = {**context.names, "m": context.models[0], "number": 1.0}
    with pytest.raises((TemplateValueError, TemplateError, TypeError)) as caught:
        compiled(parsed(text))(names)
    assert re.match(said, f"{caught.type.__name__}: {caught.value}")


def test_comparisons_within_comparisons_take_no_longer() -> None:
    """Each part of a chain is looked at and evaluated once, however deep they stand in another."""
    context = Context(usual_report())
    text = "1"
    for _ in range(28):
        text = f"(0 < ({text} in [1 == 1, true]) == true)"
    started = time.process_time()
    assert "compare as nothing" in refused(text, context)
    assert time.process_time() - started < 1


def test_texts_are_as_long_as_a_cell_can_be() -> None:
    """Longer ones are refused before they are put together."""
    context = Context(usual_report())
    for model in context.report.models:
        object.__setattr__(model, "texts", {"remark": "x" * 20_000})
    fresh = Context(context.report)
    m = fresh.models[0]
    assert refused("m.remark ~ m.remark", fresh, m).startswith("found a text of 40,000 characters")
    assert "expected at most 32,767" in refused("models | map('remark') | join", fresh, m)
    assert value("m.remark", fresh, m) == "x" * 20_000


def test_random_texts_never_end_in_another_error(context: Context) -> None:
    """Whatever stands between the braces is a value or a sentence."""
    chance = random.Random(11)
    words = [
        "m", ".", "name", "total_params", "models", "[", "]", "(", ")", "|", "sum", "si", "round",
        "'", '"', "a", "1", "9", "**", "*", "/", "-", "~", "if", "else", "in", "not", "is", "none",
        "and", ",", ":", "{", "}", "=", "==", "<", "attribute", "report", "title", "first", " ",
        "__class__", "formula", "%", "number", "selectattr", "map", "join", "assumptions",
    ]  # fmt: skip
    values = 0
    for _ in range(4000):
        text = " ".join(chance.choices(words, k=chance.randint(1, 9)))
        _, why = outcome(text, context)
        assert why.isprintable()
        values += not why
    assert values > 20


def test_each_row_gets_a_value_of_its_own(usual: Context) -> None:
    """Whatever the row before gave, also where that one had none and after an error."""
    twice, plain = (parse_expression(text, usual.known) for text in ("m.hidden_size * 2", "number"))
    lacking = parse_expression("m.sliding_window + number", usual.known)
    for number, model in enumerate(usual.models, start=1):
        size = model["hidden_size"]
        if isinstance(size, float):
            assert evaluate(twice, usual, model) == 2 * size
        else:
            with pytest.raises(TemplateValueError, match=re.escape(repr(model.name))):
                evaluate(twice, usual, model)
        assert evaluate(plain, usual, model, number) == number
        with pytest.raises(TemplateValueError, match="number is known only in"):
            evaluate(lacking, usual, model)
    sizes = [model["hidden_size"] for model in usual.models]
    assert len(set(map(type, sizes))) == 2  # of some models there is none


def test_total_of_all_models_is_worked_out_once() -> None:
    """A share of the total in each of many rows takes no longer than a sum and a division each."""
    context = Context(usual_report())
    text = 'm.num_experts / (models | sum(attribute="num_experts"))'
    expression = parse_expression(text, context.known)
    shares = [evaluate(expression, context, model) for model in context.models]
    assert sum(share for share in shares if isinstance(share, float)) == pytest.approx(1)
    assert list(context.models.memo.values()) == [1264.0]


def test_known_without_models_takes_any_model(registry: Registry) -> None:
    """Where the models are not known yet, neither their names nor their own columns are refused."""
    known = known_of_registry(registry)
    assert parse_expression("models['any'].total_params", known).about == "total_params"
    assert parse_expression("m['# any']", known).names == {"m"}
    with pytest.raises(TemplateValueError, match="no field or metric"):
        parse_expression("models['any'].nothing_at_all", known)


def test_models_that_lack_a_number_come_last(usual: Context) -> None:
    """Whichever way the table is sorted; `where` asks for a decision."""
    sort = read_note("sort: active_params", usual.known).sort
    assert [model.name for model in choose(usual, sort or (), None)][-1] == "A layer"
    sort = read_note("sort: -active_params", usual.known).sort
    names = [model.name for model in choose(usual, sort or (), None)]
    assert names[0] == "DeepSeek-V2 (as tabled)"
    assert names[-1] == "A layer"
    where = read_note("where: total_params > 1", usual.known).where
    with pytest.raises(TemplateValueError, match="'A layer' has no total_params"):
        choose(usual, (), where)
