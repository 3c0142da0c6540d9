"""Calls that were made are done again in other menus, by the command and in the background; nothing is written."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import inspect, text

from ivr import folders
from ivr.editor.yesterday import BusyError
from ivr.factory import create_app
from ivr.flow.inputs import HungUp, InLine, Input, LeftQueue, Pressed, Silence
from ivr.parts import Parts
from ivr.replies import Caller
from ivr.store.crypto import Cipher
from tests.small import MAIN, small
from tests.stores import new_call_id
from tests.test_menus_commands import TRAP, trapping
from tests.world import OPEN, hotline_settings

ACCOUNT = "6200123456"
RENUMBERED = small(main=MAIN.replace("1: {for: 账户冻结", "3: {for: 账户冻结"))
FROZEN = (Pressed("1"), Pressed(ACCOUNT), Pressed("1"), HungUp())
SILENT = (Pressed("1"), Silence(), Silence(), Silence(), InLine(1, 0, agents=1), LeftQueue("bridged"), HungUp())


@pytest.fixture
def now() -> list[datetime]:
    """Return the present moment, to be changed."""
    return [OPEN.astimezone(UTC)]


@pytest.fixture
def app(tmp_path: Path, now: list[datetime], database: str) -> Iterator[Flask]:
    """Return an application that has the small menus."""
    folders.write_menus(tmp_path / "menus", small())
    made = create_app(hotline_settings(tmp_path, 8000, database, tmp_path / "menus"), lambda: now[0])
    yield made
    made.extensions["hotline"].close()


@pytest.fixture
def call(app: Flask, now: list[datetime]) -> Callable[..., str]:
    """Return how a call is made, in which these things are told."""
    parts: Parts = app.extensions["hotline"]

    def calling(*told: Input) -> str:
        call_id = new_call_id()
        parts.hotline.answer(call_id, Caller("+8613912345678", "+864001234567"))
        for heard in told:
            now[0] += timedelta(seconds=10)
            stored = parts.journal.call(call_id)
            assert stored
            if isinstance(heard, HungUp):
                parts.hotline.hang_up(call_id)
            elif isinstance(heard, InLine):
                parts.hotline.hear(call_id, f"wait/{stored.call.turn}", heard)
            else:
                turn = stored.call.line if isinstance(heard, LeftQueue) else stored.call.turn
                parts.hotline.hear(call_id, f"turn/{turn}", heard)
        return call_id

    return calling


@pytest.fixture
def replay(app: Flask, tmp_path: Path) -> Callable[..., Result]:
    """Return how the command is run for the day of the calls."""

    def running(files: Mapping[str, str], *more: str) -> Result:
        folders.write_menus(tmp_path / "new", files)
        words = ["menus", "replay", str(tmp_path / "new"), "--since", f"{OPEN:%Y-%m-%d}", *more]
        return app.test_cli_runner().invoke(args=words)

    return running


def test_renumbered_menus_are_followed_and_shown_side_by_side(
    call: Callable[..., str],
    replay: Callable[..., Result],
    replayers_forked: Callable[[str], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ivr.editor.yesterday.get_context", replayers_forked)  # By processes as they are really made.
    told, _ = call(*FROZEN), call(HungUp())
    done = replay(RENUMBERED)
    assert done.exit_code == 0, done.output
    assert "of 2 calls 2 go differently, 0 are cut off" in done.stdout
    assert "2 hear other words, most of them at main.start.choices.frozen" in done.stdout
    shown = done.stdout.partition(f"call {told}, 2026-11-23 10:00")[2].partition("call ")[0]
    assert "hear other words: +0 s of words, +0 keys" in shown
    assert "- > 1" in shown
    assert "+ > 3" in shown
    assert ACCOUNT not in done.stdout


def test_who_is_cut_off_is_counted_shown_first_and_fails_the_command(
    call: Callable[..., str], replay: Callable[..., Result]
) -> None:
    call(*FROZEN)
    silent = call(*SILENT)
    swapped = TRAP.replace("账户冻结, go: frozen", "账户冻结, go: mark").replace("评价, go: mark", "评价, go: frozen")
    done = replay(trapping() | {"main.yaml": swapped}, "--show", "1")
    assert done.exit_code == 1, done.output
    assert "of 2 calls 2 go differently, 1 are cut off" in done.stdout
    assert "1 are cut off, most of them at person.goodbye" in done.stdout
    assert "1 cannot be followed" in done.stdout
    assert done.stdout.count("\ncall ") == 1
    assert f"call {silent}" in done.stdout


def test_why_a_call_cannot_be_followed_is_told(call: Callable[..., str], replay: Callable[..., Result]) -> None:
    call(*FROZEN)
    elsewhere = TRAP.replace("账户冻结, go: frozen", "账户冻结, go: mark").replace("评价, go: mark", "评价, go: frozen")
    done = replay(trapping() | {"main.yaml": elsewhere})
    assert done.exit_code == 0, done.output
    assert "? main.mark does not ask for what was keyed" in done.stdout


def test_only_calls_of_these_days_that_are_over_are_done_again(
    call: Callable[..., str], replay: Callable[..., Result], now: list[datetime]
) -> None:
    call(*FROZEN)
    call(Pressed("1"))  # It goes on.
    now[0] += timedelta(days=1)
    call(*FROZEN)
    assert "of 1 calls 0 go differently" in replay(small()).stdout
    assert "of 2 calls 0 go differently" in replay(small(), "--until", "2026-11-24").stdout
    now[0] += timedelta(days=1)
    assert "of 1 calls" in replay(small(), "--since", "2026-11-24").stdout
    assert "of 0 calls 0 go differently" in replay(small(), "--since", "2026-11-25").stdout


def test_each_call_is_compared_with_the_menus_that_it_was_made_in(
    app: Flask, call: Callable[..., str], replay: Callable[..., Result], tmp_path: Path
) -> None:
    call(*FROZEN)
    parts: Parts = app.extensions["hotline"]
    folders.write_menus(tmp_path / "menus", RENUMBERED)
    assert app.test_cli_runner().invoke(args=["menus", "publish"]).exit_code == 0
    later = call(Pressed("3"), *FROZEN[1:])
    done = replay(small())
    assert "of 2 calls 1 go differently" in done.stdout
    assert f"call {later}" in done.stdout
    assert parts.live.version == 2


def test_a_call_in_an_emergency_is_compared_as_if_the_draft_had_answered_in_it(
    app: Flask, call: Callable[..., str], replay: Callable[..., Result]
) -> None:
    parts: Parts = app.extensions["hotline"]
    term = 'from: "2026-11-23 09:00", until: "2026-11-23 12:00", by: sam'
    declared = f"announce: [{{words: {{zh-CN: 渠道故障。, en-US: Payments are down.}}, {term}}}]\n"
    version = parts.publishing.library.keep({**small(), "emergency.yaml": declared}, OPEN)
    assert parts.publishing.library.publish(version, "sam", OPEN, "", parts.publishing.last().id)
    parts.live.look()
    told = call(*FROZEN)
    assert "渠道故障。" in str(parts.journal.events(told))
    assert "of 1 calls 0 go differently" in replay(small()).stdout


def test_calls_that_cannot_be_read_are_counted_apart(
    app: Flask, call: Callable[..., str], replay: Callable[..., Result]
) -> None:
    foreign, _ = call(*FROZEN), call(*FROZEN)
    parts: Parts = app.extensions["hotline"]
    sealed = Cipher(["another"]).seal("[]")
    with parts.engine.begin() as connection:
        connection.execute(text("UPDATE turns SET events = :s WHERE call_id = :c"), {"s": sealed, "c": foreign})
    done = replay(RENUMBERED)
    assert "of 2 calls 1 go differently" in done.stdout
    assert "1 could not be read" in done.stdout


def test_nothing_is_written(app: Flask, call: Callable[..., str], replay: Callable[..., Result]) -> None:
    call(*SILENT)
    parts: Parts = app.extensions["hotline"]
    before = rows(parts)
    assert replay(RENUMBERED).exit_code == 0
    assert rows(parts) == before


def rows(parts: Parts) -> dict[str, list[tuple[object, ...]]]:
    """Return all that stands in the database."""
    with parts.engine.connect() as connection:
        names = sorted(inspect(connection).get_table_names())
        return {name: sorted(map(tuple, connection.execute(text(f"SELECT * FROM {name}"))), key=repr) for name in names}


def test_a_draft_of_the_editor_is_tried_as_well(app: Flask, call: Callable[..., str]) -> None:
    call(*FROZEN)
    parts: Parts = app.extensions["hotline"]
    number = parts.publishing.drafts.begin("olga", 1, OPEN, "renumbered", RENUMBERED)
    run = app.test_cli_runner()
    day = ["--since", f"{OPEN:%Y-%m-%d}"]
    assert "of 1 calls 1 go" in run.invoke(args=["menus", "replay", "--draft", str(number), *day]).stdout
    missing = run.invoke(args=["menus", "replay", "--draft", "77", *day])
    assert (missing.exit_code, "no draft 77" in missing.output) == (1, True)


def test_a_run_in_the_background_is_one_a_process_and_stays_to_be_seen(app: Flask, call: Callable[..., str]) -> None:
    for _ in range(3):
        call(*FROZEN)
    parts: Parts = app.extensions["hotline"]
    run = parts.yesterday().begin((1, 0), RENUMBERED, OPEN, OPEN + timedelta(days=1))
    assert parts.yesterday().begin((1, 0), RENUMBERED, OPEN, OPEN + timedelta(days=1)) is run
    with pytest.raises(BusyError):
        parts.yesterday().begin((2, 0), RENUMBERED, OPEN, OPEN + timedelta(days=1))
    run.join(60)
    assert (run.failed, run.sum.done, run.sum.of, len(run.sum.findings), run.sum.cut_off) == ("", 3, 3, 3, 0)
    assert parts.yesterday().run is run


def test_a_run_can_be_cancelled(app: Flask, call: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.editor.yesterday.SIZE", 1)
    for _ in range(20):
        call(HungUp())
    parts: Parts = app.extensions["hotline"]
    run = parts.yesterday().begin((1, 0), RENUMBERED, OPEN, OPEN + timedelta(days=1))
    run.cancel()
    run.join(60)
    assert (run.sum.done, run.sum.of, len(run.sum.findings)) == (1, 20, 1)
    again = parts.yesterday().begin((2, 0), RENUMBERED, OPEN, OPEN + timedelta(days=1))
    again.join(60)
    assert again.sum.done == 20
