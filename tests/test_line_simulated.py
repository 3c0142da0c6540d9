"""A simulated day: nobody is lost, nobody answered twice, everybody is served in the order, as SimPy has it, too."""

from dataclasses import replace

import pytest

from ivr.desk.estimate import hit_rate
from ivr.desk.line import Rules
from tests.sim.__main__ import apart, main
from tests.sim.audit import audited
from tests.sim.callers import RULES, agents, callers
from tests.sim.day import Day, Happened, lived
from tests.sim.simpy_line import modelled

CALLERS, AGENTS, SEED = 1000, 8, 3
PEOPLE = callers(CALLERS, SEED)
NAMES = [caller.id for caller in PEOPLE]


@pytest.fixture(scope="module")
def day() -> Day:
    return lived(PEOPLE, agents(AGENTS))


def test_nobody_is_lost_or_answered_twice_and_everybody_is_served_in_the_order(day: Day) -> None:
    books = audited(day.log, NAMES, RULES)
    assert books.wrong == []
    assert books.talked.total() + books.gone.total() == CALLERS
    assert max(books.talked.values()) == 1
    # The day holds all that could go wrong.
    happened = {line.what for line in day.log}
    assert happened >= {"missed", "away", "leaves", "gone", "unreached"}


def test_the_same_seed_gives_the_same_day(day: Day) -> None:
    assert lived(callers(CALLERS, SEED), agents(AGENTS)).log == day.log


@pytest.mark.parametrize("seed", [SEED, 4])
def test_the_waits_are_those_of_simpys_model(seed: int) -> None:
    """Three in a hundred may lie between them; but nothing does, each caller waits the same."""
    people = callers(CALLERS, seed)
    day, model = lived(people, agents(AGENTS)), modelled(people, AGENTS)
    assert apart(day, model) < 0.03
    assert sorted(day.waits) == sorted(model.waits)
    assert day.waits


def test_eight_of_ten_are_answered_inside_the_range_they_were_told(day: Day) -> None:
    assert len(day.promises) > 500
    rate = hit_rate(day.promises)
    assert rate is not None
    assert 0.75 <= rate <= 0.97


def test_the_audit_finds_a_line_that_forgets_priority() -> None:
    wrong = lived(PEOPLE[:300], agents(2), rules=replace(RULES, head_start={}))
    assert audited(wrong.log, NAMES[:300], RULES).wrong != []


def test_the_audit_finds_a_line_that_widens_too_soon() -> None:
    wrong = lived(
        PEOPLE[:300], agents(2), rules=Rules(RULES.head_start, tuple((0 * wait, no) for wait, no in RULES.widen))
    )
    assert audited(wrong.log, NAMES[:300], RULES).wrong != []


def test_the_audit_finds_who_is_lost_or_answered_twice(day: Day) -> None:
    [talks, *_] = [line for line in day.log if line.what == "talks"]
    [gone, *_] = [line for line in day.log if line.what == "gone"]
    twice = Happened(talks.at, "talks", talks.caller, talks.agent)
    assert audited([*day.log, twice], NAMES, RULES).wrong != []
    assert audited([line for line in day.log if line is not gone], NAMES, RULES).wrong != []


def test_the_whole_day_is_one_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(400, 4) == 0
    assert "0 faults" in capsys.readouterr().out
