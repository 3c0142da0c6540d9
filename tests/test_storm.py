"""Calls under all that can go wrong at once, in small: promises are kept, and every row of faults.md is shown.

The full form is `python -m tests.faults all 10000`.
"""

import ast
import re
from pathlib import Path

import pytest

from tests.apart import finished
from tests.faults import deploy
from tests.faults.rows import OUTSIDE, ROWS, STORM
from tests.faults.storm import Storm, run
from tests.world import ROOT

TABLE = ROOT.parent / "shared" / "faults.md"
ROW = re.compile(r"\| (\d+) \| ([^|]+?) \|")


def named_in(file: Path) -> set[str]:
    """Return the names of a file's tests."""
    return {node.name for node in ast.parse(file.read_text("utf-8")).body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_calls_under_a_storm_of_faults_keep_every_promise(kind: str) -> None:
    outcome = finished(run(Storm(calls=10, at_once=10, kind=kind, seed=3, apart=(3.0, 5.0), servers=2)))
    print(*outcome.report(), sep="\n")
    assert outcome.violations == []
    assert len({one.row for one in outcome.history.injected}) >= 6


@pytest.mark.parametrize("number", range(1, 31))
def test_every_row_of_the_table_of_faults_is_shown(number: int) -> None:
    row = ROWS[number]
    assert row.shown
    for shown in row.shown:
        if shown not in (STORM, OUTSIDE):
            file, _, test = shown.partition("::")
            assert test in named_in(ROOT / "tests" / file), shown


@pytest.mark.skipif(not TABLE.exists(), reason="the table lies beside the checkout of whoever has it")
def test_the_rows_are_those_of_the_table() -> None:
    found = {int(number): name for number, name in ROW.findall(TABLE.read_text("utf-8").partition("## Attacks")[0])}
    assert {number: row.name for number, row in ROWS.items()} == found


def test_nobody_notices_a_deployment() -> None:
    outcome = finished(run(deploy.storm_of("sqlite", at_once=8, speed=60)))
    assert outcome.violations == []
    assert deploy.noticed(outcome) == []
    assert [one.row for one in outcome.history.injected if one.row == 10]
