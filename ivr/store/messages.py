"""The messages callers left: each has its row from the first word of it, whether or not its file ever comes."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final, Literal
from uuid import uuid4

from sqlalchemy import Engine, RowMapping, and_, case, exists, func, not_, or_, select, update

from ivr.flow.events import Learned
from ivr.flow.inputs import Recorded
from ivr.store.desk_tables import line
from ivr.store.engine import begun, opened
from ivr.store.entries import Entry
from ivr.store.tables import INSERT, Insert, calls, messages

State = Literal["wanted", "fetched", "absent", "failed"]
Status = Literal["completed", "absent", "failed"]
Kind = Literal["message", "remark", "talk"]

# How long after the recorder stopped we ask for the file ourselves, if the carrier does not tell that it is ready.
UNTOLD: Final = timedelta(seconds=30)
LEASE: Final = timedelta(minutes=2)
FIRST_PAUSE: Final = timedelta(seconds=5)
LONGEST_PAUSE: Final = timedelta(hours=2)
GIVE_UP: Final = timedelta(hours=24)
ERASED: Final = "erased"  # Why a recording is absent that its caller wished gone; it never comes back.
HEARABLE: Final = ("wanted", "fetched")
REMARK: Final = "remark"  # The fact that a survey's recording becomes.
TOLD: Final = ("call_id", "kind", "queue", "language", "matter")  # What the call knows better than the carrier.


@dataclass(frozen=True, slots=True)
class Message:
    """What was recorded: a message a caller left, a remark after the call, or a talk with an agent.

    `file` is its name in the folder of its kind once it is fetched; `transcript` what is said in it, where that is
    written down.
    """

    id: str
    call_id: str
    kind: Kind
    recording_sid: str | None
    queue: str
    language: str
    matter: str
    seconds: int | None
    state: State
    file: str | None
    bytes: int | None
    tries: int
    next_try_at: datetime | None
    error: str | None
    created_at: datetime
    transcript: str | None


class Messages:
    """The keeping of messages: told of by the call and by the carrier in any order, then fetched, or given up."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def engine(self) -> Engine:
        """The database that they are in."""
        return self._engine

    def report(
        self,
        recording_sid: str,
        call_id: str,
        status: Status,
        seconds: int | None,
        now: datetime,
        kind: Kind = "message",
    ) -> str:
        """Write down what the carrier tells of a recording; return the message's id.

        A completed one is wanted at once; absent and failed are final, unless the file is already here. A recording
        of a call that we do not know gets its row as well.
        """
        state: State = "wanted" if status == "completed" and seconds != 0 else _lost(status)
        row = _row(recording_sid, call_id, seconds, state, now)
        row |= {"kind": kind, "queue": "", "language": "", "matter": ""}
        with begun(self._engine) as connection:
            message_id: str = connection.execute(_reported(self._engine.dialect.name), row).scalar_one()
        return message_id

    def due(self, now: datetime, limit: int = 100) -> list[str]:
        """Return the ids of messages whose file is to be tried for by now, the longest waiting first."""
        query = select(messages.c.id).where(_due(now)).order_by(messages.c.next_try_at).limit(limit)
        with opened(self._engine) as connection:
            return list(connection.scalars(query))

    def claim(self, message_id: str, now: datetime) -> Message | None:
        """Take a due message in hand for two minutes, or return None where it is not due or somebody else has it."""
        claim = update(messages).where(messages.c.id == message_id, _due(now)).values(next_try_at=now + LEASE)
        with begun(self._engine) as connection:
            row = connection.execute(claim.returning(messages)).mappings().first()
        return _made(row) if row else None

    def fetched(self, message_id: str, file: str, size: int, clear_at: datetime | None = None) -> bool:
        """Write down that the file is here, under this name and of so many bytes; False where nobody may keep it.

        From `clear_at` on the carrier's own copy is to be deleted; never where that is None.
        """
        done = {"state": "fetched", "file": file, "bytes": size, "next_try_at": clear_at, "error": None}
        with begun(self._engine) as connection:
            kept = and_(messages.c.id == message_id, not_(_erased()))
            return connection.execute(update(messages).where(kept).values(done)).rowcount > 0

    def missed(self, message_id: str, error: str, now: datetime) -> datetime | None:
        """Write down why the file did not come, and return when to try again.

        That is ever more seldom, and never (None) once a day has passed since the message was left.
        """
        message = self.find(message_id)
        if message is None or message.state != "wanted":
            return None
        pause: timedelta = min(FIRST_PAUSE * 2 ** min(message.tries, 20), LONGEST_PAUSE)
        over = now + pause > message.created_at + GIVE_UP
        change = {"tries": message.tries + 1, "error": error, "state": "failed" if over else "wanted"}
        change["next_try_at"] = None if over else now + pause
        with begun(self._engine) as connection:
            wanted = and_(messages.c.id == message_id, messages.c.state == "wanted")
            connection.execute(update(messages).where(wanted).values(change))
        return None if over else now + pause

    def moved(self, message_id: str, old: str, new: str, clear_at: datetime) -> bool:
        """Write down that the file has another name now; return whether it had this one."""
        had = and_(messages.c.id == message_id, messages.c.state == "fetched", messages.c.file == old)
        told = {"file": new, "next_try_at": clear_at}
        with begun(self._engine) as connection:
            return connection.execute(update(messages).where(had).values(told)).rowcount > 0

    def clearable(self, now: datetime, limit: int = 100) -> list[str]:
        """Return the ids of messages whose copy at the carrier is to be deleted by now, the longest waiting first."""
        query = select(messages.c.id).where(_clearable(now)).order_by(messages.c.next_try_at).limit(limit)
        with opened(self._engine) as connection:
            return list(connection.scalars(query))

    def claim_copy(self, message_id: str, now: datetime) -> Message | None:
        """Take one of them in hand for two minutes, or return None where it is none, or somebody else has it."""
        claim = update(messages).where(messages.c.id == message_id, _clearable(now)).values(next_try_at=now + LEASE)
        with begun(self._engine) as connection:
            row = connection.execute(claim.returning(messages)).mappings().first()
        return _made(row) if row else None

    def cleared(self, message_id: str, error: str | None = None, again: datetime | None = None) -> None:
        """Write down that the carrier has no copy any more; or why it has, and when to try again."""
        here = and_(messages.c.id == message_id, messages.c.state == "fetched")
        with begun(self._engine) as connection:
            connection.execute(update(messages).where(here).values(error=error, next_try_at=again))

    def find(self, message_id: str) -> Message | None:
        """Return the message, or None where there is none of that id."""
        with opened(self._engine) as connection:
            row = connection.execute(select(messages).where(messages.c.id == message_id)).mappings().first()
        return _made(row) if row else None

    def recorded(self, recording_sid: str) -> Message | None:
        """Return what became of the carrier's recording of this id, or None where nobody told of it."""
        query = select(messages).where(messages.c.recording_sid == recording_sid)
        with opened(self._engine) as connection:
            row = connection.execute(query).mappings().first()
        return _made(row) if row else None

    def unknown(self, recordings: Collection[str]) -> set[str]:
        """Return those of the carrier's recordings of which nobody told us."""
        query = select(messages.c.recording_sid).where(messages.c.recording_sid.in_(recordings))
        with opened(self._engine) as connection:
            return set(recordings) - set(connection.scalars(query))

    def unheard(self, since: datetime, until: datetime) -> list[Message]:
        """Return what was recorded between these moments in calls that are over, and is nobody's work; oldest first."""
        # By the call, too, as that has an index.
        work = exists().where(line.c.call_id == messages.c.call_id, line.c.recording == messages.c.recording_sid)
        going_on = exists().where(calls.c.id == messages.c.call_id, calls.c.ended_at.is_(None))
        theirs = and_(messages.c.kind == "message", messages.c.state.in_(HEARABLE), messages.c.seconds > 0)
        between = messages.c.created_at.between(since, until)
        query = select(messages).where(theirs, between, ~work, ~going_on).order_by(messages.c.created_at)
        with opened(self._engine) as connection:
            return [_made(row) for row in connection.execute(query).mappings()]

    def latest(self, limit: int = 100) -> list[Message]:
        """Return the newest messages, newest first."""
        query = select(messages).order_by(messages.c.created_at.desc(), messages.c.id).limit(limit)
        with opened(self._engine) as connection:
            return [_made(row) for row in connection.execute(query).mappings()]


def elsewhere(message: Message) -> bool:
    """Return whether the carrier may have a copy yet."""
    cleared = message.state == "fetched" and message.next_try_at is None and message.error is None
    return bool(message.recording_sid) and not cleared


def left(entry: Entry, recorded: Recorded, at: datetime) -> dict[str, Any]:
    """Return the row of the message that this turn of a call left; one in which nothing was said is absent."""
    said = bool(recorded.sid) and recorded.seconds > 0
    row = _row(recorded.sid or None, entry.call_id, recorded.seconds, "wanted" if said else "absent", at)
    row |= {"next_try_at": at + UNTOLD if said else None, "error": None if said else "nothing was said"}
    facts = entry.call.facts
    told = {"queue": facts.get("queue", ""), "language": entry.call.language, "matter": facts.get("matter", "")}
    return row | told | {"kind": "remark" if remarks(entry) else "message"}


def remarks(entry: Entry) -> bool:
    """Is what was recorded in this turn a remark, after the call, rather than a message?"""
    return any(isinstance(event, Learned) and event.name == REMARK for event in entry.events)


@cache
def upsert(dialect: str) -> Insert:
    """Return the statement that writes such rows; what the carrier has already told of the recording stays."""
    insert = INSERT[dialect](messages)
    told: dict[str, Any] = {name: insert.excluded[name] for name in TOLD}
    told["seconds"] = func.coalesce(messages.c.seconds, insert.excluded.seconds)
    return insert.on_conflict_do_update(index_elements=[messages.c.recording_sid], set_=told)


@cache
def _reported(dialect: str) -> Any:
    insert = INSERT[dialect](messages)
    new, old = insert.excluded, messages.c
    # Whatever the carrier still says, the file stays ours, and what was erased stays gone.
    here = or_(old.state == "fetched", _erased())
    told: dict[str, Any] = {
        name: case((here, old[name]), else_=new[name]) for name in ("state", "next_try_at", "error")
    }
    told["seconds"] = func.coalesce(new.seconds, old.seconds)
    return insert.on_conflict_do_update(index_elements=[old.recording_sid], set_=told).returning(old.id)


def _row(sid: str | None, call_id: str, seconds: int | None, state: State, at: datetime) -> dict[str, Any]:
    wanted = state == "wanted"
    told = {
        "state": state,
        "next_try_at": at if wanted else None,
        "error": None if wanted else f"the carrier says {state}",
    }
    row = {"id": uuid4().hex, "call_id": call_id, "recording_sid": sid, "seconds": seconds}
    return row | told | {"tries": 0, "created_at": at}


def _erased() -> Any:
    return func.coalesce(messages.c.error, "") == ERASED


def _lost(status: Status) -> State:
    return "failed" if status == "failed" else "absent"


def _due(now: datetime) -> Any:
    return and_(messages.c.state == "wanted", messages.c.next_try_at <= now)


def _clearable(now: datetime) -> Any:
    return and_(messages.c.state == "fetched", messages.c.next_try_at <= now)


def _made(row: RowMapping) -> Message:
    return Message(**row)
