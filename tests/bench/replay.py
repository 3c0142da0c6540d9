"""Calls by chance done again in menus with planted changes: figures, time, memory, and whether just the touched differ.

`python -m tests.bench.replay --calls 100000 --seed 1`. Which calls a change touches is told from what their callers
heard and pressed as they were generated, not by the product.
"""

import argparse
import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final

import psutil
from sqlalchemy import Engine

from ivr.editor.yesterday import Sum, Yesterday
from ivr.flow import record
from ivr.flow.events import Entered, Event, Heard, Said
from ivr.flow.flow import Flow
from ivr.flow.inputs import Pressed
from ivr.folders import menus
from ivr.store.crypto import Cipher, last4
from ivr.store.library import Library
from ivr.store.tables import calls, turns
from tests.bench.days import CALLED, Made, kept, number
from tests.bench.filling import FAST, SECRET, upgraded, write
from tests.bench.ways import Walker
from tests.desk_site import real_flow
from tests.world import OPEN, ROOT

DAYS: Final = 7
PIECE: Final = 1_000
STEPS: Final = 31
Files = dict[str, str]


@dataclass(frozen=True, slots=True)
class Planted:
    """A change of the menus, and which calls it touches: those in which somebody heard one of these, or went this way.

    `heard` are places of words, in any of these `languages`; `went` are pairs of a menu and a key of its. Whether those
    touched are `cut_off`.
    """

    name: str
    replaced: tuple[tuple[str, str, str], ...]
    heard: frozenset[str] = frozenset()
    went: frozenset[tuple[str, str]] = frozenset()
    languages: tuple[str, ...] = ("zh-CN", "en-US")
    cut_off: bool = False

    @property
    def files(self) -> Files:
        """The menus with the change."""
        texts = menus(ROOT / "menus")
        for file, old, new in self.replaced:
            assert texts[file].count(old) == 1, (file, old)
            texts[file] = texts[file].replace(old, new)
        return texts


def steps() -> str:
    """Return more nodes than a call may pass at once."""
    ways = [f"s{step + 1}" for step in range(STEPS - 1)] + ["promotions"]
    return "".join(f"s{step}: {{kind: hours, open: {then}, closed: {then}}}\n" for step, then in enumerate(ways))


TOPUP: Final = "    2: {for: 充值没到账, go: topup}\n"
OTHER: Final = "    5: {for: 其他联系方式, go: contact}\n"
EN: Final = "languages/en-US.yaml"
THEIRS: Final = ("main.other.choices.contact:", "main.other.choices.promotions:", "main.other.choices.x:")
PLANTED: Final = (
    Planted("nothing", ()),
    Planted(
        "a choice renumbered",
        (("main.yaml", TOPUP, TOPUP.replace("2:", "6:")),),
        heard=frozenset({"main.money.choices.topup"}),
    ),
    Planted(
        "the words of one node",
        (("payment.yaml", "start:\n  kind: menu\n  say: ", "start:\n  kind: menu\n  say: 好的。"),),
        heard=frozenset({"payment.start.say"}),
        languages=("zh-CN",),
    ),
    Planted(
        "two keys led elsewhere",
        (
            ("main.yaml", "优惠活动, go: promotions", "优惠活动, go: contact"),
            ("main.yaml", "其他联系方式, go: contact", "其他联系方式, go: promotions"),
            (EN, THEIRS[0], THEIRS[2]),
            (EN, THEIRS[1], THEIRS[0]),
            (EN, THEIRS[2], THEIRS[1]),
        ),
        went=frozenset({("main.other", "3"), ("main.other", "5")}),
    ),
    Planted(
        "a matter in another menu",
        (
            ("main.yaml", TOPUP, ""),
            ("main.yaml", OTHER, f"{OTHER}{TOPUP.replace('2:', '6:')}"),
            (EN, "main.money.choices.topup:", "main.other.choices.topup:"),
        ),
        heard=frozenset({"main.money.choices.topup", "main.other.choices.contact"}),
    ),
    Planted(
        "a trap",
        (
            ("main.yaml", "go: promotions", "go: s0"),
            ("main.yaml", "english:\n", f"{steps()}english:\n"),
            (EN, "main.other.choices.promotions:", "main.other.choices.s0:"),
        ),
        went=frozenset({("main.other", "3")}),
        cut_off=True,
    ),
)


def touched(planted: Planted, told: Sequence[Sequence[Event]]) -> bool:
    """Say whether a change touches a call, by what was heard and pressed in it."""
    place = ""
    for turn in told:
        for event in turn:
            match event:
                case Heard(Pressed(str(keys))) if (place, keys) in planted.went:
                    return True
                case Said(at, _, language) if at in planted.heard and language in planted.languages:
                    return True
                case Entered(node):
                    place = node
    return False


@dataclass(slots=True)
class Piece:
    """Some calls as rows, and for each change the calls that it touches."""

    made: Made
    touched: list[list[str]]


def generated(begin: int, count: int, seed: int) -> Piece:
    """Return so many calls, each by a caller of its own at its own moment."""
    flow, cipher = real_flow(), Cipher([SECRET])
    piece = Piece(Made(), [[] for _ in PLANTED])
    for one in range(begin, begin + count):
        chance = Random(f"{seed} {one}")
        call_id, told = _made(piece.made, flow, cipher, chance, one)
        for found, planted in zip(piece.touched, PLANTED, strict=True):
            if touched(planted, told):
                found.append(call_id)
    return piece


def _made(made: Made, flow: Flow, cipher: Cipher, chance: Random, one: int) -> tuple[str, list[Sequence[Event]]]:
    caller = number(-1 if chance.random() < 0.06 else one)
    walker = Walker(flow, chance, caller, OPEN + timedelta(seconds=chance.randrange(DAYS * 86_400)))
    walker.go()
    call, call_id, told = walker.call, f"CA{one:032x}", [events for _, _, events in walker.turns]
    moments = [kept(_at(events)) for events in told]
    for turn, ((asked, _, events), at) in enumerate(zip(walker.turns, moments, strict=True)):
        row = {"call_id": call_id, "turn": turn, "asked": asked, "at": at}
        made.add(turns, row | {"events": cipher.seal(record.write(events))})
    row = {"id": call_id, "version": 1, "caller": cipher.seal(caller), "caller_hash": cipher.hash(caller)}
    row |= {"caller_last4": last4(caller), "called": CALLED, "greeted": walker.greeted, "language": call.language}
    row |= {"matter": call.facts.get("matter", ""), "queue": call.facts.get("queue", ""), "place": call.node}
    row |= {"turn": call.turn, "started_at": moments[0], "ended_at": moments[-1], "outcome": call.ended}
    made.add(calls, row | {"digested": 1})
    return call_id, told


def _at(events: Sequence[Event]) -> datetime:
    return next(event.at for event in events if isinstance(event, Heard)).astimezone(UTC)


def fill(file: Path, count: int, seed: int) -> list[set[str]]:
    """Fill a SQLite file that has our tables with so many calls; return, for each change, those that it touches."""
    found: list[set[str]] = [set() for _ in PLANTED]
    pieces = [(begin, min(PIECE, count - begin), seed) for begin in range(0, count, PIECE)]
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        for pragma in FAST:
            database.execute(f"PRAGMA {pragma}")
        for piece in _pieces(pieces):
            write(database, piece.made)
            for known, more in zip(found, piece.touched, strict=True):
                known.update(more)
        database.execute("ANALYZE")
        database.execute("PRAGMA journal_mode=WAL")
    return found


def _pieces(pieces: Sequence[tuple[int, int, int]]) -> Iterator[Piece]:
    if len(pieces) == 1:
        yield generated(*pieces[0])
        return
    with ProcessPoolExecutor(2, get_context("fork")) as workers:
        for begin in range(0, len(pieces), 8):  # No more are made than can be written.
            yield from workers.map(generated, *zip(*pieces[begin : begin + 8], strict=True))


@dataclass(frozen=True, slots=True)
class Gone:
    """What came of a run through all calls, the seconds it took, the CPU (s) and memory (MB) of its processes."""

    sum: Sum
    seconds: float
    busy: float
    memory: float


def gone(engine: Engine, files: Files) -> Gone:
    """Do all calls again in these menus."""
    begun, most, busy, ours = time.perf_counter(), 0, 0.0, psutil.Process()
    calls = Yesterday(engine, (SECRET,)).calls(files, OPEN, OPEN + timedelta(days=DAYS + 1))
    found = Sum(calls.of)
    for part in calls:
        found.add(part)
        workers = ours.children(recursive=True)
        most = max(most, sum(one.memory_info().rss for one in workers))
        busy = sum(sum(one.cpu_times()[:2]) for one in workers)
    return Gone(found, time.perf_counter() - begun, busy, most / 1e6)


def differing(found: Sum, planted: Planted, touched: set[str]) -> str:
    """Return in what the calls that go differently are not those that are touched; empty where they are the same."""
    other = {one.call for one in found.findings}
    cut = {one.call for one in found.findings if one.sort == "cut off"}
    missed, false = sorted(touched - other), sorted(other - touched)
    wrong = [f"missed {missed[:3]}"] if missed else []
    wrong += [f"not touched {false[:3]}"] if false else []
    wrong += [f"{found.unread} unread"] if found.unread else []
    wrong += ["cut off other than the touched"] if cut != (touched if planted.cut_off else set()) else []
    return ", ".join(wrong)


def keep(engine: Engine) -> None:
    """Have the shipped menus there as the version that the calls were made with."""
    assert Library(engine).keep(PLANTED[0].files, OPEN) == 1
    engine.dispose()  # The file is to be filled by one connection alone.


def main() -> None:
    """Print all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with TemporaryDirectory() as folder, upgraded(f"sqlite:///{folder}/calls.db") as engine:
        keep(engine)
        begun = time.perf_counter()
        known = fill(Path(folder) / "calls.db", given.calls, given.seed)
        size = (Path(folder) / "calls.db").stat().st_size / 1e6
        took = time.perf_counter() - begun
        print(f"{given.calls:,} calls, seed {given.seed}, made in {took:.0f} s, {size:.0f} MB", flush=True)
        for planted, touched in zip(PLANTED, known, strict=True):
            load, done = os.getloadavg()[0], gone(engine, planted.files)
            wrong = differing(done.sum, planted, touched) or "just those that are touched"
            sorts = ", ".join(f"{count:,} {sort}" for sort, count in done.sum.sorts.most_common()) or "none"
            print(
                f"{planted.name}: {done.sum.done:,} calls in {done.seconds:.0f} s ({done.busy:.0f} s of CPU), "
                f"{done.memory:.0f} MB, load before {load:.1f}; "
                f"{len(done.sum.findings):,} go differently ({sorts}): {wrong}",
                flush=True,
            )


if __name__ == "__main__":
    main()
