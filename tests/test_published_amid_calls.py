"""Menus are published while calls run over three servers: no call hears two versions, and none hears an error."""

import os
import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from random import Random

from sqlalchemy import select

from ivr import folders
from ivr.carrier.web import Send, http_sender, signature
from ivr.parts import Parts
from ivr.store.tables import calls as calls_table
from tests.processes import Server, awaited, parts_of, servers
from tests.stores import Postgres, new_call_id
from tests.world import ACCOUNT, CUSTOMER, NUMBER, OPEN, ROOT, TOKEN

PUBLICATIONS = int(os.environ.get("PUBLICATIONS", "8"))
CALLS = max(24, 2 * PUBLICATIONS)
SEED = int(os.environ.get("SEED", "5"))
AT_ONCE = 6
WITHIN = 2.0 if "PUBLICATIONS" in os.environ else 20.0  # Seconds; the small form runs beside other tests.
SAY = re.compile(r"^(  say: )", re.MULTILINE)
MARK = re.compile(r"第(\d+)稿")
MENUS = "235"  # Each leads to words of the same file.
TURNS = 14


def marked(number: int) -> dict[str, str]:
    """Return this project's menus, in which all that the main menus say begins with a mark."""
    files = folders.menus(ROOT / "menus")
    return files | {"main.yaml": SAY.sub(rf"\g<1>第{number}稿，", files["main.yaml"])}


@dataclass
class Callers:
    """Callers who go to and fro among the menus, each request to a server by chance; `wrong` is what went so."""

    running: list[Server]
    heard: dict[str, set[str]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    slowest: float = 0.0
    send: Send = field(default_factory=http_sender)

    def ask(self, server: Server, call: str, path: str, **told: str) -> str:
        """Ask a server as the carrier does, which knows all of them by the first one's address."""
        url = f"{self.running[0].environment['PUBLIC_URL']}/voice/{path}"
        form = [("CallSid", call), ("AccountSid", ACCOUNT), ("From", CUSTOMER), ("To", NUMBER), *told.items()]
        there, begun = f"http://127.0.0.1:{server.port}/voice/{path}", time.monotonic()
        headers = {
            "X-Twilio-Signature": signature(TOKEN, url, form),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        answer = self.send(there, form, headers, (5.0, 15.0))
        self.slowest = max(self.slowest, time.monotonic() - begun)
        page = answer.body.decode()
        if answer.status not in (200, 204) or "系统出了点问题" in page:
            self.wrong.append(f"{call} {path}: {answer.status} {page[:300]}")
        return page

    def call(self, number: int) -> None:
        """Make a call of some turns, which the caller ends."""
        chance, call = Random(f"{SEED}/{number}"), new_call_id()
        pages = [self.ask(chance.choice(self.running), call, "incoming")]
        for turn in range(1, TURNS):
            keys = chance.choice(MENUS) if turn % 2 else "*"
            path = f"turn/{turn}?language=zh-CN"
            pages.append(self.ask(chance.choice(self.running), call, path, Digits=keys))
        self.ask(chance.choice(self.running), call, "status", CallStatus="completed")
        self.heard[call] = {mark for page in pages for mark in MARK.findall(page)}


def publish(parts: Parts, number: int) -> int:
    """Let marked menus answer from now on."""
    library = parts.live.library
    version, last = library.keep(marked(number), OPEN.astimezone(UTC)), library.live()
    assert last
    assert library.publish(version, "sam", OPEN, "", last.id)
    return version


def test_no_call_hears_two_versions_while_menus_are_published(tmp_path: Path, postgres: Postgres) -> None:
    with servers(tmp_path, postgres.fresh("ready"), 3, patient=True) as running, parts_of(running[0]) as parts:
        callers, versions = Callers(running), {1: ""}
        versions[publish(parts, 0)] = "0"
        with ThreadPoolExecutor(AT_ONCE) as pool:
            made = [pool.submit(callers.call, number) for number in range(CALLS)]
            for number in range(1, PUBLICATIONS + 1):
                versions[publish(parts, number)] = str(number)
                awaited(lambda: len(callers.heard) >= CALLS * number // (PUBLICATIONS + 1), "more calls are over")  # noqa: B023
            for call in made:
                call.result()
        versions[publish(parts, PUBLICATIONS + 1)] = str(PUBLICATIONS + 1)
        took = seen_by_all(callers, str(PUBLICATIONS + 1))
        assert callers.wrong == []
        with parts.engine.connect() as connection:
            rows = connection.execute(select(calls_table.c.id, calls_table.c.version, calls_table.c.outcome)).all()
        begun_with = {row.id: versions[row.version] for row in rows}
        assert {call: marks for call, marks in callers.heard.items() if marks != {begun_with[call]} - {""}} == {}
        assert len(callers.heard) == CALLS
        told = f"{PUBLICATIONS} publications amid {CALLS} calls with {len(set(begun_with.values()))} versions: no error"
        print(f"{told}; slowest answer {callers.slowest:.2f} s; all servers had the last within {took:.2f} s")
        assert took < WITHIN


def seen_by_all(callers: Callers, mark: str) -> float:
    """Wait until each server begins calls with the last version; return the seconds from now on."""
    begun = time.monotonic()
    for server in callers.running:
        awaited(
            lambda server=server: mark in MARK.findall(callers.ask(server, new_call_id(), "incoming")),
            f"the server on {server.port} has the last version",
        )
    return time.monotonic() - begun
