"""`/healthz` and `/readyz` tell the truth, whatever is away, soon, and nothing that is nobody's business."""

import re
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC
from pathlib import Path
from threading import Event, Thread
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text

from ivr.factory import create_app
from ivr.operations.deadline import Asked, Late
from ivr.operations.health import PILE, Health, Signs
from ivr.store.batch import write
from ivr.store.errors import StoreError
from ivr.store.level import head
from tests.processes import awaited
from tests.quickest import quickest
from tests.stores import Postgres
from tests.world import OPEN, World, hotline_settings, world


def asked(app: Flask, path: str = "/readyz") -> tuple[int, Any]:
    """Return the status and the body of an answer."""
    answer = app.test_client().get(path)
    return answer.status_code, answer.get_json(silent=True) or answer.text


def seconds(app: Flask, path: str, status: int) -> float:
    """Return how long an answer takes, which must have this status."""
    begun = time.monotonic()
    assert asked(app, path)[0] == status
    return time.monotonic() - begun


@pytest.fixture
def here(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as found:
        yield found


def test_a_hotline_that_is_well_says_so_to_anybody(here: World) -> None:
    here.caller().listen()
    assert asked(here.app, "/healthz") == (200, "alive\n")
    assert asked(here.app) == (200, {"ready": True, "answers": True, "reasons": []})
    assert here.app.test_client().head("/readyz").data == b""
    assert here.app.test_client().post("/readyz").status_code == 404
    assert all(asked(here.app)[0] == 200 for _ in range(200)), "nobody is limited"


def test_without_its_database_it_is_not_ready_but_says_that_calls_are_answered(tmp_path: Path) -> None:
    found = hotline_settings(tmp_path, 8000, f"sqlite:///{tmp_path}/secret-name.db")
    (tmp_path / "secret-name.db").write_bytes(b"no database" * 1000)
    app = create_app(found, lambda: OPEN.astimezone(UTC))
    status, told = asked(app)
    assert (status, told["ready"], told["answers"]) == (503, False, True)
    assert [words[:31] for words in told["reasons"]] == ["the database cannot be used: ca"]
    assert "secret-name" not in str(told)
    assert asked(app, "/healthz")[0] == 200
    app.extensions["hotline"].close()


def test_a_database_that_changed_beneath_it_is_told(here: World) -> None:
    with here.parts.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    status, told = asked(here.app)
    assert status == 503
    assert "the database is at 0001 migration" in told["reasons"][0]


def test_while_the_next_release_is_deployed_it_stays_ready(here: World) -> None:
    with here.parts.engine.begin() as connection:
        connection.execute(
            text("UPDATE alembic_version SET version_num = '9999', before = :before"), {"before": head()}
        )
    assert asked(here.app) == (200, {"ready": True, "answers": True, "reasons": []})


def test_a_dead_writer_and_a_spool_that_piles_up_are_told(here: World) -> None:
    caller = here.caller()
    caller.listen()
    writer = here.parts.journal.writer
    assert writer
    writer.close()
    here.parts.unwritten.spool.folder.mkdir(exist_ok=True)
    for number in range(PILE + 1):
        (here.parts.unwritten.spool.folder / f"{number}.fact").touch()
    status, told = asked(here.app)
    assert status == 503
    assert told["reasons"] == [
        "the thread that writes turns is dead: start the program again",
        f"{PILE + 1} facts wait in the spool for the database",
    ]


def test_a_writer_that_hangs_is_told_until_it_goes_on(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.operations.health.STUCK", 0.05)
    here.caller().listen()
    assert asked(here.app)[0] == 200
    begun, go_on = Event(), Event()

    def hangs(*told: Any) -> set[str]:
        begun.set()
        go_on.wait(60)
        return write(*told)

    monkeypatch.setattr("ivr.store.writer.write", hangs)
    rings = Thread(target=here.caller, args=("+8613800138001",))
    rings.start()
    assert begun.wait(60)
    awaited(lambda: asked(here.app)[0] == 503, "a writer that hangs is told")
    (why,) = asked(here.app)[1]["reasons"]
    assert re.match(r"the same turns have been written for \d+ s: see what the database", why), why
    go_on.set()
    awaited(lambda: asked(here.app)[0] == 200, "it is ready again")
    rings.join(60)


def test_a_database_that_hangs_keeps_nobody_waiting_longer_than_two_seconds(tmp_path: Path, postgres: Postgres) -> None:
    url = postgres.fresh("ready")
    app = create_app(hotline_settings(tmp_path, 8000, url), lambda: OPEN.astimezone(UTC))
    with psycopg.connect(url) as held:
        held.execute("LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE")
        assert quickest(lambda: seconds(app, "/readyz", 503), 2.5) < 2.5
        assert asked(app)[1]["answers"]
        assert quickest(lambda: seconds(app, "/healthz", 200), 0.5) < 0.5
        held.rollback()
    awaited(lambda: asked(app)[0] == 200, "it is ready again")
    app.extensions["hotline"].close()


def test_a_question_that_hangs_is_asked_once_however_many_ask() -> None:
    begun, go_on = 0, Event()

    def hangs() -> str:
        nonlocal begun
        begun += 1
        go_on.wait(60)
        return "well"

    question = Asked(hangs, 0.05, lasts=60)
    for _ in range(5):
        with pytest.raises(Late):
            question.answer()
    assert begun == 1
    go_on.set()

    def answered() -> bool:
        with suppress(Late):
            return question.answer() == "well"
        return False

    awaited(answered, "who hung has answered")
    assert question.answer() == "well"
    assert begun == 1


def test_an_answer_counts_for_a_moment_only_and_errors_are_told_to_all() -> None:
    answers = iter([StoreError("away"), StoreError("away"), "well"])

    def question() -> str:
        match next(answers):
            case StoreError() as error:
                raise error
            case str() as told:
                return told

    made = Asked(question, 5)
    for _ in range(2):
        with pytest.raises(StoreError, match="away"):
            made.answer()
    assert made.answer() == "well"


def test_no_menus_means_that_nobody_is_answered() -> None:
    def none() -> None:
        raise LookupError

    found = Health(Signs(lambda: "", none, lambda: 0.0, lambda: 0)).ready()
    assert (found.ready, found.answers, found.reasons) == (False, False, ("no menus were read yet",))
