"""The SMS that callers are sent: each has its row in the commit of the turn that says so, and is sent at most once."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final, Literal

from sqlalchemy import (
    Column,
    Engine,
    Index,
    Integer,
    RowMapping,
    String,
    Table,
    Text,
    and_,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.exc import IntegrityError

from ivr.flow.events import Texted
from ivr.store.crypto import Cipher, Sealed, last4, of
from ivr.store.engine import begun, opened
from ivr.store.entries import Entry
from ivr.store.errors import StoreError
from ivr.store.tables import INSERT, Insert, Moment, meta

# Waiting for the carrier to be asked; in a hand that asks it, which may have died; taken by the carrier; taken, but
# not to be delivered; not to be sent any more.
State = Literal["waiting", "sending", "sent", "failed", "given up"]

LONGEST: Final = 500  # Characters; a longer text is cut.
LEASE: Final = timedelta(minutes=1)  # A request to the carrier is over long before.
DAY: Final = timedelta(hours=24)
OPEN: Final = ("waiting", "sending")

texts = Table(
    "texts",
    meta,
    # The call, the turn, and which of its events.
    Column("id", String(96), primary_key=True),
    Column("call_id", String(64), nullable=False),
    Column("place", Text, nullable=False),
    Column("language", String(35), nullable=False),
    Column("number", Sealed, nullable=False),
    Column("number_hash", String(64), nullable=False),
    Column("number_last4", String(4), nullable=False),
    Column("words", Sealed, nullable=False),
    Column("state", String(16), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_try_at", Moment),
    Column("error", Text),
    # The carrier's id of it: two rows never stand for one SMS.
    Column("sid", String(64), unique=True),
    Column("created_at", Moment, nullable=False),
    Column("sent_at", Moment),
    Index(None, "state", "next_try_at"),
    Index(None, "number_hash", "created_at"),
    Index(None, "call_id"),
    Index(None, "created_at"),
)


@dataclass(frozen=True, slots=True)
class Sms:
    """A text to a number (E.164), of a place in the menus, with what became of it.

    `sid` is the carrier's id of it, `error` why it did not go or has not gone yet.
    """

    id: str
    call_id: str
    place: str
    language: str
    number: str = field(repr=False)
    number_hash: str
    number_last4: str
    words: str = field(repr=False)
    state: State
    tries: int
    next_try_at: datetime | None
    error: str | None
    sid: str | None
    created_at: datetime
    sent_at: datetime | None


class Texts:
    """The keeping of texts: written down with their turns, then sent, or given up."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, call_id: str, event: Texted, at: datetime) -> None:
        """Have a text sent that no turn of the call says, once, however often it is added."""
        row = _row(f"{call_id}-{event.place}", call_id, event, at, of(self._engine))
        with begun(self._engine) as connection:
            connection.execute(adding(connection.dialect.name), row)

    def due(self, now: datetime, limit: int = 100) -> list[str]:
        """Return the ids of texts that are to be tried by now, the longest waiting first."""
        query = select(texts.c.id).where(_due(now)).order_by(texts.c.next_try_at, texts.c.id).limit(limit)
        with opened(self._engine) as connection:
            return list(connection.scalars(query))

    def claim(self, text_id: str, now: datetime) -> tuple[Sms, bool] | None:
        """Take a due text in hand for a minute; None where it is not due, or another has it.

        With it goes whether the carrier may have it already, as nobody knows how the last try ended.
        """
        told = {"state": "sending", "tries": texts.c.tries + 1, "next_try_at": now + LEASE}
        with begun(self._engine) as connection:
            for state in OPEN:
                mine = and_(texts.c.id == text_id, texts.c.state == state, texts.c.next_try_at <= now)
                row = connection.execute(update(texts).where(mine).values(told).returning(texts)).mappings().first()
                if row:
                    return _made(row), state == "sending"
        return None

    def before(self, text: Sms) -> int:
        """Return how many texts that were not given up the number was to get in the day before this one."""
        earlier = tuple_(texts.c.created_at, texts.c.id) < (text.created_at, text.id)
        lately = and_(texts.c.number_hash == text.number_hash, texts.c.created_at > text.created_at - DAY)
        query = select(func.count()).select_from(texts).where(lately, earlier, texts.c.state != "given up")
        with opened(self._engine) as connection:
            return int(connection.scalar(query) or 0)

    def gone(self, since: datetime) -> int:
        """Return how many texts the carrier took since a moment; it reads all of them."""
        with opened(self._engine) as connection:
            return int(connection.scalar(select(func.count()).select_from(texts).where(texts.c.sent_at > since)) or 0)

    def known(self, sids: list[str]) -> set[str]:
        """Return those of the carrier's ids that stand for a text already."""
        with opened(self._engine) as connection:
            return {str(sid) for sid in connection.scalars(select(texts.c.sid).where(texts.c.sid.in_(sids)))}

    def sent(self, text_id: str, sid: str, now: datetime, failed: str = "") -> bool:
        """Write down that the carrier has it under this id; `failed` is why it cannot be delivered.

        Nothing is, and False returned, where another text has this id.
        """
        told = {"state": "failed" if failed else "sent", "sid": sid, "sent_at": now, "error": failed or None}
        try:
            self._note(text_id, told | {"next_try_at": None})
        except StoreError as error:
            if isinstance(error.__cause__, IntegrityError):
                return False
            raise
        return True

    def later(self, text: Sms, error: str, at: datetime, unsure: bool) -> bool:
        """Write down why it has not gone, and when to try again; return False where that is too late, and it is given
        up: a day after it was written. Where it is `unsure` whether the carrier has it, that is looked up first.
        """
        over = at > text.created_at + DAY
        state = "given up" if over else "sending" if unsure else "waiting"
        self._note(text.id, {"state": state, "error": error, "next_try_at": None if over else at})
        return not over

    def give_up(self, text_id: str, error: str) -> None:
        """Write down that it is not to be sent, and why."""
        self._note(text_id, {"state": "given up", "error": error, "next_try_at": None})

    def of_call(self, call_id: str) -> list[Sms]:
        """Return the texts that a call had sent, in order."""
        query = select(texts).where(texts.c.call_id == call_id).order_by(texts.c.created_at, texts.c.id)
        with opened(self._engine) as connection:
            return [_made(row) for row in connection.execute(query).mappings()]

    def _note(self, text_id: str, told: dict[str, Any]) -> None:
        with begun(self._engine) as connection:
            # Whoever had it in hand for too long has nothing more to say about what another has sent.
            connection.execute(update(texts).where(texts.c.id == text_id, texts.c.state.in_(OPEN)).values(told))


def rows(entry: Entry, at: datetime, cipher: Cipher) -> tuple[dict[str, Any], ...]:
    """Return the rows of the texts that this turn of a call has sent; the same for a turn that is told twice."""
    found = [(place, event) for place, event in enumerate(entry.events) if isinstance(event, Texted)]
    return tuple(
        _row(f"{entry.call_id}-{entry.turn}-{place}", entry.call_id, event, at, cipher) for place, event in found
    )


@cache
def adding(dialect: str) -> Insert:
    """Return the statement that writes such rows; one that is there stays as it is."""
    return INSERT[dialect](texts).on_conflict_do_nothing()


def _row(text_id: str, call_id: str, event: Texted, at: datetime, cipher: Cipher) -> dict[str, Any]:
    words = event.words.strip()
    number = {"number": event.number, "number_hash": cipher.hash(event.number), "number_last4": last4(event.number)}
    told = {"place": event.place, "language": event.language, "state": "waiting", "tries": 0}
    cut = words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"
    return {"id": text_id, "call_id": call_id, "words": cut, "next_try_at": at, "created_at": at} | number | told


def _due(now: datetime) -> Any:
    return and_(or_(*(texts.c.state == state for state in OPEN)), texts.c.next_try_at <= now)


def _made(row: RowMapping) -> Sms:
    return Sms(**row)
