"""How a call's turns show in the line: queued by the turn that says so, gone by the turn that ends it."""

from datetime import datetime, timedelta
from json import dumps
from typing import Any, Final

from ivr.flow.events import AskedBack, Ended, Entered, Event, Heard, Missed, Said, Waiting
from ivr.flow.inputs import InLine, LeftQueue, Recorded, Rescued, Transferred
from ivr.flow.waits import Agent
from ivr.store.crypto import Cipher
from ivr.store.entries import Entry
from ivr.store.messages import remarks
from ivr.store.prepared import moment
from ivr.value import value

REDIAL: Final = timedelta(minutes=10)
MOVED: Final = ("redirected", "redirected-from-bridged", "bridging-in-process")
BACK_WITHIN: Final = timedelta(hours=4)
HEARD_WITHIN: Final = timedelta(hours=24)
URGENT: Final = 1  # The rank of what is reported by the lifeboat, which counts as having come when it was left.
Row = dict[str, Any]


@value
class Change:
    """How a turn changes the line, as rows for the statements of `ivr.store.line_statements`.

    Whoever leaves it, and whoever joins it thereafter; who is to be rung back or heard; what was promised.
    """

    leave: Row | None
    join: Row | None
    back: Row | None
    message: Row | None
    promise: Row | None


def place_id(call_id: str, turn: int) -> str:
    """Return the id of the place in line of a call that was queued at this turn."""
    return f"{call_id}-{turn}"


def change(entry: Entry, at: datetime, cipher: Cipher) -> Change:
    """Return what keeps the line in step with this turn, in the same commit."""
    leave = join = back = message = promise = None
    for event in entry.events:
        match event:
            case Said() | Entered() | Missed():
                pass  # Most events are none of the line's business.
            case Waiting(Agent() as wanted, turn):
                join = _joining(entry, at, wanted, turn)
            case Ended() | Heard(LeftQueue() | Transferred() | Rescued()) if not _moved(event):
                leave = {"call": entry.call_id, "now": moment(at)}
            case AskedBack(number, queue):
                back = _back(entry, at, number, queue, cipher)
            case Heard(Recorded(sid, seconds) as told) if sid and seconds > 0 and not remarks(entry):
                message = _message(entry, at, told)
            case Heard(InLine(low=low, high=high) as told) if high > low:
                promise = _promise(entry, at, low, high, told)
    return Change(leave, join, back, message, promise)


def _moved(event: Event) -> bool:
    """Is the caller only elsewhere now? Then the line already says with whom they talk."""
    return isinstance(event, Heard) and isinstance(event.input, LeftQueue) and event.input.result in MOVED


def _joining(entry: Entry, at: datetime, wanted: Agent, turn: int) -> Row:
    return _standing(entry, at, wanted.queue, place_id(entry.call_id, turn)) | {
        "rank": wanted.priority,
        "wants": wanted.agent or None,
        "level": wanted.level,
        "router": wanted.router,
        "lately": moment(at - REDIAL),
        # As they stand in the agents' list of skills.
        "serves": dumps(f"queue:{wanted.queue}"),
        "speaks": dumps(f"language:{entry.call.language}"),
    }


def _back(entry: Entry, at: datetime, number: str, queue: str, cipher: Cipher) -> Row:
    queue = queue or entry.call.facts.get("queue", "")
    told = {"number": cipher.seal(number), "number_hash": cipher.hash(number), "due": moment(at + BACK_WITHIN)}
    return _standing(entry, at, queue, f"{entry.call_id}-back") | told


def _message(entry: Entry, at: datetime, left: Recorded) -> Row:
    line_id = f"{entry.call_id}-message-{entry.turn}"
    facts, urgent = entry.call.facts, bool(left.matter)
    due = moment(at if urgent else at + HEARD_WITHIN)
    told = {
        "recording": left.sid,
        "due": due,
        "level": int(facts.get("level", "0")),
        "rank": URGENT if urgent else None,
    }
    return _standing(entry, at, facts.get("queue", ""), line_id) | told


def _standing(entry: Entry, at: datetime, queue: str, line_id: str) -> Row:
    return {
        "line_id": line_id,
        "call": entry.call_id,
        "queue": queue,
        "language": entry.call.language,
        "matter": entry.call.facts.get("matter", ""),
        "mark": entry.call.facts.get("mark", ""),
        "now": moment(at),
    }


def _promise(entry: Entry, at: datetime, low: int, high: int, told: InLine) -> Row | None:
    """Return what the caller was told; none where they were no longer in line."""
    if entry.call.line is None:
        return None
    standing = {"ahead": max(0, told.position - 1), "agents": told.agents}
    return {"line": place_id(entry.call_id, entry.call.line), "at": moment(at), "low": low, "high": high} | standing
