"""The JSON Schema of the menus: what is shipped is valid under it, and what `load` tells of a field is not."""

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from inspect import getdoc, getmodule
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from ivr import folders
from ivr.editor.schema import between, printing, schema
from ivr.flow.load import load
from ivr.flow.nodes import kinds
from ivr.flow.text import parse
from tests.small import HOTLINE, HOURS, MAIN, PERSON, QUEUES, small
from tests.world import ROOT

MADE = schema()
VALID = Draft202012Validator(MADE)
SHIPPED = folders.menus(ROOT / "menus")
EXAMPLE = re.compile(r"```yaml\n(.*?)```", re.DOTALL)
FROZEN = small()["frozen.yaml"]
WRONG = {
    "a key that is none": ("main", MAIN, "1: {for", "12: {for"),
    "a place in capitals": ("main", MAIN, "go: frozen", "go: Frozen"),
    "words that are empty": ("main", MAIN, "say: 您好。", 'say: ""'),
    "words that are missing": ("main", MAIN, "  say: 您好。\n", ""),
    "a field that there is not": ("main", MAIN, "help: 请", "helps: 请"),
    "a kind that there is not": ("main", MAIN, "kind: menu", "kind: menus"),
    "a kind that is missing": ("main", MAIN, "  kind: menu\n", ""),
    "a choice that leads nowhere": ("main", MAIN, ", go: frozen}", "}"),
    "a choice that is no pair": ("main", MAIN, "{for: 账户冻结, go: frozen}", "frozen"),
    "no choices": (
        "main",
        MAIN.replace("    8: {for: 英语服务, go: english}\n", ""),
        "    1: {for: 账户冻结, go: frozen}\n",
        "",
    ),
    "a node that is none": ("main", MAIN, "english: {kind: language, to: en-US, then: start}", "english: start"),
    "a length that is none": ("frozen", FROZEN, 'digits: "10"', "digits: ten"),
    "a form that there is not": ("frozen", FROZEN, "form: date", "form: day"),
    "a name in capitals": ("frozen", FROZEN, "name: account", "name: Account"),
    "neither true nor false": ("frozen", FROZEN, "must: true", "must: maybe"),
    "a matter without a queue": ("frozen", FROZEN, "queue: accounts\n", ""),
    "too many seconds": ("person", PERSON, "remark: 请", "seconds: 301, remark: 请"),
    "seconds that are no number": ("person", PERSON, "remark: 请", "seconds: long, remark: 请"),
    "a number without its country": ("hotline", HOTLINE, "+864001234567", "4001234567"),
    "too many misses": ("hotline", HOTLINE, "misses: 3", "misses: 6"),
    "a phrase that is missing": ("hotline", HOTLINE, '  silence: "没有听到您的按键。"\n', ""),
    "a language that cannot be spoken": ("hotline", HOTLINE, "en-US: Polly", "xx-XX: Polly"),
    "a global key that is none": ("hotline", HOTLINE, 'person: "0"', 'person: "00"'),
    "a prefix that is none": (
        "hotline",
        HOTLINE,
        "person: person\n",
        'person: person\ncallbacks: {prefixes: ["86"]}\n',
    ),
    "a queue that holds nobody": ("queues", QUEUES, "limit: 2", "limit: 0"),
    "a target that is not counted": ("queues", QUEUES, "limit: 2", "service_seconds: 25"),
    "a queue without a name": ("queues", QUEUES, "{name: 综合}", "{limit: 2}"),
    "a workflow that is none": ("queues", QUEUES, "limit: 2", "workflow: WF1"),
    "hours that are none": ("hours", HOURS, '"09:00-18:00"', '"9 to 6"'),
    "an hour that there is not": ("hours", HOURS, '"09:00-18:00"', '"09:00-25:00"'),
    "a day that is none": ("hours", HOURS, "monday-friday", "monday-firday"),
    "a workday that is none": ("hours", HOURS, "workday: monday", "workday: holiday"),
    "a field of hours that there is not": ("hours", HOURS, "workday:", "workdays:"),
    "an exception without hours": ("hours", HOURS, "holidays: CN", "holidays: CN\nexceptions: [{date: 2027-02-05}]"),
}


def faults(name: str, text: str) -> list[str]:
    """Return what is wrong with a file by the schema."""
    data, problems = parse(name, text)
    assert not problems, problems
    return [error.message for error in VALID.iter_errors(data.data)]


def test_the_schema_is_one_of_2020_12() -> None:
    Draft202012Validator.check_schema(MADE)
    assert MADE["$schema"].endswith("2020-12/schema")


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_menus_are_valid(name: str) -> None:
    assert faults(name, SHIPPED[name]) == []


@pytest.mark.parametrize("name", SHIPPED)
def test_each_file_is_valid_under_its_own_part_alone(name: str) -> None:
    part = {"hotline.yaml": "hotline", "hours.yaml": "hours", "queues.yaml": "queues"}.get(name, "menu")
    own = MADE | {"$ref": f"#/$defs/{'language' if '/' in name else part}"}
    for word in ("if", "then", "else"):
        own.pop(word)
    assert list(Draft202012Validator(own).iter_errors(parse(name, SHIPPED[name])[0].data)) == []


def test_numbers_may_be_written_as_numbers() -> None:
    queues = {"general": {"name": "综合", "limit": 100, "service_seconds": 20, "record": True}}
    assert list(VALID.iter_errors(queues)) == []
    queues["general"]["limit"] = 0
    assert list(VALID.iter_errors(queues)) != []


@pytest.mark.parametrize("wrong", WRONG)
def test_what_load_tells_of_a_field_is_not_valid(wrong: str) -> None:
    name, text, good, bad = WRONG[wrong]
    changed = text.replace(good, bad, 1)
    assert changed != text
    assert faults(f"{name}.yaml", text) == []
    assert faults(f"{name}.yaml", changed) != []
    _, problems = load(small(**{name: changed}))
    assert any(problem.file == f"{name}.yaml" for problem in problems)


def variants() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield (kind, what was done, node) for each kind's example with one field less, or one more."""
    for name, kind in kinds().items():
        example = EXAMPLE.search(getdoc(getmodule(kind)) or "")
        assert example
        (node,) = parse(name, example[1])[0].data.values()
        for field in node:
            yield name, f"without {field}", {key: value for key, value in node.items() if key != field}
        yield name, "with more", node | {"more": "words"}
        yield name, "as it is", node


@pytest.mark.parametrize(("name", "done", "node"), [pytest.param(*one, id=f"{one[0]} {one[1]}") for one in variants()])
def test_each_kind_is_valid_as_far_as_the_kind_itself_says(name: str, done: str, node: dict[str, Any]) -> None:
    fields = {key: value for key, value in deepcopy(node).items() if key != "kind"}
    good = done != "without kind" and fields.keys() <= {*_aliases(name)}
    try:
        kinds()[name].model_validate(fields)
    except ValueError:
        good = False
    assert (list(VALID.iter_errors({"start": node})) == []) == good


def _aliases(name: str) -> set[str]:
    return {info.alias or field for field, info in kinds()[name].model_fields.items()}


def test_editors_are_told_what_texts_are_for_and_what_kinds_do() -> None:
    menu = MADE["$defs"]["kind_menu"]
    assert menu["description"].startswith("Offer choices by key. At most six choices")
    assert menu["examples"][0]["choices"]["1"] == {"for": "钱包被盗", "go": "stolen"}
    assert menu["properties"]["say"]["x-use"] == "words"
    assert MADE["$defs"]["Choice"]["properties"]["go"]["x-use"] == "place"
    assert MADE["$defs"]["queue"]["properties"]["limit"]["maximum"] == 1000


def test_the_command_prints_it() -> None:
    assert json.loads(CliRunner().invoke(printing).output) == MADE


@given(st.integers(0, 5000), st.integers(0, 5000), st.integers(0, 6000))
def test_the_pattern_of_a_range_is_that_range(one: int, other: int, number: int) -> None:
    least, most = sorted((one, other))
    assert bool(re.search(between(least, most), str(number))) == (least <= number <= most)
