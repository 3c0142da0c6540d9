"""A storm of requests on a real server: whoever is answered is answered in time, and calls go on afterwards."""

import os
import re
import socket
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from html import unescape
from threading import Event, Thread
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest

from tests.faults.crowd import Answer, quantile, struck, wire
from tests.processes import Server, awaited, parts_of, servers
from tests.quickest import quickest
from tests.stores import new_call_id

CROWD = int(os.environ.get("CROWD", "400"))
IN_TIME = 6.0  # Seconds that the carrier waits for a turn, by our own addresses.
TAKEN = re.compile("<(Gather|Enqueue|Record)")
LOCKED = 20.0  # Seconds for which the database answers nobody, at most.


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("storm")
    with servers(folder, f"sqlite:///{folder}/hotline.db") as (made,):
        yield made


@contextmanager
def locked(server: Server) -> Iterator[None]:
    """Let nobody write meanwhile."""
    held, over, file = Event(), Event(), server.environment["DATABASE_URL"].removeprefix("sqlite:///")

    def hold() -> None:
        with closing(sqlite3.connect(file, isolation_level=None, timeout=60)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            held.set()
            over.wait(LOCKED)

    thief = Thread(target=hold)
    thief.start()
    assert held.wait(60)
    try:
        yield
    finally:
        over.set()
        thief.join()


def asked(server: Server, calls: Sequence[str], path: str, **told: str) -> list[Answer]:
    """Ask for all calls at once; check that each was answered by a document."""
    answers = struck(server.port, [wire(server.port, path, {"CallSid": call, **told}) for call in calls])
    seconds = [answer.seconds for answer in answers]
    patience = sum("<Pause" in answer.body and "<Redirect" in answer.body for answer in answers)
    print(
        f"{path}: {len(calls)} at once, p50 {quantile(seconds, 0.5):.2f} s, p99 {quantile(seconds, 0.99):.2f} s, "
        f"slowest {max(seconds):.2f} s, {patience} asked for patience, {Counter(one.status for one in answers)}"
    )
    assert {answer.status for answer in answers} == {200}
    assert {ElementTree.fromstring(answer.body).tag for answer in answers} == {"Response"}
    return answers


def in_time(crowd: Callable[[], list[Answer]]) -> list[Answer]:
    """Return the answers of a crowd that came in time; of one of three, as the machine may stand still for a while."""
    answers = list[Answer]()

    def seconds() -> float:
        answers[:] = crowd()
        return quantile([answer.seconds for answer in answers], 0.99)

    assert quickest(seconds, IN_TIME) < IN_TIME
    return answers


def following(answer: Answer) -> str:
    """Return what the carrier asks next, where it is to ask by itself."""
    found = re.search(r"<Redirect[^>]*>([^<]+)</Redirect>", answer.body)
    parts = urlsplit(unescape(found[1])) if found else None
    return f"{parts.path}{parts.query and '?'}{parts.query}" if parts else ""


def test_a_storm_while_the_database_is_locked_leaves_every_caller_answered_in_time(server: Server) -> None:
    calls = list[str]()

    def crowd() -> list[Answer]:
        calls[:] = [new_call_id() for _ in range(CROWD)]
        with locked(server):
            return asked(server, calls, "/voice/incoming")

    answers = in_time(crowd)
    later = [(call, path) for call, answer in zip(calls, answers, strict=True) if (path := following(answer))]
    assert later, "a locked database made nobody wait"
    awaited(lambda: "<Gather" in asked(server, [new_call_id()], "/voice/incoming")[0].body, "calls are taken again")
    waiting = later[:64]

    def taken() -> bool:
        again = struck(server.port, [wire(server.port, path, {"CallSid": call}) for call, path in waiting])
        assert {answer.status for answer in again} == {200}
        assert all(TAKEN.search(answer.body) or following(answer) for answer in again)
        waiting[:] = [
            (call, following(answer))
            for (call, _), answer in zip(waiting, again, strict=True)
            if not TAKEN.search(answer.body)
        ]
        return not waiting

    awaited(taken, "whoever was asked for patience is taken")


def test_a_storm_is_answered_and_each_call_is_in_the_journal_or_asked_to_come_again(server: Server) -> None:
    calls = [new_call_id() for _ in range(CROWD)]
    begun, answers = time.monotonic(), in_time(lambda: asked(server, calls, "/voice/incoming"))
    taken = {call for call, answer in zip(calls, answers, strict=True) if not following(answer)}
    in_time(lambda: asked(server, calls, "/voice/turn/1?language=zh-CN", Digits="1"))
    print(f"{2 * CROWD} requests took {time.monotonic() - begun:.1f} s, {len(taken)} calls taken")
    with parts_of(server) as parts:
        assert all(parts.journal.call(call) for call in taken)


def test_forgers_cost_less_than_calls_and_calls_go_on_amid_them(server: Server) -> None:
    requests = [
        wire(server.port, "/voice/incoming", {"CallSid": new_call_id()}, None if number % 10 == 0 else "forged")
        for number in range(CROWD)
    ]
    answers = in_time(lambda: struck(server.port, requests))
    assert {answer.status for answer in answers[::10]} == {200}
    wrong = [answer for number, answer in enumerate(answers) if number % 10]
    # Where the queue is long nobody looks at signatures: forgers are asked for patience, too, which tells nothing.
    assert {answer.status for answer in wrong if "<Pause" not in answer.body} <= {403, 429}


FIRST = "POST /voice/incoming HTTP/1.1\r\nHost: x\r\n"
SMUGGLED = (
    f"{FIRST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /desk HTTP/1.1\r\nHost: x\r\n\r\n",
    f"{FIRST}Content-Length: 5\r\nContent-Length: 6\r\n\r\n12345",
    f"{FIRST}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    f"{FIRST}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "GET /desk/login HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n",
)


@pytest.mark.parametrize("request_", SMUGGLED, ids=range(len(SMUGGLED)))
def test_no_request_is_smuggled_in_another(server: Server, request_: str) -> None:
    with socket.create_connection(("127.0.0.1", server.port), 60) as connection:
        connection.sendall(request_.encode())
        connection.shutdown(socket.SHUT_WR)
        told = b""
        while piece := connection.recv(65536):
            told += piece
    assert told.count(b"HTTP/1.1 ") <= 1
    assert b"200 OK" not in told


def test_the_server_tells_no_version(server: Server) -> None:
    (answer,) = asked(server, [new_call_id()], "/voice/incoming")
    assert not re.search(r"(?im)^(server|x-powered-by):.*\d", answer.headers)
