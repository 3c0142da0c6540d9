"""Desks for tests: callers who are put in the line by the journal's turns, agents, and a clock moved on by hand."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

from sqlalchemy import Engine

from ivr.desk.keeping import RULES, Desk, Place
from ivr.desk.presence import Presence
from ivr.flow.call import Call, fold
from ivr.flow.events import AskedBack, Ended, Event, Heard, Learned, Waiting
from ivr.flow.inputs import Answered, HungUp, InLine, Input, LeftQueue, Pressed, Recorded
from ivr.flow.waits import Agent, Room
from ivr.store.entries import Entry
from ivr.store.journal import Journal
from tests.stores import LANGUAGE, new_call_id, start

TEN = datetime(2026, 11, 23, 10, tzinfo=UTC)  # a Monday
SKILLS = frozenset({"queue:general", "queue:fraud", f"language:{LANGUAGE}"})


def at_their_pages(desk: Desk, *names: str, ends: bool = True) -> None:
    """Have agents' pages ask for news, as those do that say when a talk is ended."""
    presence = Presence(desk.engine, desk.now)
    for name in names:
        presence.saw(name, ends)
    presence.tend()


@dataclass
class Clock:
    """The time of day, moved on by hand."""

    at: datetime = TEN

    def __call__(self) -> datetime:
        """Return the moment."""
        return self.at

    def on(self, **more: float) -> None:
        """Let time pass."""
        self.at += timedelta(**more)


@dataclass
class Office:
    """A desk, the journal whose turns fill its line, and the time for both."""

    engine: Engine
    journal: Journal
    clock: Clock = field(default_factory=Clock)
    due: Callable[[str, datetime], bool] = lambda _queue, _at: True
    calls: dict[str, Call] = field(default_factory=dict)

    @property
    def desk(self) -> Desk:
        """The desk, with nothing remembered."""
        return Desk(self.engine, self.clock, RULES, UTC, lambda queue, at: self.due(queue, at))

    def hire(self, *names: str, level: int = 1, skills: frozenset[str] = SKILLS) -> None:
        """Have agents who are available, each since a second after the one before."""
        for name in names:
            self.desk.enrol(name, f"client:{name}", skills, level)
            assert self.desk.available(name)
            self.clock.on(seconds=1)

    def rings(self, caller: str = "+8613812345678", facts: Iterable[tuple[str, str]] = ()) -> str:
        """Have somebody ring; return the call's id."""
        call_id = new_call_id()
        self.calls[call_id] = Call(LANGUAGE)
        learned = [Learned(name, value) for name, value in facts]
        self.takes(call_id, "incoming", Answered(), *learned, caller=caller)
        return call_id

    def takes(self, call_id: str, asked: str, heard: Input, *events: Event, caller: str = "") -> None:
        """Write down the next turn of a call."""
        before = self.calls[call_id]
        told = (Heard(heard, self.clock()), *events)
        began = start(caller) if caller else None
        self.calls[call_id] = fold(before, told)
        assert self.journal.append(Entry(call_id, asked, before.turn, told, self.calls[call_id], began))

    def next(self, call_id: str, heard: Input, *events: Event) -> None:
        """Write down the next turn of a call, whatever was asked."""
        self.takes(call_id, f"turn/{self.calls[call_id].turn}", heard, *events)

    def queued(self, queue: str = "general", caller: str = "+8613812345678", **wanted: object) -> Place:
        """Have somebody ring and wait in the line."""
        call_id = self.rings(caller, [("queue", queue)])
        return self.waits(call_id, queue, **wanted)

    def waits(self, call_id: str, queue: str = "general", heard: Input | None = None, **wanted: object) -> Place:
        """Put a call in the line."""
        turn = self.calls[call_id].turn + 1
        self.next(call_id, heard or Pressed("0"), Waiting(Agent(queue, **wanted), turn))  # type: ignore[arg-type]
        place = self.desk.place(f"{call_id}-{turn}")
        assert place
        return place

    def told(self, call_id: str, low: int, high: int, ahead: int = 0, agents: int = 1) -> None:
        """Tell the waiting a range."""
        turn = self.calls[call_id].turn + 1
        heard = InLine(ahead + 1, 20, "", low, high, "", agents)
        self.takes(call_id, f"wait/{turn}", heard, Waiting(Room("calm"), turn))

    def leaves(self, call_id: str) -> None:
        """Have a caller leave the line, to be asked something else."""
        self.next(call_id, LeftQueue("leave"))

    def hangs_up(self, call_id: str) -> None:
        """Have a caller be gone."""
        self.takes(call_id, "hangup", HungUp(), Ended("hung-up"))

    def asks_back(self, place: Place, number: str = "+8613812345678") -> Place:
        """Have a waiting caller ask to be rung back; return the place of that."""
        self.leaves(place.call_id)
        self.back(place, number)
        found = self.desk.place(f"{place.call_id}-back")
        assert found
        return found

    def back(self, place: Place, number: str) -> None:
        """Have a caller who left the line name the number."""
        self.next(place.call_id, Pressed("1"), AskedBack(number, place.queue), Ended("callback"))

    def leaves_message(self, place: Place, sid: str = "RE1", seconds: int = 7) -> None:
        """Have a waiting caller leave a message."""
        self.leaves(place.call_id)
        self.next(place.call_id, Recorded(sid, seconds), Ended("message"))

    def state(self, agent: str) -> str:
        """Return what an agent does."""
        found = self.desk.agent(agent)
        assert found
        return found.state

    def talking(self, place: Place, agent: str) -> Place:
        """Have the one agent who is free take the one place that waits."""
        (offer,) = self.desk.dispatch()
        assert (offer.line, offer.agent) == (place.id, agent)
        taken = self.desk.accept(offer.id)
        assert taken
        return taken


def at_once(*jobs: Callable[[], object]) -> list[object]:
    """Do these at the same moment, each in a thread of its own; return what they gave."""
    ready, gave = Barrier(len(jobs)), [None] * len(jobs)
    results: list[object] = list(gave)

    def run(number: int, job: Callable[[], object]) -> None:
        ready.wait()
        results[number] = job()

    threads = [Thread(target=run, args=pair) for pair in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
