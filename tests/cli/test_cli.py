"""The command line: exit codes, what is printed where, and what is written."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner, Result

import moe_report
from moe_report.cli.main import main
from moe_report.cli.terminal import headline_table
from tests.reports import usual_report

COMMANDS = sorted(main.commands)
EXAMPLE = """
\"\"\"Bits.\"\"\"
from moe_report import Model, log2, metric

@metric(symbol="b", unit="bits", source="Shannon 1948, A Mathematical Theory of Communication")
def {name}(m: Model) -> float:
    \"\"\"Bits that choosing one expert takes.\"\"\"
    return log2(m.num_experts)
"""


def run(*arguments: object) -> Result:
    """Run moe-report; nothing but a clean exit will do."""
    result = CliRunner().invoke(main, [str(item) for item in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def process(*arguments: object, **surroundings: str) -> subprocess.CompletedProcess[str]:
    """Run moe-report as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "moe_report", *map(str, arguments)],
        capture_output=True, text=True, encoding="utf-8", errors="replace", check=False,
        env=os.environ | surroundings,
    )  # fmt: skip


def workbook_of(path: Path, *rows: tuple[object, ...]) -> Path:
    """Write a workbook; the first row is the header."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Models"
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """A workbook without problems or findings."""
    header = ("name", "num_experts", "num_experts_per_tok")
    return workbook_of(tmp_path / "models.xlsx", header, ("a", 8, 2))


@pytest.fixture
def doubtful(tmp_path: Path) -> Path:
    """A workbook with a finding: less active than top-k of the experts allow."""
    header = ("name", "num_experts", "num_experts_per_tok", "Total (B)", "Active (B)")
    return workbook_of(tmp_path / "models.xlsx", header, ("a", 8, 2, 100, 1))


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    """A workbook that is refused, for two reasons."""
    header = ("name", "num_experts", "num_experts_per_tok")
    return workbook_of(tmp_path / "models.xlsx", header, ("a", -8, 2), ("b", 8, 9))


def plugin(folder: Path, name: str, code: str) -> Path:
    """Write a file of metrics."""
    path = folder / f"{name}.py"
    path.write_text(textwrap.dedent(code).lstrip(), encoding="utf-8")
    return path


# -- exit codes


def test_a_good_run_exits_with_0(good: Path, tmp_path: Path) -> None:
    """The three usual reports are written, into a folder that is made."""
    output = tmp_path / "out" / "deep"
    result = run("run", good, "-o", output)
    assert result.exit_code == 0, result.output
    assert sorted(item.name for item in output.iterdir()) == [
        "models.report.html", "models.report.json", "models.report.xlsx",
    ]  # fmt: skip
    for item in output.iterdir():
        assert f"wrote {item}" in result.output


def test_a_refused_input_exits_with_1(bad: Path, tmp_path: Path) -> None:
    """Every problem is on stderr, nothing on stdout, and nothing is written."""
    for command in (["run", bad, "-o", tmp_path / "out"], ["check", bad]):
        result = run(*command)
        assert result.exit_code == 1
        assert result.stdout == ""
        assert result.stderr.startswith("Error: models.xlsx, sheet Models, cell B2: found -8")
        assert "models.xlsx, sheet Models, cell C3: found 9" in result.stderr
        assert result.stderr.count("\n") == 2
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["run"], ["nonsense"], ["run", "a.xlsx", "--nonsense"], ["run", "a.xlsx", "--set", "x"],
        ["run", "a.xlsx", "--set", "x=y"], ["init", "models.csv"], ["page", "-o", "page.pdf"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_wrong_usage_exits_with_2(arguments: list[str]) -> None:
    """What Click refuses, and what only looks like it."""
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Usage: " in result.stderr


def test_findings_exit_with_3_under_strict_only(doubtful: Path, tmp_path: Path) -> None:
    """A finding is told in any case; whether it is a failure is for the caller to say."""
    for command in (["run", doubtful, "-o", tmp_path / "out"], ["check", doubtful]):
        lax = run(*command)
        assert lax.exit_code == 0
        assert "1 finding:" in lax.output
        assert "impossible a, active_params (Models!E2)" in lax.output
        assert run(*command, "--strict").exit_code == 3
    assert (tmp_path / "out" / "models.report.xlsx").exists()


def test_no_finding_is_no_failure_under_strict(good: Path) -> None:
    """A clean workbook passes --strict."""
    result = run("check", good, "--strict")
    assert result.exit_code == 0
    assert "no findings" in result.output


BROKEN = {
    "import": ("raise RuntimeError('not today')", "RuntimeError: not today"),
    "syntax": ("def (", "SyntaxError"),
    "exit": ("raise SystemExit(9)", "SystemExit: 9"),
    "empty": ("x = 1", "defines no @metric"),
    "metric": (
        """
        from moe_report import Model, metric

        @metric(symbol="z", unit="ratio", source="nowhere")
        def broken_ratio(m: Model) -> float:
            '''Raises.'''
            return m.num_experts / m.nonsense
        """,
        "broken_ratio",
    ),
    "branch": (
        """
        from moe_report import Model, metric

        @metric(symbol="z", unit="ratio", source="nowhere")
        def branching_ratio(m: Model) -> float:
            '''Branches on a symbol.'''
            return 1 if m.num_experts > 1 else 0
        """,
        "branching_ratio",
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_section_that_fails_is_left_out(good: Path, tmp_path: Path, kind: str) -> None:
    """The others are computed and written; the failure is named, and exits with 3."""
    code, cause = BROKEN[kind]
    file = plugin(tmp_path, "broken", code)
    result = run("run", good, "-o", tmp_path / "out", "--metrics", file)
    assert result.exit_code == 3, result.output
    assert f"section 'broken' of {file} (broken) failed: " in result.stderr
    assert cause in result.stderr
    report = json.loads((tmp_path / "out" / "models.report.json").read_bytes())
    assert "expert_flops_savings" in json.dumps(report)
    quiet = run("run", good, "-o", tmp_path / "out", "--metrics", file, "--quiet")
    assert quiet.exit_code == 3
    assert quiet.stdout == ""
    assert cause in quiet.stderr
    assert run("metrics", "--metrics", file).exit_code == 3


# -- how it is started


def test_it_runs_as_a_module() -> None:
    """``python -m moe_report`` is the same program."""
    done = process("--version")
    assert done.returncode == 0
    assert done.stdout == f"moe-report, version {moe_report.__version__}\n"


def test_every_command_has_an_example() -> None:
    """The help of each command ends with a line to copy."""
    assert COMMANDS == [
        "balance", "check", "columns", "demo", "fill", "fit", "import", "init", "metrics", "page",
        "plugin", "run", "sweep", "template",
    ]  # fmt: skip
    for command in COMMANDS:
        for flag in ("--help", "-h"):
            result = run(command, flag)
            assert result.exit_code == 0
            assert re.search(rf"Example:\n +moe-report {command}\b", result.output), command


def test_the_help_lists_the_exit_codes() -> None:
    """A script must know what to expect."""
    codes = re.findall(r"^ +(\d+)  \w+", run("--help").output, re.MULTILINE)
    assert codes == ["0", "1", "2", "3", "4", "70", "130"]


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], *([command, "--help"] for command in COMMANDS)]
)
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    """Help answers at once: nothing that computes, reads or renders is loaded, and no plugin."""
    code = (
        "import sys\nfrom moe_report.cli.main import main\n"
        f"try: main({arguments!r})\nexcept SystemExit: pass\n"
        "print('MODULES', *sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.partition("MODULES")[2].split())
    assert "moe_report.cli.main" in loaded
    heavy = {"openpyxl", "numpy", "jinja2", "lxml", "moe_report_metrics", "importlib.metadata"}
    assert not loaded & heavy


# -- what is printed


def test_no_colour_where_nobody_sees_it(doubtful: Path) -> None:
    """Into a pipe or file goes plain text, and no progress."""
    done = process("check", doubtful)
    assert done.returncode == 0
    assert "impossible" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr


def _on_a_terminal(*arguments: object, **surroundings: str) -> str:
    """What moe-report prints on a terminal."""
    master, slave = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "moe_report", *map(str, arguments)],
        stdin=slave, stdout=slave, stderr=slave, env=os.environ | surroundings,
    )  # fmt: skip
    os.close(slave)
    shown = b""
    try:
        while chunk := os.read(master, 65536):
            shown += chunk
    except OSError:  # the end, on Linux
        pass
    os.close(master)
    assert child.wait() == 0
    return shown.decode()


def test_colour_on_a_terminal_unless_it_is_unwanted(doubtful: Path) -> None:
    """NO_COLOR turns off what a terminal gets else."""
    assert "\x1b[31mimpossible" in _on_a_terminal("check", doubtful)
    assert "\x1b" not in _on_a_terminal("check", doubtful, NO_COLOR="1")


def test_progress_is_told_on_a_terminal_for_long_work_only(tmp_path: Path, good: Path) -> None:
    """Three hundred models take a moment; one does not, and a log file wants no progress."""
    header = ("name", "num_experts", "num_experts_per_tok")
    rows = [(f"m{n}", 8, 2) for n in range(300)]
    long = workbook_of(tmp_path / "long.xlsx", header, *rows)
    arguments = ("--format", "json", "-o", tmp_path / "out")
    assert "rendering json ..." in _on_a_terminal("run", long, *arguments)
    assert "rendering" not in _on_a_terminal("run", long, *arguments, "--quiet")
    assert "rendering" not in _on_a_terminal("run", good, *arguments)
    piped = process("run", long, *arguments)
    assert "rendering" not in piped.stdout + piped.stderr


def test_quiet_prints_nothing(doubtful: Path, tmp_path: Path) -> None:
    """With --quiet only errors are printed, and the exit code still tells."""
    result = run("run", doubtful, "-o", tmp_path / "out", "--quiet", "--strict")
    assert result.exit_code == 3
    assert result.output == ""
    assert (tmp_path / "out" / "models.report.xlsx").exists()
    assert run("demo", "-o", tmp_path / "demo", "-q").output == ""


def test_a_poor_console_prints_what_it_can(tmp_path: Path) -> None:
    """A console of Western letters shows ? for others, and no traceback."""
    header = ("name", "num_experts", "num_experts_per_tok")
    path = workbook_of(tmp_path / "models.xlsx", header, ("模型 η x", 8, 2))
    done = process("run", path, "-o", tmp_path / "out", PYTHONIOENCODING="latin-1")
    assert done.returncode == 0, done.stderr
    assert "?? ?" in done.stdout
    assert process("metrics", PYTHONIOENCODING="cp1252").returncode == 0


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere file names are Unicode")
def test_a_file_name_that_is_no_text_is_no_obstacle(good: Path, tmp_path: Path) -> None:
    """On Linux a file name is bytes, whatever they are."""
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/m\xff.xlsx"))
    good.rename(path)
    done = process("run", path, "-o", tmp_path / "out", "--format", "json", "--format", "html")
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "out").iterdir())) == 2


def test_long_names_do_not_break_the_table(tmp_path: Path) -> None:
    """The table on the terminal stays aligned and narrow; the report has the whole name."""
    header = ("name", "num_experts", "num_experts_per_tok")
    rows = (("word " * 60 + "end", 8, 2), ("x" * 200, 8, 2), ("two\nlines", 64, 6))
    path = workbook_of(tmp_path / "models.xlsx", header, *rows)
    result = run("run", path, "-o", tmp_path / "out", "--format", "json")
    assert result.exit_code == 0, result.output
    table = result.output.split("\n\n")[1].splitlines()
    assert len(table) == 4
    assert {len(line) for line in table} == {len(table[0])}
    assert len(table[0]) < 110
    assert "word word word end" in (tmp_path / "out" / "models.report.json").read_text("utf-8")


# -- init, demo, check


def test_init_then_run_gives_reports(tmp_path: Path) -> None:
    """The workbook that init writes is one that run reads, in a folder with spaces."""
    path = tmp_path / "my models" / "mine and yours.xlsx"
    result = run("init", path)
    assert result.exit_code == 0, result.output
    assert f'next: moe-report run "{path}" -o report/' in result.output
    output = tmp_path / "my reports"
    done = run("run", path, "-o", output)
    assert done.exit_code == 0, done.output
    assert "Mixtral-8x7B" in done.output
    assert (output / "mine and yours.report.xlsx").exists()


def test_init_overwrites_on_request_only(tmp_path: Path) -> None:
    """A workbook that somebody has filled in is not lost."""
    path = tmp_path / "models.xlsx"
    path.write_bytes(b"mine")
    refused = run("init", path)
    assert refused.exit_code == 1
    assert "is there already; --force overwrites it" in refused.output
    assert path.read_bytes() == b"mine"
    assert run("init", path, "--force").exit_code == 0
    assert path.read_bytes() != b"mine"


def test_an_empty_workbook_to_fill_in(tmp_path: Path) -> None:
    """Without examples the sheet has a header and no model, which run says."""
    path = tmp_path / "models.xlsx"
    assert run("init", path, "--empty").exit_code == 0
    result = run("check", path)
    assert result.exit_code == 1
    assert "but no model below it" in result.output
    book = openpyxl.load_workbook(path)
    sheet = book["Models"]
    header = next(row for row in sheet.iter_rows() if row[0].value == "name")
    at = {cell.value: cell.column for cell in header}
    for name, value in (("name", "mine"), ("num_experts", 8), ("num_experts_per_tok", 2)):
        sheet.cell(header[0].row + 1, at[name]).value = value
    book.save(path)
    assert "1 model" in run("check", path).output


def test_check_writes_nothing(good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It validates and audits, and leaves no file."""
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    result = run("check", good)
    assert result.exit_code == 0
    assert result.output == "models.xlsx, sheet Models: 1 model\nno findings\n"
    assert sorted(tmp_path.rglob("*")) == before


# -- the page of the calculator, words and templates


def test_page_writes_a_calculator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the published models in it, under a name and title that can be chosen."""
    monkeypatch.chdir(tmp_path)
    result = run("page")
    assert result.exit_code == 0, result.output
    assert result.output == "wrote calculator.html\n"
    text = (tmp_path / "calculator.html").read_text("utf-8")
    assert "<title>Mixture-of-Experts calculator</title>" in text
    assert text.index('id="calculator"') < text.index('id="models"') < text.index('id="charts"')
    assert "Mixtral-8x7B" in text
    assert "(as tabulated)" not in text
    file = plugin(tmp_path, "bits", EXAMPLE.format(name="choice_bits"))
    chosen = run(
        "page", "-o", "deep/mine.html", "--metrics", file, "--only", "bits", "--title", "Bits",
        "-q", "--intro", "Mine.",
    )  # fmt: skip
    assert (chosen.exit_code, chosen.output) == (0, "")
    text = (tmp_path / "deep" / "mine.html").read_text("utf-8")
    assert "<h1>Bits</h1>" in text
    assert "<p>Mine.</p>" in text
    assert "id=metric-choice_bits>" in text
    assert "id=metric-forward_flops>" not in text


def test_page_takes_assumptions_and_tells_failures(tmp_path: Path) -> None:
    """As run does."""
    output = tmp_path / "page.html"
    assert run("page", "-o", output, "--set", "context_length=1234").exit_code == 0
    assert "set (default 4,096)" in output.read_text("utf-8")
    refused = run("page", "-o", output, "--set", "contextlength=1234")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "Did you mean 'context_length'?" in refused.stderr
    failed = run("page", "-o", output, "--metrics", plugin(tmp_path, "broken", "x = 1"))
    assert failed.exit_code == 3
    assert "defines no @metric" in failed.stderr


@pytest.mark.parametrize("name", ["rep.xlsx", "rep.HTML"])
def test_a_file_is_refused_where_a_folder_is_asked_for(tmp_path: Path, name: str) -> None:
    """No folder is called like a workbook; the line says what works, by the command's options."""
    models = workbook_of(
        tmp_path / "models.xlsx", ("name", "num_experts", "num_experts_per_tok"), ("a", 8, 2)
    )
    for command, instead in (
        (("run", models), f"-o {tmp_path} --format {name[4:].lower()}"),
        (("demo",), f"; give a folder, as in -o {tmp_path / 'rep'}\n"),
    ):
        result = run(*command, "-o", tmp_path / name)
        assert result.exit_code == 1
        assert f"{name}: -o is the folder that reports are written into" in result.stderr
        assert instead in result.stderr
        assert not (tmp_path / name).exists()
    (tmp_path / name).mkdir()
    done = run("run", models, "-o", tmp_path / name, "--format", "csv", "-q")
    assert done.exit_code == 0


def test_page_refuses_a_folder(tmp_path: Path) -> None:
    """Unlike run it writes one file."""
    result = run("page", "-o", tmp_path)
    assert result.exit_code == 1
    assert result.stderr == (
        f"Error: {tmp_path}: this is a folder; expected a file, such as "
        f"{tmp_path / 'calculator.html'}\n"
    )


@pytest.mark.parametrize("command", ["run", "demo", "page"])
def test_words_and_templates_reach_the_page(tmp_path: Path, command: str) -> None:
    """Title, introduction, footer, logo and templates of one's own, with each command."""
    templates = tmp_path / "mine"
    templates.mkdir()
    (templates / "theme.css").write_text(":root { --link: #6a1b9a }", encoding="utf-8")
    logo = tmp_path / "logo.svg"
    logo.write_text('<svg xmlns="http://www.w3.org/2000/svg"/>', encoding="utf-8")
    models = workbook_of(
        tmp_path / "models.xlsx", ("name", "num_experts", "num_experts_per_tok"), ("a", 8, 2)
    )
    page = tmp_path / ("page.html" if command == "page" else "out/models.report.html")
    target = page if command == "page" else page.parent
    result = run(
        command, *([models] if command == "run" else []), "-o", target, "--logo", logo,
        "--template-dir", templates, "--title", "A <b>", "--intro", "B <b>", "--footer", "C <b>",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    text = page.read_text("utf-8")
    for part in ("<h1>A &lt;b&gt;</h1>", "<p>B &lt;b&gt;</p>", "<p>C &lt;b&gt;</p>"):
        assert part in text
    assert 'src="data:image/svg+xml;base64,' in text
    assert "--link: #6a1b9a" in text


def test_a_template_that_is_wrong_leaves_no_file(good: Path, tmp_path: Path) -> None:
    """One line with file and line, exit code 1, and none of the formats is written."""
    (tmp_path / "report.html.j2").write_text("\n{{ page.titel }}", encoding="utf-8")
    for command in (["run", good], ["demo"]):
        result = run(*command, "-o", tmp_path / "out", "--template-dir", tmp_path)
        assert result.exit_code == 1
        assert result.stdout == ""
        assert result.stderr == (
            f"Error: {tmp_path / 'report.html.j2'}:2: Page has no 'titel'. Did you mean 'title'?\n"
        )
    assert not (tmp_path / "out" / "models.report.html").exists()
    assert not (tmp_path / "out" / "models.report.xlsx").exists()
    missing = run("page", "-o", tmp_path / "page.html", "--template-dir", tmp_path / "none")
    assert missing.stderr == f"Error: {tmp_path / 'none'}: there is no such folder\n"
    assert missing.exit_code == 1
    assert not (tmp_path / "page.html").exists()


def test_templates_that_nothing_uses_are_told(good: Path, tmp_path: Path) -> None:
    """Only the page works with templates."""
    (tmp_path / "theme.css").touch()
    result = run(
        "run", good, "-o", tmp_path / "out", "--format", "json", "--template-dir", tmp_path
    )
    assert result.exit_code == 0
    assert "note: none of the formats works with --template-dir" in result.stderr


# -- sections and metrics


def test_metrics_are_listed_and_explained() -> None:
    """The list names every section and metric; a name shows formula, unit and source."""
    listed = run("metrics").output
    assert "flops_savings" in listed
    assert "expert_flops_savings" in listed
    one = run("metrics", "expert_flops_savings")
    assert one.exit_code == 0
    for fact in ("1 - num_experts_per_tok / num_experts", "ratio", "Shazeer"):
        assert fact in one.output
    section = run("metrics", "flops_savings").output
    assert "expert_flops_savings" in section
    assert "total_params " not in section


def test_an_unknown_metric_comes_with_the_nearest(good: Path) -> None:
    """Names are suggested for metrics, sections and formats."""
    result = run("metrics", "expert_flop_savings")
    assert result.exit_code == 1
    assert "Did you mean 'expert_flops_savings'?" in result.output
    for option in ("--only", "--skip"):
        refused = run("run", good, option, "flop_savings")
        assert refused.exit_code == 1
        assert "no section 'flop_savings'" in refused.output
        assert "Did you mean 'flops_savings'?" in refused.output
    result = run("run", good, "--format", "htm")
    assert result.exit_code == 1
    assert "Did you mean 'html'?" in result.output


def _json_of(*arguments: object) -> dict[str, object]:
    output = Path(str(arguments[1])).parent / "json"
    result = run(*arguments, "--format", "json", "-o", output)
    assert result.exit_code == 0, result.output
    found: dict[str, object] = json.loads(next(output.iterdir()).read_bytes())
    return found


def test_only_a_section_still_computes_what_it_needs(tmp_path: Path) -> None:
    """Metrics of other sections that a chosen one refers to come with it, and no more."""
    path = tmp_path / "models.xlsx"
    assert run("init", path).exit_code == 0
    names = set(
        re.findall(r'"(\w+)"', json.dumps(_json_of("run", path, "--only", "flops_savings")))
    )
    assert "forward_flops" in names
    assert "attention_projection_params" in names  # what attention_projection_flops needs
    assert not names & {"dispatch_bytes_per_token", "parameter_efficiency"}
    names = set(
        re.findall(r'"(\w+)"', json.dumps(_json_of("run", path, "--skip", "flops_savings")))
    )
    assert "dispatch_bytes_per_token" in names
    assert "router_flops" in names  # of flops_savings: router_flop_share needs it
    assert "model_flops_savings" not in names


def test_a_workbook_may_type_what_is_not_chosen(tmp_path: Path) -> None:
    """With --only the columns and assumptions of other sections are still known."""
    header = ("name", "num_experts", "num_experts_per_tok", "total_params", "router_flops")
    path = workbook_of(tmp_path / "models.xlsx", header, ("a", 8, 2, 1e9, 1e6))
    book = openpyxl.load_workbook(path)
    sheet = book.create_sheet("Assumptions")
    for row in (("name", "value"), ("capacity_factor", 1.5)):
        sheet.append(row)
    book.save(path)
    result = run("check", path, "--only", "flops_savings", "--set", "dispatch_bytes=1")
    assert result.exit_code == 0, result.output
    assert "note: no chosen section takes the assumption dispatch_bytes" in result.stderr


def test_assumptions_are_set(good: Path) -> None:
    """--set reaches the numbers and wins over the workbook."""
    book = openpyxl.load_workbook(good)
    sheet = book.create_sheet("Assumptions")
    for row in (("name", "value"), ("context_length", 1024)):
        sheet.append(row)
    book.save(good)
    assert '"value": 1024' in json.dumps(_json_of("run", good)["assumptions"])
    found = json.dumps(_json_of("run", good, "--set", "context_length=2048")["assumptions"])
    assert '"value": 2048' in found
    assert '"value": 1024' not in found


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("contextlength=5", 1, "no such assumption. Did you mean 'context_length'?"),
        ("context_length=-5", 1, "found -5, expected"),
        ("context_length=nan", 2, "found 'context_length=nan', expected NAME=NUMBER"),
        ("context_length=inf", 2, "found 'context_length=inf', expected NAME=NUMBER"),
        ("context_length=32q", 2, "found 'context_length=32q', expected NAME=NUMBER"),
        ("context_length", 2, "found 'context_length', expected NAME=NUMBER"),
    ],
)
def test_a_wrong_assumption_is_refused(good: Path, text: str, code: int, message: str) -> None:
    """Unknown, out of bounds, or no number."""
    result = run("check", good, "--set", text)
    assert result.exit_code == code
    assert message in result.stderr


def test_an_assumption_is_set_once(good: Path) -> None:
    """Of two values it is not said which holds."""
    twice = run("check", good, "--set", "context_length=1k", "--set", "context_length=2k")
    assert (twice.exit_code, "context_length is set twice, to 1k and 2k" in twice.stderr) == (2, 1)
    assert run("check", good, *["--set", "context_length=1k"] * 2).exit_code == 0
    assert run("check", good, "--set", "context_length=32,768").exit_code == 0


@pytest.mark.parametrize(("columns", "shown"), [(80, 4), (120, 5), (400, 9)])
def test_a_wide_terminal_shows_more_of_the_headline(
    columns: int, shown: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first four always, the others as they fit."""
    report = usual_report()
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    head = headline_table(report, 5).splitlines()[0]
    labels = [column.label.lower() for column in report.headline]
    assert [label for label in labels if f"  {label}" in head] == labels[:shown]


def test_a_file_of_metrics_is_a_section(good: Path, tmp_path: Path) -> None:
    """--metrics FILE.py needs no packaging."""
    file = plugin(tmp_path, "bits", EXAMPLE.format(name="choice_bits"))
    assert "choice_bits" in run("metrics", "--metrics", file).output
    assert '"choice_bits": 3' in json.dumps(_json_of("run", good, "--metrics", file))
    assert run("run", good, "--metrics", tmp_path / "none.py").exit_code == 1


def test_two_metrics_of_one_name_are_refused(good: Path, tmp_path: Path) -> None:
    """The second section is left out, and the note names both files."""
    files = [plugin(tmp_path, name, EXAMPLE.format(name="choice_bits")) for name in ("one", "two")]
    result = run("check", good, *(item for file in files for item in ("--metrics", file)))
    assert result.exit_code == 3
    assert "two metrics are named 'choice_bits'" in result.stderr
    for file in files:
        assert str(file) in result.stderr
