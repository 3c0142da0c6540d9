"""The menus are checked, and proven, by a command: everything that is wrong is told, and what is good in figures."""

from collections.abc import Mapping
from datetime import date, datetime

import pytest
from click.testing import CliRunner, Result

from ivr.editor.commands import menus_commands
from ivr.flow.load import load
from tests.small import MAIN, small
from tests.world import OPEN, ZONE


def check(texts: Mapping[str, str], now: datetime = OPEN) -> Result:
    """Run the command on these menus."""
    return CliRunner().invoke(menus_commands(lambda: load(texts), lambda: now), ["check"])


def test_good_menus_are_counted_and_proven() -> None:
    done = check(small())
    assert done.exit_code == 0, done.output
    assert "menus are good: 17 nodes, 2 languages\nno trap was found: " in done.stdout
    assert "longest menu: " in done.stdout
    assert "soonest, with all words heard: general 9 s (1 keys)" in done.stdout


def test_every_problem_is_told_with_its_file_and_line() -> None:
    done = check(small(main=MAIN.replace("go: frozen}", "go: nowhere}") + "lost:\n  kind: dance\n"))
    assert done.exit_code == 1
    told = done.stdout.splitlines()
    assert any(line.startswith("main.yaml:") and "nowhere" in line for line in told)
    assert any(line.startswith("main.yaml:") and "dance" in line for line in told)
    assert "good" not in done.stdout


def test_a_trap_is_told_with_the_way_into_it() -> None:
    mark = "mark: {kind: survey, say: 请打分。, remark: 请讲。, then: person.goodbye}\n"
    texts = dict(small(main=MAIN.replace("go: frozen}", "go: frozen}\n    2: {for: 评价, go: mark}") + mark))
    said = ("main.start.choices.mark", "main.mark.say", "main.mark.remark")
    texts["languages/en-US.yaml"] += "".join(f'{place}: "Please"\n' for place in said)
    done = check(texts)
    assert done.exit_code == 1, done.output
    assert "main.mark: [2026-11-23 10:00] rings, 2, silence ×3, → the caller is cut off" in done.stdout
    assert "no trap" not in done.stdout


@pytest.mark.parametrize(("today", "warned"), [(date(2026, 11, 1), False), (date(2026, 11, 23), True)])
def test_holidays_that_nobody_knows_yet_are_warned_of_sixty_days_ahead(today: date, warned: bool) -> None:
    done = check(small(), datetime(today.year, today.month, today.day, tzinfo=ZONE))
    assert done.exit_code == 0
    assert ("holidays from 2027-01-01" in done.stderr) == warned
