"""The audit of a simulated day, from its log alone: nobody lost, nobody twice, everybody in the order."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from ivr.desk.line import Agent, Entry, Rules
from tests.sim.callers import moment
from tests.sim.checker import faults
from tests.sim.day import Happened


@dataclass(slots=True)
class Books:
    """Who waits, who is free and who is with whom, as the log tells it; and what it cannot have told rightly."""

    rules: Rules
    waiting: dict[str, Entry] = field(default_factory=dict)
    free: dict[str, Agent] = field(default_factory=dict)
    held: dict[str, str] = field(default_factory=dict)  # agent -> caller whom they ring for or talk with
    talked: Counter[str] = field(default_factory=Counter)
    gone: Counter[str] = field(default_factory=Counter)
    dispatches: int = 0
    wrong: list[str] = field(default_factory=list)


def audited(log: Iterable[Happened], callers: Collection[str], rules: Rules) -> Books:
    """Go through the log line by line; all is well if nothing is wrong in the books."""
    books = Books(rules)
    for line in log:
        _enter(books, line)
    ends = books.talked + books.gone
    books.wrong += [f"{name} ended {ends[name]} times" for name in callers if ends[name] != 1]
    books.wrong += [f"{name} is still there" for name in (*books.waiting, *books.held.values())]
    return books


def _enter(books: Books, line: Happened) -> None:
    match line.what:
        case "joins" if line.entry:
            if line.caller in books.waiting or line.caller in books.held.values():
                books.wrong.append(f"{line.caller} stands in line twice")
            books.waiting[line.caller] = line.entry
        case "leaves":
            books.waiting.pop(line.caller, None)
            for agent in [agent for agent, caller in books.held.items() if caller == line.caller]:
                del books.held[agent]
        case "free" if line.free:
            if line.agent in books.held:
                books.wrong.append(f"{line.agent} is free and with {books.held[line.agent]}")
            books.free[line.agent] = line.free
        case "away":
            books.free.pop(line.agent, None)
        case "dispatched":
            _dispatched(books, line)
        case "talks":
            books.talked[line.caller] += 1
            if books.held.get(line.agent) != line.caller:
                books.wrong.append(f"{line.agent} talks with {line.caller} without an offer")
        case "missed" | "unreached" | "ends":
            if books.held.pop(line.agent, None) != line.caller:
                books.wrong.append(f"{line.agent} was not with {line.caller}")
        case "gone":
            books.gone[line.caller] += 1


def _dispatched(books: Books, line: Happened) -> None:
    """Check what was matched, and what was not, against the rule; by our own books of who was there."""
    books.dispatches += 1
    books.wrong += faults(books.waiting.values(), books.free.values(), books.rules, moment(line.at), line.matches)
    for found in line.matches:
        if found.agent.id in books.held:
            books.wrong.append(f"{found.agent.id} has two callers")
        books.held[found.agent.id] = found.entry.id
        books.waiting.pop(found.entry.id, None)
        books.free.pop(found.agent.id, None)
