"""Simulated days of a busy hotline: who called when, what became of it, and the rows that the product keeps of it."""

from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache
from itertools import accumulate
from math import log
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

from ivr.flow.flow import Flow
from ivr.reports.digest import mark
from ivr.reports.facts import EPOCH, Stay, half, promise, result, seconds, signs, sums
from ivr.store.crypto import Cipher, last4
from ivr.store.desk_tables import line, promises, wrapups
from ivr.store.fact_tables import facts, marks, stays
from ivr.store.tables import calls, messages, turns
from tests.bench.ways import CALLER, CLOSED, OPEN, WITHHELD, Way, personal, replaced, ways

ZONE: Final = ZoneInfo("Asia/Shanghai")
TABLES: Final = (calls, line, promises, wrapups, messages, turns, facts, marks, stays)
CALLED: Final = "+864001234567"
A_DAY: Final = 5_000
AGENTS: Final = tuple(f"agent{number:02}" for number in range(40))
CODES: Final = {"resolved": 62, "follow-up": 18, "transferred": 9, "other": 10, "wrong number": 1}
# How many of a hundred or so ring in each hour: little at night, most at ten, a dip at noon, some in the evening.
HOURS: Final = (
    *(0.6, 0.4, 0.3, 0.2, 0.3, 0.5, 1, 2.5, 5, 9.5, 11.5, 10),
    *(6.5, 7.5, 9.5, 9, 8, 6.5, 4, 3.5, 3, 2.5, 1.8, 1),
)
WEEK: Final = (1.35, 1.15, 1.05, 1.0, 1.05, 0.55, 0.45)  # from Monday on
SPAN: Final = 86_400
REDIALS: Final = 0.1
NOTES: Final = 4_000
PIECES: Final = (
    *("退款已登记", "客户要求回电", "账户已解冻", "银行卡限额不够"),
    *("核实身份通过", "提现还在路上", "已报安全专线", "商家对账不符"),
    *("refund promised", "card limit reached", "asked for a supervisor", "identity proven", "sent the form", "angry"),
)
RARE: Final = ("量子纠缠", "zeppelin")  # Each in a few notes of a million.


@dataclass(frozen=True, slots=True)
class Arrivals:
    """The calls of one day in order: when, in microseconds since 1970, and who (-1: withheld)."""

    day: date
    at: Sequence[int]
    who: Sequence[int]


def arrivals(count: int, until: date, seed: int, a_day: int = A_DAY) -> list[Arrivals]:
    """Return so many calls on the days before this one, about so many a day."""
    chance = Random(seed)
    days = [until - timedelta(days=back) for back in range(max(1, round(count / a_day)), 0, -1)]
    shares = list(accumulate(WEEK[day.weekday()] * chance.uniform(0.9, 1.1) for day in days))
    ends = [round(count * share / shares[-1]) for share in shares]
    return [_arrived(day, end - begin, count, chance) for day, begin, end in zip(days, [0, *ends], ends, strict=False)]


def callers(days: Sequence[Arrivals]) -> dict[int, "array[int]"]:
    """Return when each caller rang, in order."""
    found = defaultdict[int, "array[int]"](lambda: array("q"))
    for day in days:
        for at, who in zip(day.at, day.who, strict=True):
            found[who].append(at)
    return dict(found)


def _arrived(day: date, count: int, total: int, chance: Random) -> Arrivals:
    """Return when whom rang: callers who rang often ring often, and some ring again after minutes."""
    people, shape = max(10, total // 3), list(accumulate(HOURS))
    came = list[tuple[int, int]]()
    for _ in range(count):
        if came and chance.random() < REDIALS:
            at, who = came[chance.randrange(len(came))]
            at += int(chance.expovariate(1 / 1.2e9)) + 30_000_000
            at = at if at < SPAN * 1_000_000 else chance.randrange(SPAN * 1_000_000)
        else:
            hour = bisect_left(shape, chance.random() * shape[-1])
            at = int((hour + chance.random()) * 3.6e9)
            who = -1 if chance.random() < 0.06 else int(people * chance.random() ** 2)
        came.append((at, who))
    came.sort()
    begin = int(datetime.combine(day, time(), ZONE).timestamp()) * 1_000_000
    return Arrivals(day, array("q", [begin + at for at, _ in came]), array("q", [who for _, who in came]))


@dataclass(frozen=True, slots=True)
class Note:
    """What an agent noted: sealed, and the marks of its words."""

    text: str
    sealed: str


@dataclass(frozen=True, slots=True)
class Pool:
    """What the calls of all days have in common; ways by whether the hotline is open, and the number withheld."""

    cipher: Cipher
    ways: Mapping[tuple[bool, bool], Sequence[Way]]
    notes: Sequence[Note]


def pool(flow: Flow, cipher: Cipher, seed: int, count: int) -> Pool:
    """Return so many ways of calls by day, some by night, and notes."""
    chance = Random(seed)
    texts = [_noted(chance) for _ in range(NOTES if count > 500 else 200)]
    notes = [Note(text, cipher.seal(text)) for text in texts]
    found = {}
    for opened, at, share in ((True, OPEN, 1), (False, CLOSED, 3)):
        for withheld, part in ((False, 1), (True, 10)):
            number = count // (share * part) + 1
            found[opened, withheld] = ways(flow, cipher, at, number, chance.randrange(10**9), withheld)
    return Pool(cipher, found, notes)


def _noted(chance: Random) -> str:
    rare = [chance.choice(RARE)] if chance.random() < 0.001 else []
    return "，".join([*chance.sample(PIECES, chance.randint(1, 2)), *rare, f"#{chance.randint(1, 9999)}"])


@dataclass(slots=True)
class Made:
    """The rows of some calls, by table, each in the order of the table's columns, values as SQLite keeps them."""

    rows: dict[str, list[tuple[Any, ...]]] = field(default_factory=lambda: defaultdict(list))

    def add(self, table: Any, row: Mapping[str, Any]) -> None:
        """Add a row; what it does not name is as the table has it when nothing is said."""
        names, defaults = _filled(table.name)
        self.rows[table.name].append(tuple(map(row.get, names, defaults)))


@cache
def _filled(name: str) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    table = next(one for one in TABLES if one.name == name)
    defaults: dict[str, Any] = {"held": 0, "answered_back": 0, "tries": 0, "level": 0, "kind": "message"}
    defaults |= dict.fromkeys(("router", "record", "mark"), "")
    return tuple(one.name for one in table.c), tuple(defaults.get(one.name) for one in table.c)


def kept(at: datetime) -> str:
    """Return a moment in UTC as SQLite keeps it."""
    return at.isoformat(" ", "microseconds")[:26]


def number(who: int) -> str:
    """Return the phone number of somebody."""
    return WITHHELD if who < 0 else f"+8613{100_000_000 + (who * 7_919) % 900_000_000:09}"


def rows(known: Pool, day: Arrivals, rang: Mapping[int, Sequence[int]], version: int, seed: int, whole: bool) -> Made:
    """Return the rows of a day's calls; `rang` is when each caller did, `whole` calls have their turns, too."""
    made, chance = Made(), Random(seed * 100_003 + day.day.toordinal())
    for at, who in zip(day.at, day.who, strict=True):
        _Call(known, made, chance, at, who, rang[who], version, whole).write()
    return made


class _Call:
    """One call on its way into rows."""

    def __init__(
        self, known: Pool, made: Made, chance: Random, at: int, who: int, rang: Sequence[int], version: int, whole: bool
    ) -> None:
        self.known, self.made, self.chance, self.at = known, made, chance, EPOCH + timedelta(microseconds=at)
        self.rang, self.version, self.whole = rang, version, whole
        local = self.at.astimezone(ZONE)
        opened = local.weekday() < 5 and 9 <= local.hour < 18
        self.way = chance.choice(known.ways[opened, who < 0])
        self.number = number(who)
        self.id = f"CA{chance.getrandbits(128):032x}"
        self.hash, self.last4 = _hashed(known.cipher, self.number)
        self.own = dict(replaced(self.way.numbers, chance))
        self.stays: list[Stay] = []

    def write(self) -> None:
        self.ended = self._stood()
        self._called()
        if self.whole:
            self._told()
        self._others()
        self._digested()

    def _stood(self) -> datetime:
        """Write where the call stood in line; return when it ended."""
        pace = self.chance.uniform(0.8, 1.6)
        moved = self.at + timedelta(seconds=int(pace * sum(one.after for one in self.way.turns[:-1])) + 1)
        self.onward = {f"{self.id}-{stand.turn}" for stand in self.way.stands if stand.onward}
        for stand in self.way.stands:
            waited, talked = _waited(self.chance, stand.answered), int(self.chance.lognormvariate(5.2, 0.8)) + 5
            answered = moved + timedelta(milliseconds=waited) if stand.answered else None
            ended = answered + timedelta(seconds=talked) if answered else moved + timedelta(milliseconds=waited)
            promised = None
            if stand.promised:
                promised = (moved, stand.promised[0], stand.promised[1])
                told = {"line": f"{self.id}-{stand.turn}", "at": kept(moved)}
                low, high, ahead, on = stand.promised
                self.made.add(promises, told | {"low": low, "high": high, "ahead": ahead, "agents": on})
            self._stay(
                f"{self.id}-{stand.turn}", "call", (stand.queue, stand.language, stand.matter), moved, answered, ended,
                rank=stand.rank, promised=promised,
            )  # fmt: skip
            moved = ended + timedelta(seconds=2)
        if self.stays:  # Who waits for nothing more is gone with the talk, or after a while in the menus.
            last = self.stays[-1]
            gone = self.way.call.ended in ("served", "hung-up") and self.way.call.facts.get("score") is None
            return last.ended_at or moved if gone else moved + timedelta(seconds=20)
        return moved

    def _stay(
        self, line_id: str, kind: str, about: tuple[str, str, str], joined: datetime, answered: datetime | None,
        ended: datetime, rank: int = 3, promised: tuple[datetime, int, int] | None = None, **more: Any,
    ) -> None:  # fmt: skip
        chance = self.chance
        agent = AGENTS[int(40 * chance.random() ** 1.3)] if answered else ""
        missed = [chance.choice(AGENTS)] if answered and chance.random() < 0.04 else []
        code, note, wrapped = "", "", None
        if answered and chance.random() < 0.97:
            code, noted, wrapped = _code(chance), None, ended + timedelta(seconds=int(chance.expovariate(1 / 40)) + 2)
            if chance.random() < 0.35:
                noted = self.known.notes[int(len(self.known.notes) * chance.random() ** 1.5)]
                note = noted.text
            row = {"line": line_id, "agent": agent, "code": code, "at": kept(wrapped)}
            self.made.add(wrapups, row | {"note": noted.sealed if noted else _empty(self.known.cipher)})
        queue, language, matter = about
        row = {"id": line_id, "kind": kind, "call_id": self.id, "caller_hash": self.hash if self.last4 else ""}
        row |= {"queue": queue, "language": language, "matter": matter, "rank": rank, "since": kept(joined)}
        row |= {"joined_at": kept(joined), "ended_at": kept(ended), "state": "done" if answered else "left"}
        if answered:
            row |= {"agent": agent, "answered_at": kept(answered), "done_by": agent}
            row["answered_back"] = int(kind == "callback")
        if missed:
            row["missed_by"] = f'["{missed[0]}"]'
        self.made.add(line, row | more)
        over = ended if kind == "call" or answered else None
        told = (line_id, kind, queue, language, matter, joined, answered, over, agent, code, note, wrapped)
        self.stays.append(Stay(*told, len(missed), promised))

    def _called(self) -> None:
        call = self.way.call
        row = {"id": self.id, "version": self.version, "caller": _sealed(self.known.cipher, self.number)}
        row |= {"caller_hash": self.hash, "caller_last4": self.last4, "called": CALLED, "greeted": self.way.greeted}
        row |= {"language": call.language, "matter": call.facts.get("matter", ""), "queue": call.facts.get("queue", "")}
        row |= {"place": call.node, "turn": call.turn, "started_at": kept(self.at), "ended_at": kept(self.ended)}
        self.score = int(call.facts["score"]) if "score" in call.facts else None
        self.made.add(calls, row | {"outcome": call.ended, "score": self.score, "digested": 1})

    def _told(self) -> None:
        own = dict(self.own)
        if not self.way.withheld:
            own |= {CALLER: self.number, CALLER.removeprefix("+86"): self.number.removeprefix("+86")}
        at = self.at
        for number, told in enumerate(self.way.turns):
            at = min(self.ended, at + timedelta(seconds=told.after)) if number else self.at
            row = {"call_id": self.id, "turn": number, "asked": told.asked, "at": kept(at)}
            self.made.add(turns, row | {"events": personal(told, own, self.known.cipher)})

    def _others(self) -> None:
        """Write who was rung back and heard, and what was recorded."""
        call = self.way.call
        about = (call.facts.get("queue", ""), call.language, call.facts.get("matter", ""))
        later = self.ended + timedelta(seconds=int(self.chance.expovariate(1 / 5_000)) + 60)
        over = later + timedelta(seconds=int(self.chance.lognormvariate(4.8, 0.6)) + 10)
        if self.way.back:
            reached = self.chance.random() < 0.85
            told = {"number": _sealed(self.known.cipher, self.number), "number_hash": self.hash, "tries": 1}
            self._stay(f"{self.id}-back", "callback", about, self.ended, later if reached else None, over, **told)
        if self.way.message is not None:
            sound = f"{self.chance.getrandbits(128):032x}"
            told = {"recording": f"RE{sound}", "due_at": kept(self.ended + timedelta(days=1))}
            self._stay(f"{self.id}-message-{self.way.message}", "message", about, self.ended, later, over, **told)
            self._sound(sound, "message", about, 40)
        if self.whole and any(one.answered_at and one.kind == "call" for one in self.stays):
            self._sound(f"{self.chance.getrandbits(128):032x}", "talk", about, 200)

    def _sound(self, sound: str, kind: str, about: tuple[str, str, str], length: int) -> None:
        row = {"id": sound, "call_id": self.id, "kind": kind, "recording_sid": f"RE{sound}", "seconds": length}
        row |= dict(zip(("queue", "language", "matter"), about, strict=True))
        row |= {"state": "fetched", "file": f"{sound}.wav", "bytes": 16_000 * length, "tries": 1}
        self.made.add(messages, row | {"created_at": kept(self.ended)})

    def _digested(self) -> None:
        call, ended, at = self.way.call, self.ended, kept(self.at)
        told = sums(self.stays, ended)
        row = {"call_id": self.id, "started_at": at, "ended_at": kept(ended), "version": self.version}
        row |= {"caller_hash": self.hash, "caller_last4": self.last4, "language": call.language}
        row |= {"matter": call.facts.get("matter", ""), "queue": call.facts.get("queue", ""), "outcome": call.ended}
        row |= {"seconds": round(seconds(self.at, ended)), "waited": told.waited, "talked": told.talked}
        row |= {"agent": told.agent, "code": told.code, "score": self.score, **self.way.way}
        self.made.add(facts, row | {"stays": told.stays, "again": self._again()})
        known = {name: self.own.get(value, value) for name, value in call.facts.items()}
        found = {_mark(self.known.cipher, sign) for sign in signs(known, self.stays)}
        self.made.rows["marks"].extend((one, at, self.id) for one in sorted(found))
        self._stays()

    def _again(self) -> int | None:
        """Return how many seconds after the end the caller rang again."""
        over = (self.ended - EPOCH) // timedelta(microseconds=1)
        place = bisect_left(self.rang, over)
        return round((self.rang[place] - over) / 1e6) if self.last4 and place < len(self.rang) else None

    def _stays(self) -> None:
        phoned = [one.line for one in self.stays if one.kind == "call"]
        served = [one.line for one in self.stays if one.kind == "call" and one.answered_at]
        for one in self.stays:
            row = {"line": one.line, "call_id": self.id, "kind": one.kind, "joined_at": kept(one.joined_at)}
            row |= {"half": kept(half(one.joined_at, ZONE)), "queue": one.queue, "language": one.language}
            row |= {"matter": one.matter, "agent": one.agent, "code": one.code, "missed": one.missed}
            row |= {"result": result(one, self.ended, self.way.call.ended, one.line in phoned[-1:])}
            row |= {"waited": round(seconds(one.joined_at, one.answered_at or one.ended_at))}
            row |= {"talked": round(seconds(one.answered_at, one.ended_at)), "promise": promise(one)}
            row |= {"wrapped": round(seconds(one.ended_at, one.wrapped_at)) if one.answered_at else 0}
            row |= {"onward": int(bool(one.answered_at) and one.line in self.onward)}
            self.made.add(stays, row | {"score": self.score if one.line in served[-1:] else None})


def _waited(chance: Random, answered: bool) -> int:
    """Return the milliseconds that somebody waited: most of them little, a few very long; some hang up at once."""
    if not answered and chance.random() < 0.2:
        return chance.randint(300, 5_000)
    return int(1000 * min(3_000, chance.lognormvariate(3.3, 1.1) - log(1 - chance.random())))


def _code(chance: Random) -> str:
    return chance.choices(list(CODES), list(CODES.values()))[0]


@lru_cache(500_000)
def _hashed(cipher: Cipher, number: str) -> tuple[str, str]:
    return cipher.hash(number), last4(number)


@lru_cache(500_000)
def _sealed(cipher: Cipher, number: str) -> str:
    return cipher.seal(number)


@cache
def _empty(cipher: Cipher) -> str:
    return cipher.seal("")


@lru_cache(50_000)
def _mark(cipher: Cipher, sign: str) -> int:
    return mark(cipher.hash(sign))
