"""`kill -9` of the server in the middle of calls: it is started again, every call goes on, and nothing is forgotten."""

import os
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from threading import Event, Lock, Thread, local
from urllib.parse import urlsplit

from ivr.carrier.caller import Caller
from ivr.carrier.web import Pairs, Response, Send, http_sender
from ivr.factory import utc_now
from ivr.flow.events import Heard
from ivr.parts import Parts
from tests.faults.checks import Seen, checked
from tests.faults.wander import wander
from tests.processes import PATIENCE, Server, carrier_of, parts_of, servers
from tests.world import CUSTOMER, NUMBER

KILLS = int(os.environ.get("KILLS", "4"))
SEED = int(os.environ.get("SEED", "7"))
AT_ONCE = 4
APART = (8, 28)  # Requests from one kill to the next.
ANSWER = 0.01  # Seconds within which a request is answered, roughly: the kill comes somewhere in them.
BROKEN_OFF = 11206  # The carrier's number for it.
Patience = tuple[float, float]


class Mortal:
    """A server that is killed at requests that chance picks, and started again at once.

    The carrier retries as the fragment of our URLs says: once. Only its patience is greater than Twilio's, who would
    retry in an instant: a request that finds nobody is held until the server is back, and then fails. So no second
    kill comes while a request waits to be retried.
    """

    def __init__(self, server: Server, chance: Random, kills: int) -> None:
        self.server, self.chance, self.left = server, chance, kills
        self.deaths: list[datetime] = []
        self.cut: list[tuple[str, str, datetime]] = []
        self.tally = Counter[str]()
        self._next = chance.randint(*APART)
        self._wounded = 0
        self._back = Event()
        self._back.set()
        self._lock = Lock()
        self._mine = local()

    def sender(self) -> Send:
        """Return a Send that may kill the server."""
        inner = http_sender()

        def send(url: str, form: Pairs | None, headers: Mapping[str, str], patience: Patience) -> Response:
            self._count()
            try:
                answer = inner(url, form, headers, patience)
            except (ConnectionError, TimeoutError) as error:
                self.tally["cut off" if isinstance(error, TimeoutError) else "refused"] += 1
                self._wait(dict(form or ()).get("CallSid", ""), urlsplit(url).path.removeprefix("/voice/"))
                raise
            self._healed()
            return answer

        return send

    def _count(self) -> None:
        with self._lock:
            self._next -= 1
            if self._next > 0 or self._wounded or not self.left or not self._back.is_set():
                return
            self.left -= 1
            self._next = self.chance.randint(*APART)
            self._back.clear()
        Thread(target=self._kill, args=(self.chance.uniform(0, ANSWER),)).start()

    def settle(self) -> None:
        """Wait until the server is there again."""
        assert self._back.wait(PATIENCE), "the server did not come back"

    def strike(self) -> bool:
        """Kill the server now, unless a request waits to be retried; tell whether it was."""
        with self._lock:
            if self._wounded or not self._back.is_set():
                return False
            self._back.clear()
        self._kill(0)
        return True

    def _kill(self, after: float) -> None:
        Event().wait(after)
        self.server.kill()
        self.deaths.append(datetime.now(UTC))
        self.server.start()
        self.server.await_answers()
        self._back.set()

    def _wait(self, call_id: str, asked: str) -> None:
        with self._lock:
            self._wounded += not getattr(self._mine, "wounded", False)
            self._mine.wounded = True
        self.settle()
        self.cut.append((call_id, asked, self.deaths[-1]))

    def _healed(self) -> None:
        with self._lock:
            if getattr(self._mine, "wounded", False):
                self._mine.wounded = False
                self._wounded -= 1


def mortal_calls(mortal: Mortal, parts: Parts, worker: int) -> Counter[str]:
    """Make one call after the other until the server was killed often enough; return what was counted."""
    tally = Counter[str]()
    while mortal.left:
        why = f"seed {SEED}, call {worker}.{tally['calls']}"
        deaths, chance = len(mortal.deaths), Random(why)
        carrier = carrier_of(mortal.server, mortal.sender())
        carrier.sounds[f"{mortal.server.environment['PUBLIC_URL']}/audio/music/hold.wav"] = 24.0  # It keeps sounds.
        caller = Caller(carrier, CUSTOMER, NUMBER)
        gone = wander(caller, chance)
        assert caller.over, why
        if carrier.log.codes:
            survived(parts, caller, why)
            tally.update(calls=1, broken_off=1)
            continue
        seen = checked(parts, carrier, caller)
        assert not seen.unheeded, why
        assert gone or seen.outcome != "hung-up", why
        tally.update(calls=1, turns=len(seen.turns), outlived=len(mortal.deaths) > deaths)
        tally.update(retried=sum(asked.attempt > 0 for asked in carrier.log.requests))
        tally.update(written_before_the_kill=len(written(mortal, caller.leg.sid, seen)))
    return tally


def all_calls(mortal: Mortal, parts: Parts, worker: int) -> Counter[str]:
    """Make calls; where one goes wrong, nobody else goes on either."""
    try:
        return mortal_calls(mortal, parts, worker)
    except BaseException:
        mortal.left = 0
        raise


def survived(parts: Parts, caller: Caller, why: str) -> None:
    """Check a call whose answer the kill broke in two, which the carrier does not ask for again: the lifeboat took it.

    What the lifeboat says stands in no journal, as it needs none; but the call's end does.
    """
    assert set(caller.carrier.log.codes) == {BROKEN_OFF}, f"{why}: {caller.carrier.log.faults}"
    stored = parts.journal.fresh(caller.leg.sid)
    assert stored, why
    assert stored.call.ended, why


def written(mortal: Mortal, call_id: str, seen: Seen) -> list[str]:
    """Return the turns of a call that were written down when the kill took their answer away."""
    moments = {turn.asked: turn.events[0].at for turn in seen.turns if isinstance(turn.events[0], Heard)}
    return [
        asked for call, asked, death in mortal.cut if call == call_id and asked in moments if moments[asked] < death
    ]


def test_every_call_outlives_the_server_and_nothing_said_is_missing(database: str, tmp_path: Path) -> None:
    begun = time.monotonic()
    with (
        servers(tmp_path, database, patient=True) as (server,),
        parts_of(server) as parts,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        mortal = Mortal(server, Random(SEED), KILLS)
        tally = sum(pool.map(lambda worker: all_calls(mortal, parts, worker), range(AT_ONCE)), Counter[str]())
        log = server.log.read_text("utf-8")
    counted = f"kills {len(mortal.deaths)}, {dict(mortal.tally)}, {dict(tally)}"
    print(f"\nkilled server, seed {SEED}, {database.partition(':')[0]}: {counted}, {time.monotonic() - begun:.1f} s")
    assert len(mortal.deaths) == KILLS
    assert tally["outlived"]
    assert tally["broken_off"] <= max(1, KILLS // 20)
    assert len(mortal.cut) >= KILLS
    assert tally["retried"] == len(mortal.cut) or tally["broken_off"]
    assert not [line for line in log.splitlines() if "level=error" in line and "fell back" not in line]


def test_a_call_keeps_its_menus_in_another_process_and_after_a_restart(database: str, tmp_path: Path) -> None:
    with servers(tmp_path, database, 2, patient=True) as (first, second), parts_of(first) as parts:
        url, ports = first.environment["PUBLIC_URL"], [first.port]
        inner = http_sender()

        def send(asked: str, form: Pairs | None, headers: Mapping[str, str], patience: Patience) -> Response:
            return inner(asked.replace(url, f"http://127.0.0.1:{ports[-1]}"), form, headers, patience)

        before = Caller(carrier_of(first, send), CUSTOMER, NUMBER)
        second.kill()
        files, last = parts.publishing.library.files(1), parts.publishing.last()
        files["main.yaml"] = files["main.yaml"].replace("支付和资金", "钱的事情")
        newer = parts.publishing.library.keep(files, utc_now())
        assert parts.publishing.library.publish(newer, "sam", utc_now(), "", last.id)
        second.start()
        second.await_answers()
        ports.append(second.port)
        after = Caller(carrier_of(first, send), CUSTOMER, NUMBER)
        for caller, words in ((before, "支付和资金"), (after, "钱的事情")):
            caller.press("2")
            assert caller.listen()[0].text.startswith(words)
        second.kill()
        ports.append(first.port)
        for caller, words in ((before, "支付和资金"), (after, "钱的事情")):
            caller.press("9")
            assert caller.listen()[0].text.startswith(words)
            assert caller.carrier.log.codes == []
