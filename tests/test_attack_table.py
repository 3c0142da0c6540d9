"""The table of attacks is whole: each threat has tests, and each of the tests is there."""

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.attacks import ROWS, Row, lines, threats
from tests.contract import shared

ROOT = Path(__file__).resolve().parents[1]


@cache
def there_in(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.threat)
def test_each_threat_has_tests_that_are_there(row: Row) -> None:
    assert len(set(row.tests)) == len(row.tests) >= 2
    missing = [node for node in row.nodes if node.split("::")[1] not in there_in(node.split("::")[0])]
    assert missing == []


def test_every_threat_that_is_known_is_in_the_table() -> None:
    assert threats(shared("faults.md").read_text("utf-8")) == [row.threat for row in ROWS]


def test_the_table_tells_what_did_not_hold_and_what_was_not_run() -> None:
    first, second, *_ = ROWS[0].nodes
    told = list(lines({first: "holds", second: "FAILED"}))
    assert [line.split("|")[-2].strip() for line in told[2:5]] == ["holds", "FAILED", "NOT RUN"]
