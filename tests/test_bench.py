"""The bench works: whole calls go through without an error, a turn is not absurdly slow, and a worker stays small."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Playwright

from tests.bench import editor, hanging_wallet, offers, unknown, wallboard
from tests.bench.turns import BARE, measure, paced, ratios, running, table
from tests.stores import Postgres

LOWEST = 0.01  # Far below what is promised: machines that run tests do other things meanwhile.
MOST_MB = 126  # What 4,096 calls leave in memory is in it, as so many are made in that time; this finds what grows.


@pytest.fixture(autouse=True)
def same_cores() -> Iterator[None]:
    """Leave the tests that follow the cores they had."""
    before = os.sched_getaffinity(0)
    yield
    os.sched_setaffinity(0, before)


def aside(measured: Callable[[], Any]) -> Any:
    """Return what was measured in a thread of its own: that of the tests may have a browser's loop running."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(measured).result()


def test_the_bench_measures_whole_calls() -> None:
    with running("sqlite", "postgresql", twice=False) as run:
        cells = measure(run, connections=(32,), rounds=1, seconds=0.7)
        lines = list(table(cells, run))
        sizes = {name: max(served.memory()[0], served.fresh) for name, served in run.items()}
        evenly = list(paced(run, seconds=0.7, rounds=1))
    assert [cell.name for cell in cells] == list(run)
    assert len(evenly) == 2 * len(run), evenly  # A wrong answer would be a line more.
    for cell in cells:
        assert not cell.run.errors, cell.run.examples
        assert len(cell.run.turns) > 20
        assert 0 < cell.run.quantile(0.5) <= cell.run.quantile(0.99)
    for (name, _), (ratio, by_cpu) in ratios(cells).items():
        assert ratio > LOWEST, lines
        assert by_cpu > LOWEST, lines
        assert name != BARE or ratio == by_cpu == 1
    assert all(30 < size < MOST_MB for size in sizes.values()), lines


def test_the_bench_of_offers_rings_everybody_who_turns_available(tmp_path: Path) -> None:
    with offers.office(f"sqlite:///{tmp_path}/soon.db") as made:
        spent = offers.latencies(made, waiting=20, agents=6, offers=5)
        assert len(spent) == 5
        assert 0 < offers.quantile(spent, 0.5) < 60_000
    with offers.office(f"sqlite:///{tmp_path}/cost.db") as made:
        found = offers.costs(made, lines=(5, 20), repeats=2)
    assert list(found) == [5, 20]
    assert all(0 < took < 60_000 for took in found.values())


def test_the_bench_of_the_wallboard_finds_every_figure_right_after_a_kill(postgres: Postgres, tmp_path: Path) -> None:
    lines = list(wallboard.run(tmp_path, postgres.fresh("ready"), count=2, many=12, changes=6, seed="4", limit=20_000))
    assert "0 wrong" in lines[-1], lines


def test_the_bench_of_the_editor_measures_frames_steps_and_edits(player: Playwright) -> None:
    found = dict(editor.measured(player, nodes=130, steps=3, edits=1))
    assert set(editor.ASKED) < set(found), found
    assert all(0 < one < 20_000 for times in found.values() for one in times), found


def test_the_bench_of_the_hanging_wallet_finds_turns_that_need_none_answered(tmp_path: Path) -> None:
    kinds = (hanging_wallet.AT_ONCE, hanging_wallet.HANGS)
    with hanging_wallet.running(tmp_path, kinds) as run:
        way = hanging_wallet.way(tmp_path)
        found = aside(lambda: hanging_wallet.measure(run, way, rounds=1, seconds=3, plain=6, asking=20))
    usual, hangs = (found[kind] for kind in kinds)
    lines = list(hanging_wallet.table(found))
    for figures in found.values():
        assert not figures.errors, figures.errors
        assert len(figures.turns) > 20
        assert len(figures.lookups) == sum(figures.waited.values()) == figures.outcomes.total() == 60
    assert usual.outcomes["no"] > 0 == hangs.outcomes["no"]
    assert set(hangs.outcomes) <= {"slow", "unavailable"}
    assert hangs.quantile(0.9) < 1000, lines  # Who waits behind those who wait for the wallet waits for two seconds.


def test_the_bench_of_unknown_accounts_compares_turns_that_are_answered_alike(tmp_path: Path) -> None:
    with unknown.running(tmp_path) as run:
        found = aside(lambda: unknown.measure(run, tmp_path / "menus", turns=12, seed=1))
    assert len(found) == 5
    assert all(len(one.known) + len(one.unknown) >= 12 for one in found)
    assert all(one.alike for one in found), [one.answers for one in found]
    assert all(0 <= p <= 1 for one in found for p in one.p())
    assert len(list(unknown.report(found))) == 6
