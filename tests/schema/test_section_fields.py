"""Fields that sections bring: declared, recorded, recognised in headers, refused by name."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from textwrap import dedent

import pytest

from moe_report.errors import InputError
from moe_report.importers.model import Options, import_model
from moe_report.schema.fields import FIELDS
from moe_report.schema.headers.headers import Headers
from moe_report.schema.registry import Registry, installed, load
from tests.sections import ENERGY, registry_with
from tests.small_configs import small_config

OWN = ["device_power", "num_devices", "liquid_cooled", "rack_power"]


@pytest.fixture(scope="module")
def energy(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """What is installed, and a section with fields."""
    found = registry_with(tmp_path_factory.mktemp("energy"), ENERGY)
    assert not found.failures
    return found


def headers_of(registry: Registry) -> Headers:
    """What reads the headers of a registry."""
    return Headers(registry.metrics, registry.assumptions, registry.header_words, registry.fields)


def test_a_field_is_one_as_the_built_in_ones_are(energy: Registry) -> None:
    """It comes after them, under its section's title, and metrics know it."""
    assert list(energy.fields) == [*load().fields, *OWN]
    power = energy.fields["device_power"]
    assert (power.label, power.group, power.unit) == ("Device power", "Energy", "W")
    assert (power.kind, power.minimum, power.maximum) == ("decimal", 0.5, 100_000)
    assert str(energy.fields["rack_power"].default) == "mul(device_power, num_devices)"
    assert energy.fields["liquid_cooled"].default == 0
    energy_of = energy.metrics["token_energy"].of
    assert energy_of(num_devices=8, active_params=10) == 56_000
    assert energy_of(num_devices=8, device_power=500, liquid_cooled=1, active_params=10) == 36_000
    assert energy_of(rack_power=2, active_params=10) == 20
    with pytest.raises(TypeError, match="Did you mean 'num_devices'"):
        energy_of(num_device=8)


def test_registries_of_one_process_do_not_know_each_others(
    energy: Registry, tmp_path: Path
) -> None:
    """Whatever is loaded, in whatever order: another registry has the fields of its own files."""
    other = registry_with(tmp_path, ENERGY.replace("device_power", "socket_power"), "other")
    plain = load()
    assert not {*plain.fields} & {*OWN, "socket_power"}
    assert {*other.fields} ^ {*energy.fields} == {"device_power", "socket_power"}
    assert headers_of(energy).read("TDP (kW)").known[0].name == "device_power"
    assert headers_of(other).read("TDP (kW)").known[0].name == "socket_power"
    assert not headers_of(plain).read("TDP (kW)").known
    assert not headers_of(plain).read("Device powers").candidates


@pytest.mark.parametrize(
    ("header", "name", "scale"),
    [
        ("device_power", "device_power", 1),
        ("Device Power", "device_power", 1),
        ("DEVICE-POWER [W]", "device_power", 1),
        ("TDP", "device_power", 1),
        ("tdp (W)", "device_power", 1),
        ("TDP (kW)", "device_power", 1000),
        ("TDP (mW)", "device_power", Decimal("0.001")),
        ("TDP (MW)", "device_power", 10**6),
        ("Power (W)", "device_power", 1),
        ("# GPUs", "num_devices", 1),
        ("Number of GPUs", "num_devices", 1),
        ("Accelerator count", "num_devices", 1),
        ("Liquid cooled?", "liquid_cooled", 1),
        ("Rack power (kW)", "rack_power", 1000),
    ],
)
def test_headers_are_recognised(
    energy: Registry, header: str, name: str, scale: int | Decimal
) -> None:
    """By name, alias, label and phrase, in units with a prefix, too."""
    (known,) = headers_of(energy).read(header).known
    assert (known.name, known.scale) == (name, scale)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Device power draw", "device_power"),
        ("Max device power", "device_power"),
        ("liquid_coled", "liquid_cooled"),
        ("GPUs (k)", "num_devices"),
    ],
)
def test_what_is_nearly_one_is_asked_about(energy: Registry, header: str, name: str) -> None:
    """And not read, nor left aside without a word."""
    reading = headers_of(energy).read(header)
    assert not reading.known
    assert name in {known.name for known in reading.candidates}


@pytest.mark.parametrize("header", ["Power", "Power (hp)", "Power (kW)", "TDP (GB)", "Experts"])
def test_what_is_another_thing_is_none(energy: Registry, header: str) -> None:
    """Another unit, a word too few, a header of the built-in fields."""
    reading = headers_of(energy).read(header)
    assert not {known.name for known in reading.known} & {*OWN}


def module(*lines: str) -> str:
    """A section of these lines, with a metric."""
    head = """
        from moe_report import Model, field, metric
        said = {"symbol": "x", "unit": "W", "help": "A number."}
        """
    tail = '''
        @metric(symbol="y", unit="W", source="a convention")
        def watts(m: Model) -> float:
            """Something."""
            return 1 + m.num_experts
        '''
    return "\n".join([dedent(head), *lines, dedent(tail)])


WRONG = {
    'num_experts = field("num_experts", **said)': "has the name of a field; choose another",
    'report = field("report", **said)': "has a name by which a model has something else",
    'a = field("power", **said)': "the field 'power' is called a in the module; write power = ",
    'power = field("po wer", **said)': "expected a name of letters, digits and underscores",
    'power = field("power", symbol="x", help="A number.")': "has an empty unit",
    'power = field("power", **said, aliases="tdp")': "a text for aliases; write ('tdp',)",
    'power = field("power", **said, default="7")': "has the default '7', expected a number",
    'power = field("power", **said, default=7, maximum=5)':
        "is 7 by default, expected from 0 to 5",
    'power = field("power", **said, default=0.5, whole=True)':
        "is 0.5 by default, expected a whole number",
    'power = field("power", **said, maximum=1e17)': "expected bounds from a smaller to a larger",
    'power = field("power", **said, default=lambda m: m.hiden_size)':
        "Did you mean 'hidden_size'",
    'power = field("power", **said, default=lambda m: m.num_experts > 1)': "is a test",
    'a = field("a", **said)\nb = field("b", **said, default=lambda m: 2 * a)':
        "not the field a (in a formula write a(m))",
    'from moe_report_metrics.parameter_ledger import total_params\n'
    'power = field("power", **said, default=lambda m: total_params(m))':
        "calls the metric total_params; it is of fields",
}  # fmt: skip


@pytest.mark.parametrize("lines", WRONG)
def test_a_wrong_declaration_leaves_its_section_out(tmp_path: Path, lines: str) -> None:
    """It is named with what is wrong and where."""
    (failure,) = registry_with(tmp_path, module(lines)).failures
    assert WRONG[lines] in failure.cause
    assert "energy.py, line" in failure.cause or "is called a" in failure.cause


TAKEN = {
    'layers = field("layers", **said)': "has a name that is an alias of field 'num_hidden_layers'",
    'power = field("power", **said, aliases=("Top K",))':
        "has the alias 'Top K', which is that of field 'num_experts_per_tok'",
    'power = field("power", **said, aliases=("total_params",))': "which is that of metric",
    'Total_Params = field("Total_Params", **said)':
        "two metrics or fields are named 'Total_Params' and 'total_params'",
    'context_length = field("context_length", **said)':
        "has the name of a field or metric; choose another",
    'a = field("a", **said)\nA = field("A", **said)': "two fields are named 'A' and 'a'",
}  # fmt: skip


@pytest.mark.parametrize("lines", TAKEN)
def test_a_name_that_is_taken_is_refused(tmp_path: Path, lines: str) -> None:
    """A field's, a metric's, an assumption's, an alias: both are named."""
    (failure,) = registry_with(tmp_path, module(lines)).failures
    assert TAKEN[lines] in failure.cause


def test_an_attribute_of_the_model_is_a_hint(tmp_path: Path) -> None:
    """What is a field of a section is called, not looked up."""
    source = ENERGY.replace("return device_power(m) /", "return m.device_power /")
    (failure,) = registry_with(tmp_path, source).failures
    assert "'device_power' is a field of a section: call device_power(m)" in failure.cause
    source = ENERGY.replace("return device_power(m) /", "return m.device_powr /")
    (failure,) = registry_with(tmp_path, source).failures
    assert "Did you mean 'device_power'" in failure.cause


def test_a_section_that_is_left_out_takes_its_fields_along(
    energy: Registry, tmp_path: Path
) -> None:
    """Unless a metric that stays is made of them."""
    assert list(energy.choose(skip=["energy"]).fields) == list(load().fields)
    assert list(energy.choose(only=["energy"]).fields) == [*FIELDS, *OWN]
    using = tmp_path / "using.py"
    using.write_text(
        dedent('''
        """Heat."""
        from moe_report import Model, metric
        from moe_report_file_energy import rack_power
        @metric(symbol="h", unit="W", source="a convention")
        def heat(m: Model) -> float:
            """All of it."""
            return rack_power(m) / 2
        '''),
        "utf-8",
    )
    (tmp_path / "energy.py").write_text(ENERGY, "utf-8")
    both = load([tmp_path / "energy.py", using])
    chosen = both.choose(only=["using"])
    assert [name for name in chosen.fields if name not in FIELDS] == [
        "device_power",
        "num_devices",
        "rack_power",
    ]
    assert "token_energy" not in chosen.metrics
    alone = load([using])  # the module is there, but no section brings it
    assert "uses device_power of moe_report_file_energy, num_devices" in alone.failures[0].cause


CONFIGS: dict[str, tuple[dict[str, object], dict[str, float] | str]] = {
    "its name": ({"device_power": 450.5}, {"device_power": 450.5}),
    "an alias": ({"TDP": 300, "gpus": 4}, {"device_power": 300, "num_devices": 4}),
    "a truth": ({"liquid_cooled": True}, {"liquid_cooled": 1}),
    "null": ({"device_power": None}, {}),
    "what sounds like experts": ({"moe_rack": 5}, {"rack_power": 5}),
    "a text": ({"tdp": "high"}, "key 'tdp' is 'high', expected a number for device_power"),
    "a truth for a number": ({"gpus": True}, "key 'gpus' is True, expected a number"),
    "out of bounds": ({"gpus": 0}, "key 'gpus' is 0, expected from 1 to 10,000 for num_devices"),
    "no whole number": ({"gpus": 1.5}, "key 'gpus' is 1.5, expected a whole number"),
    "two that differ": ({"tdp": 1, "device_power": 2}, "key 'device_power' is 2, but tdp says"),
}


@pytest.mark.parametrize("kind", CONFIGS)
def test_keys_of_a_config_give_fields(tmp_path: Path, kind: str) -> None:
    """By name or alias; a wrong value is refused with its key, and nothing is left unread."""
    said = 'help="Power of all devices."'
    source = ENERGY.replace(said, f'{said}, aliases=("moe_rack",)')
    fields = tuple(registry_with(tmp_path, source).own_fields.values())
    keys, expected = CONFIGS[kind]
    path = tmp_path / "config.json"
    path.write_text(json.dumps(small_config("mixtral") | keys), "utf-8")
    if isinstance(expected, str):
        with pytest.raises(InputError) as caught:
            import_model(str(path), Options(fields=fields), installed())
        assert expected in str(caught.value)
        return
    row = import_model(str(path), Options(fields=fields), installed())
    assert {name: row.numbers[name].value for name in OWN if name in row.numbers} == expected
    assert "moe_rack" not in row.texts.get("remark", "")
