"""What stands before the application: calls, what callers are played, and pages do not wait for one another."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any, cast
from urllib.parse import urlencode
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from granian.rsgi import ProtocolClosed  # type: ignore[attr-defined]
from sqlalchemy import select
from twilio.request_validator import RequestValidator

from app import PAGES, THREADS
from ivr.carrier.inside import Exchange, Scope
from ivr.desk.keeping import Desk
from ivr.desk.outlook import Outlook, Outlooks
from ivr.flow.call import Call
from ivr.hotline import Hotline
from ivr.replies import Foreseen
from ivr.store.engine import opened
from ivr.store.errors import StoreError
from ivr.store.journal import Journal
from ivr.store.writer import LATE, Writer
from ivr.telephony import quick
from ivr.telephony.admission import Queue
from ivr.telephony.front import CROWD as WAIT
from ivr.telephony.front import Front
from ivr.telephony.quick import Quick
from ivr.telephony.unwritten import Unwritten
from ivr.telephony.wsgi import Pages
from tests.apart import finished
from tests.pages import until
from tests.test_webhooks import ASKED, URL, Site, site
from tests.world import TOKEN

__all__ = ["site"]
CROWD = 40
LEFT = ASKED | {"RecordingSid": f"RE{'5' * 32}", "RecordingStatus": "completed", "RecordingDuration": "9"}
OTHER = f"RE{'6' * 32}"
HANGS = 60.0  # Seconds that what hangs would keep a caller for: twice as long as any answer of ours may take here.


@dataclass
class Hanging(Exchange):
    """Whoever never sends what was promised."""

    async def __call__(self) -> bytes:
        """Wait for ever."""
        return await asyncio.get_running_loop().create_future()


async def asked(
    front: Front, path: str, form: dict[str, str] | None = None, sent: bytes = b"", *, ends: bool = True
) -> int:
    """Ask for a page, or tell a signed form, or send something, and maybe never end; return the status."""
    body = sent or urlencode(form or {}).encode()
    headers = {"content-length": str(len(body)), "content-type": "application/x-www-form-urlencoded"}
    if form:
        headers["x-twilio-signature"] = RequestValidator(TOKEN).compute_signature(URL + path, form)
    exchange = Exchange(body) if ends else Hanging(body)
    scope = Scope("POST" if body else "GET", path, headers=headers)
    async with asyncio.timeout(HANGS / 2):
        await front.__rsgi__(cast("Any", scope), cast("Any", exchange))
    return exchange.status


def test_a_page_under_way_keeps_no_server_from_ending() -> None:
    begun, over = Event(), Event()

    def plain(_environ: WSGIEnvironment, start: StartResponse) -> Iterator[bytes]:
        start("200 OK", [])
        yield b"first"
        begun.set()
        over.wait(60)
        yield b"last"

    pages, loop = Pages(plain, 1), asyncio.new_event_loop()
    serving = Thread(target=loop.run_forever, daemon=True)
    serving.start()
    answering = pages.answer(cast("Any", Scope("GET", "/")), cast("Any", Exchange(b"")))
    asyncio.run_coroutine_threadsafe(answering, loop)
    assert begun.wait(60)
    loop.call_soon_threadsafe(loop.stop)
    serving.join(60)
    over.set()
    ending = Thread(target=pages.executor.shutdown, daemon=True)
    ending.start()
    ending.join(60)
    stuck = ending.is_alive()
    Thread(target=loop.run_forever, daemon=True).start()  # Else whoever is stuck would keep the tests from ending, too.
    assert not stuck


@pytest.fixture
def front(site: Site) -> Front:
    return site.app.extensions["front"](THREADS, PAGES)  # type: ignore[attr-defined, no-any-return]


@pytest.fixture
def held(site: Site) -> Iterator[Event]:
    """Give what holds up whoever waits for it until the test is over; a database that hangs, say."""
    over = Event()
    yield over
    over.set()


class Leaving(Exchange):
    """Whoever goes after the first words."""

    async def send_bytes(self, part: bytes) -> None:
        """Be gone from the second on."""
        if self.body:
            raise ProtocolClosed
        await super().send_bytes(part)


def test_what_is_told_as_long_as_somebody_listens_ends_with_them() -> None:
    over = Event()

    def plain(_environ: WSGIEnvironment, start: StartResponse) -> Iterator[bytes]:
        start("200 OK", [])
        try:
            while True:
                yield b"."
        finally:
            over.set()

    leaving = Leaving(b"")
    finished(asyncio.wait_for(Pages(plain, 1).answer(cast("Any", Scope("GET", "/")), cast("Any", leaving)), 30))
    assert over.wait(30)
    assert leaving.body == b"."


def test_however_many_read_pages_callers_find_connections_and_hear_their_music(site: Site, front: Front) -> None:
    done, engine = Event(), site.parts.engine

    def slow() -> str:
        with opened(engine) as connection:
            connection.scalar(select(1))
            done.wait(60)
        return ""

    site.app.add_url_rule("/slow", "slow", slow)  # type: ignore[attr-defined]

    async def crowded() -> tuple[int, int]:
        crowd = [asyncio.create_task(asked(front, "/slow")) for _ in range(CROWD)]
        while engine.pool.checkedout() < PAGES:  # type: ignore[attr-defined]
            await asyncio.sleep(0.01)
        try:
            return await asyncio.wait_for(asked(front, "/audio/music/hold.wav"), 30), engine.pool.checkedout()  # type: ignore[attr-defined]
        finally:
            done.set()
            await asyncio.gather(*crowd)

    status, held = finished(crowded())
    assert status == 200
    assert held == PAGES <= 18 // 2


@pytest.mark.parametrize(("sent", "status"), [(b"a=b", 400), (b"a=" + b"b" * 100_000, 413)])
def test_pages_read_what_is_posted(front: Front, sent: bytes, status: int) -> None:
    assert finished(asked(front, "/desk/login", sent=sent)) == status, "it has no token against forgery, or too much"


def test_whoever_never_ends_a_form_keeps_nobody_from_a_thread(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.telephony.front.PATIENCE", 60.0)

    async def crowded() -> tuple[int, set[int]]:
        forms = [("/desk/login", None), ("/voice/incoming", ASKED)]
        await asked(front, "/desk/login")

        def crowd() -> list[asyncio.Task[int]]:
            return [asyncio.create_task(asked(front, path, form, b"a=b", ends=False)) for path, form in forms * CROWD]

        hanging = crowd()
        await asyncio.sleep(0)
        page = await asyncio.wait_for(asked(front, "/desk/login"), 30)
        assert not any(one.done() for one in hanging)
        for one in hanging:
            one.cancel()
        monkeypatch.setattr("ivr.telephony.front.PATIENCE", 0.1)
        return page, {*await asyncio.gather(*crowd())}

    page, refused = finished(crowded())
    assert page == 200
    assert refused == {408}


def test_how_long_turns_take_is_counted_by_the_menus_file_they_lead_to(site: Site, front: Front) -> None:
    def counted() -> dict[str, int]:
        return {place: sum(spread.counts) for place, spread in site.parts.tally.places.items()}

    assert finished(asked(front, "/voice/incoming", ASKED)) == 200
    assert counted() == {"main": 1}
    for turn, key in ((1, "3"), (2, "1"), (2, "1")):  # The last of them by the plain way, as it is told again.
        assert finished(asked(front, f"/voice/turn/{turn}", {**ASKED, "Digits": key})) == 200
    assert counted() == {"main": 2, "frozen": 2}
    assert finished(asked(front, "/voice/status", {**ASKED, "CallStatus": "completed"})) == 204
    gone = {**ASKED, "CallSid": "CA" + "9" * 32}
    finished(asked(front, "/voice/turn/7", gone))
    assert sum(counted().values()) == 4, "as of a call that is over, or that nobody knows"


def test_a_hang_up_that_the_database_has_no_time_for_waits_for_it_in_no_thread(
    site: Site, front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert finished(asked(front, "/voice/incoming", ASKED)) == 200
    tried, wrote = list[object](), Writer.write

    async def late(*_: object) -> bool:
        raise StoreError(LATE)

    monkeypatch.setattr(Writer, "written", late)
    monkeypatch.setattr(Unwritten, "_go_on", lambda _: None)
    monkeypatch.setattr(Writer, "write", lambda *told: tried.append(told) or wrote(*told))
    assert finished(asked(front, "/voice/status", ASKED | {"CallStatus": "completed"})) == 204
    assert not tried
    site.parts.unwritten.close()
    (call,) = (site.parts.journal.fresh(ASKED["CallSid"]),)
    assert call
    assert call.call.ended == "hung-up"


def test_a_database_that_hangs_as_a_call_is_read_leaves_no_caller_without_words(
    site: Site, front: Front, monkeypatch: pytest.MonkeyPatch, held: Event
) -> None:
    assert finished(asked(front, "/voice/incoming", ASKED)) == 200
    site.parts.journal._recent.forget(ASKED["CallSid"])  # As another server took the call.
    read = list[str]()

    def hang(_: Journal, call: str) -> None:
        read.append(call)
        held.wait(HANGS)

    monkeypatch.setattr(Journal, "fresh", hang)
    monkeypatch.setattr(quick, "READS", 0.2)
    assert finished(asked(front, "/voice/turn/1", ASKED | {"Digits": "1"})) == 200
    assert read == [ASKED["CallSid"]]  # Nobody waits for it twice.
    assert not held.is_set()


def test_a_database_that_hangs_as_newcomers_are_looked_up_keeps_nobody_from_their_music(
    front: Front, monkeypatch: pytest.MonkeyPatch, held: Event
) -> None:
    assert finished(asked(front, "/voice/incoming", ASKED)) == 200
    looked = list[object]()
    monkeypatch.setattr(Desk, "outlooks_of", lambda _, told: looked.append(told) or held.wait(HANGS))
    monkeypatch.setattr(quick, "LOOKS", 0.2)
    assert finished(asked(front, "/voice/turn/1", ASKED | {"Digits": "0"})) == 200
    assert finished(asked(front, "/voice/wait/2", ASKED | {"QueuePosition": "1", "QueueTime": "0"})) == 200
    assert looked
    assert not held.is_set()


def test_how_a_newcomer_stands_is_looked_up_before_their_waiting_room_is_asked_for(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked, looks, waited = Event(), Desk.outlooks_of, list[object]()

    def seen(desk: Desk, told: list[tuple[str, Call]]) -> list[Outlook | None]:
        found = looks(desk, told)
        looked.set()
        return found

    monkeypatch.setattr(Desk, "outlooks_of", seen)
    monkeypatch.setattr(Quick, "_ahead", lambda *told: waited.append(told))
    assert finished(asked(front, "/voice/incoming", ASKED)) == 200
    assert not looked.is_set()
    assert finished(asked(front, "/voice/turn/1", ASKED | {"Digits": "0"})) == 200
    assert looked.wait(HANGS)
    assert finished(asked(front, "/voice/wait/2", ASKED | {"QueuePosition": "1", "QueueTime": "0"})) == 200
    assert not waited


def test_who_finds_the_line_due_to_be_read_has_it_read_for_others_and_waits_for_nothing(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, waited = list[object](), list[object]()
    assert finished(asked(front, "/voice/incoming", ASKED)) == 200
    assert finished(asked(front, "/voice/turn/1", ASKED | {"Digits": "0"})) == 200
    monkeypatch.setattr(Desk, "outlook_at_hand", lambda *_: Outlook(3, 5, "", 2, 1))
    monkeypatch.setattr(Desk, "outlooks_of", lambda _, told: read.append(told))
    monkeypatch.setattr(Quick, "_ahead", lambda *told: waited.append(told))
    for due in (False, True):
        monkeypatch.setattr(Outlooks, "due", due)
        read.clear()
        asks = ASKED | {"QueuePosition": "3", "QueueTime": "0"}
        assert finished(asked(front, f"/voice/wait/{2 + due}", asks)) == 200
        until(lambda due=due: bool(read) == due)
    assert not waited


def test_callers_have_an_answer_in_time_though_a_database_that_hangs_holds_every_thread(
    site: Site, front: Front, monkeypatch: pytest.MonkeyPatch, held: Event
) -> None:
    assert finished(asked(front, "/voice/incoming", ASKED)) == 200
    tried = list[object]()

    async def elsewhere(*_: object) -> None:
        """Leave all to the plain way."""

    monkeypatch.setattr(Quick, "answer", elsewhere)
    monkeypatch.setattr(Unwritten, "_go_on", lambda _: None)
    monkeypatch.setattr(Journal, "call", lambda *told: tried.append(told) or held.wait(HANGS))
    monkeypatch.setattr("ivr.telephony.front.ANSWERS", 0.2)
    monkeypatch.setattr("ivr.telephony.front.TAKES", 0.1)
    turn, music, thanks = "/voice/turn/1", "/voice/fallback/3", "/voice/fallback/thanks"
    over = ASKED | {"CallStatus": "completed"}

    async def crowded() -> list[int]:
        told = [(turn, ASKED | {"Digits": "1"}), (music, ASKED), (thanks, LEFT), ("/voice/status", over)] * THREADS
        return await asyncio.gather(*(asked(front, path, form) for path, form in told))

    assert finished(crowded()) == [200, 200, 200, 204] * THREADS
    assert len(tried) == THREADS
    kept = {fact.name for fact in site.parts.unwritten.spool.all()}
    assert kept == {"over", f"left/{LEFT['RecordingSid']}"}


@pytest.mark.parametrize(("took", "left"), [(0.0, 4.0), (3.0, 1.0), (3.9, 0.2), (9.0, 0.2)])
def test_what_was_tried_in_vain_is_taken_from_the_seconds_that_the_carrier_waits(
    front: Front, monkeypatch: pytest.MonkeyPatch, took: float, left: float
) -> None:
    now, given = [100.0], list[float]()

    async def in_vain(*_: object) -> None:
        now[0] += took

    def patient(seconds: float) -> asyncio.Timeout:
        given.append(seconds)
        return asyncio.timeout(HANGS)

    monkeypatch.setattr(Quick, "answer", in_vain)
    monkeypatch.setattr("ivr.telephony.front.perf_counter", lambda: now[0])
    monkeypatch.setattr("ivr.telephony.front.ANSWERS", 4.0)
    monkeypatch.setattr("ivr.telephony.front.timeout", patient)
    assert finished(asked(front, "/voice/incoming", ASKED)) == 200
    assert given[-1] == pytest.approx(left)


@pytest.mark.parametrize(("took", "left"), [(0.0, 3.5), (2.0, 2.0)])
def test_what_comes_of_a_turn_is_waited_for_no_longer_than_the_carrier_waits(
    front: Front, monkeypatch: pytest.MonkeyPatch, took: float, left: float
) -> None:
    given = list[float]()

    def patient(seconds: float) -> asyncio.Timeout:
        given.append(seconds)
        return asyncio.timeout(HANGS)

    monkeypatch.setattr(Foreseen, "settled", False)
    monkeypatch.setattr("ivr.telephony.front.perf_counter", lambda: 100.0)
    monkeypatch.setattr("ivr.telephony.front.ANSWERS", 4.0)
    monkeypatch.setattr(quick, "perf_counter", lambda: 100.0 + took)
    monkeypatch.setattr(quick, "CONCLUDES", 3.5)
    monkeypatch.setattr(quick, "timeout", patient)
    assert finished(asked(front, "/voice/incoming", ASKED)) == 200
    assert given == [pytest.approx(left)]


def test_amid_a_crowd_whoever_is_in_the_lifeboat_waits_for_no_thread(
    site: Site, front: Front, monkeypatch: pytest.MonkeyPatch, held: Event
) -> None:
    tried = list[object]()
    monkeypatch.setattr(Queue, "long", lambda _: True)
    monkeypatch.setattr(Journal, "call", lambda *told: tried.append(told) or held.wait(HANGS))
    monkeypatch.setattr(Unwritten, "_go_on", lambda _: None)
    assert finished(asked(front, "/voice/fallback/3", ASKED)) == 200
    assert finished(asked(front, "/voice/fallback/recording", LEFT)) == 204
    kept = {fact.name for fact in site.parts.unwritten.spool.all()}
    assert kept == {f"ready/{LEFT['RecordingSid']}", f"left/{LEFT['RecordingSid']}"}
    assert finished(asked(front, "/voice/fallback/thanks", LEFT | {"RecordingSid": OTHER})) == 200
    assert f"left/{OTHER}" in {fact.name for fact in site.parts.unwritten.spool.all()}
    assert not tried
    assert +site.parts.tally.put_off == {"lifeboat": 3}


def test_of_a_flood_only_so_many_wait_for_a_thread_and_new_callers_are_greeted(
    site: Site, front: Front, monkeypatch: pytest.MonkeyPatch, held: Event
) -> None:
    tried = list[object]()
    monkeypatch.setattr(Journal, "call", lambda *told: tried.append(told) or held.wait(HANGS))
    over = ASKED | {"CallStatus": "completed"}

    async def flooded() -> tuple[list[int], int]:
        stands = [asyncio.create_task(asked(front, "/voice/status", over)) for _ in range(WAIT)]
        while front._waiting < WAIT:
            await asyncio.sleep(0.01)
        more = await asyncio.gather(*(asked(front, "/voice/status", over) for _ in range(CROWD)))
        greeted = await asked(front, "/voice/incoming", ASKED)
        for one in stands:
            one.cancel()
        return more, greeted

    assert finished(flooded()) == ([503] * CROWD, 200)
    assert +site.parts.tally.put_off == {"notice": CROWD}
    assert len(tried) <= THREADS


def test_whoever_waits_for_what_comes_of_a_turn_hears_its_words_and_asks_again(
    front: Front, monkeypatch: pytest.MonkeyPatch, held: Event
) -> None:
    monkeypatch.setattr(Hotline, "conclude", lambda *_: held.wait(HANGS))
    monkeypatch.setattr(Foreseen, "settled", False)
    monkeypatch.setattr(quick, "CONCLUDES", 0.2)
    assert finished(asked(front, "/voice/incoming", ASKED)) == 200
    assert not held.is_set()


def test_what_comes_of_a_turn_is_done_once_though_nobody_waits_any_more_for_the_thread_that_does_it(
    site: Site, front: Front, monkeypatch: pytest.MonkeyPatch, held: Event
) -> None:
    done, concludes = list[Foreseen](), Hotline.conclude
    monkeypatch.setattr(Hotline, "conclude", lambda here, made: done.append(made) or concludes(here, made))
    monkeypatch.setattr(Foreseen, "settled", False)
    monkeypatch.setattr(quick, "CONCLUDES", 0.1)
    for _ in range(THREADS):
        front._threads.submit(held.wait, HANGS)
    assert finished(asked(front, "/voice/incoming", ASKED)) == 200
    assert site.parts.journal.fresh(ASKED["CallSid"]), "the turn is written down"
    assert not done
    held.set()
    until(lambda: done)
    front._threads.shutdown()
    assert [made.entry.asked for made in done] == ["incoming"]
