"""Reaching the database late: it is tried again and again, told in plain words, and what waits for it then begins."""

import re
import sqlite3
from collections.abc import Callable, Iterator, MutableMapping
from pathlib import Path
from threading import Event
from threading import enumerate as enumerate_threads
from typing import Any

import pytest
import requests
from sqlalchemy import Engine, event, text
from structlog.testing import capture_logs

from ivr.store.crypto import Cipher
from ivr.store.engine import connect, nowhere
from ivr.store.errors import NewerError, StoreError
from ivr.store.shore import Shore
from tests.stores import SECRET
from tests.test_switchboard import soon
from tests.world import World, world


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.store.shore.SECONDS", 0.02)
    monkeypatch.setattr("ivr.store.shore.WARNS_AGAIN", 0.1)


def told(logged: list[MutableMapping[str, Any]]) -> list[MutableMapping[str, Any]]:
    """Return what was told of the database; a thread of a test before this one may tell of other things."""
    return [line for line in logged if "database" in line["event"]]


def test_what_waits_for_the_database_begins_once_it_is_there(tmp_path: Path) -> None:
    wall, settled, begun = tmp_path / "mounted", list[str](), Event()
    wall.touch()
    engine = connect(f"sqlite:///{wall}/ivr.db", Cipher([SECRET]))
    shore = Shore(engine, lambda: settled.append("settled"))
    assert not shore.reach()
    with pytest.raises(StoreError, match="folder cannot be made"):
        shore.demand()
    with capture_logs() as logged:
        shore.when_reached(begun.set)
        soon(lambda: [line["log_level"] for line in told(logged)][:2] == ["error"] * 2)
        assert "folder cannot be made" in told(logged)[0]["why"]
        assert settled == []
        wall.unlink()
        assert begun.wait(60)
    assert (shore.why, settled) == ("", ["settled"])
    shore.demand()
    engine.dispose()


def test_nothing_begins_for_a_hotline_that_is_closed_as_the_database_comes(tmp_path: Path) -> None:
    wall, begun = tmp_path / "mounted", list[str]()
    wall.touch()
    engine = connect(f"sqlite:///{wall}/ivr.db", Cipher([SECRET]))
    shore = Shore(engine, lambda: shore.close())
    assert not shore.reach()
    before = enumerate_threads()
    shore.when_reached(lambda: begun.append("begun"))
    (thread,) = [one for one in enumerate_threads() if one.name == "shore" and one not in before]
    wall.unlink()
    thread.join(60)
    assert (shore.why, begun) == ("", [])
    engine.dispose()


def test_a_wrong_url_is_told_again_and_again(opened_engine: Callable[..., Engine]) -> None:
    shore = Shore(nowhere(StoreError("DATABASE_URL is no database URL"), Cipher([SECRET])), lambda: None)
    assert not shore.reach()
    with capture_logs() as logged:
        shore.when_reached(lambda: None)
        soon(lambda: len(told(logged)) > 2)
    shore.close()
    assert {line["why"] for line in told(logged)} == {"DATABASE_URL is no database URL"}


def test_a_newer_database_stops_a_start_but_not_who_answers_already(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    shore = Shore(engine, lambda: None)
    with pytest.raises(NewerError):
        shore.reach()
    with capture_logs() as logged:
        shore.when_reached(lambda: None)
        soon(lambda: bool(told(logged)))
    shore.close()
    assert "newer than this release" in told(logged)[0]["why"]


@pytest.fixture
def here(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        yield made


def test_a_page_says_so_plainly_when_the_database_goes_away_amid_work(here: World) -> None:
    login, session = f"{here.parts.settings.public_url}/desk/login", requests.Session()
    (token,) = re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', session.get(login, timeout=30).text)
    here.parts.engine.dispose()
    event.listen(here.parts.engine, "do_connect", refused)
    told = {"username": "alice", "password": "x" * 12, "csrf_token": token}
    found = session.post(login, data=told, timeout=30)
    event.remove(here.parts.engine, "do_connect", refused)
    assert (found.status_code, found.headers["Retry-After"]) == (503, "5")
    assert "数据库暂时连不上" in found.text
    assert session.post(login, data=told, timeout=30).status_code == 200


def refused(*_: object) -> None:
    raise sqlite3.OperationalError("connection refused")
