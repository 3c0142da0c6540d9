"""The tries to prove who one is, and who has proven what, counted by several conditions; numbers as hashes only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Index,
    String,
    Table,
    and_,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)

from ivr.flow.questions import NO_ANSWER, UNAVAILABLE
from ivr.store.tables import INSERT, Moment, meta

OWNER: Final = "owner"  # Calls from a number that has proven this account.
PHONE: Final = "phone"  # Calls from the very number that was keyed; such a number can be forged.
CODE: Final = "code"  # Checks a code that was sent to this account's phone a moment ago.
STRANGER: Final = "stranger"
UNCOUNTED: Final = ("right", UNAVAILABLE)
OPEN: Final = ("", *NO_ANSWER)  # What a later answer still takes the place of.
SWEPT_AT_ONCE: Final = 1000  # Few enough that no turn waits for them.
Condition = ColumnElement[bool]

guesses = Table(
    "guesses",
    meta,
    Column("request_id", String(128), primary_key=True),
    Column("question", String(16), nullable=False),
    Column("who_hash", String(64), nullable=False),
    Column("caller_hash", String(64), nullable=False),
    # owner, phone, code, stranger: whose allowance it uses up.
    Column("standing", String(16), nullable=False),
    Column("at", Moment, nullable=False),
    # Whether the wallet may be asked; what it said, "" while nobody knows; whether that counts.
    Column("allowed", Boolean, nullable=False),
    Column("outcome", String(32), nullable=False),
    Column("counts", Boolean, nullable=False),
    *(Index(None, "question", "counts", name, "at") for name in ("who_hash", "caller_hash", "standing")),
    Index(None, "at"),
)

proofs = Table(
    "proofs",
    meta,
    Column("caller_hash", String(64), primary_key=True),
    Column("who_hash", String(64), primary_key=True),
    # First and last.
    Column("since", Moment, nullable=False),
    Column("at", Moment, nullable=False),
    Index(None, "at"),
)


@dataclass(frozen=True, slots=True)
class Guess:
    """A try: at what, on whom, by whom (as hashes, the current secret's first), and when."""

    question: str
    who: Sequence[str]
    caller: Sequence[str]
    at: datetime

    @property
    def _asked(self) -> Condition:
        return guesses.c.question == self.question

    def of_strangers(self) -> Condition:
        """The tries of strangers on the same account, whoever they are."""
        return and_(self._asked, guesses.c.who_hash.in_(self.who), guesses.c.standing != OWNER)

    def of_caller(self) -> Condition:
        """The tries of the same caller as a stranger, whatever the account."""
        return and_(self._asked, guesses.c.caller_hash.in_(self.caller), guesses.c.standing != OWNER)

    def of_owner(self) -> Condition:
        """The tries of the same caller on the account that they have proven before."""
        mine = guesses.c.caller_hash.in_(self.caller) & (guesses.c.standing == OWNER)
        return and_(self._asked, guesses.c.who_hash.in_(self.who), mine)

    def of_all(self, standing: str) -> Condition:
        """The tries of everybody who stands as this one does."""
        return and_(self._asked, guesses.c.standing == standing)


def allowed_before(connection: Connection, request_id: str) -> bool | None:
    """Return what was decided about a try before, None for a new one; where it was allowed, it is in the open again.

    What could not be answered did not count: it does once more, as the wallet is about to be asked once more.
    """
    same = guesses.c.request_id == request_id
    found = connection.execute(select(guesses.c.allowed, guesses.c.outcome).where(same)).first()
    if found is None:
        return None
    if found.allowed and found.outcome == UNAVAILABLE:
        connection.execute(update(guesses).where(same).values(outcome="", counts=True))
    return bool(found.allowed)


def outcome_before(connection: Connection, request_id: str) -> str | None:
    """Return what was said to a try before, "" while nobody knows; None for a new one."""
    return connection.scalar(select(guesses.c.outcome).where(guesses.c.request_id == request_id))


def begin(connection: Connection, request_id: str, guess: Guess, standing: str, allowed: bool) -> None:
    """Write a new try down, as a wrong one until more is known; one that is not allowed does not count."""
    told = {"who_hash": guess.who[0], "caller_hash": guess.caller[0], "question": guess.question, "at": guess.at}
    kept = {"standing": standing, "allowed": allowed, "outcome": "", "counts": allowed}
    connection.execute(guesses.insert().values(request_id=request_id, **told, **kept))


def end(connection: Connection, request_id: str, outcome: str) -> tuple[str, str] | None:
    """Note what the wallet said; return the caller's and the account's hash, None where it had answered before."""
    mine = and_(guesses.c.request_id == request_id, guesses.c.allowed, guesses.c.outcome.in_(OPEN))
    # A code may be on its way though nobody said so.
    counts = or_(guesses.c.question == "send_code", literal(outcome not in UNCOUNTED))
    done = update(guesses).where(mine).values(outcome=outcome, counts=counts)
    found = connection.execute(done.returning(guesses.c.caller_hash, guesses.c.who_hash)).first()
    return (found.caller_hash, found.who_hash) if found else None


def used(connection: Connection, guess: Guess, spans: Iterable[tuple[Condition, timedelta]]) -> Sequence[int]:
    """Return how many of such tries count, for each condition and span of time back from this try."""
    counts = [_counted(condition, guess.at - span) for condition, span in spans]
    return connection.execute(select(*(select(func.count()).where(each).scalar_subquery() for each in counts))).one()


def row(connection: Connection, guess: Guess, condition: Condition, span: timedelta) -> tuple[int, datetime | None]:
    """Return how many such tries are wrong in a row, and when the last was; a right one ends its own account's only.

    Else whoever has a wallet of their own would be right there between guesses at others.
    """
    later = guesses.alias()
    same = and_(later.c.question == guess.question, later.c.caller_hash == guesses.c.caller_hash)
    right = and_(later.c.counts.is_(False), later.c.outcome == "right", later.c.at > guesses.c.at)
    ended = exists().where(same, later.c.who_hash == guesses.c.who_hash, right)
    query = select(func.count(), func.max(guesses.c.at)).where(_counted(condition, guess.at - span), ~ended)
    many, last = connection.execute(query).one()
    return many, last


def sent(connection: Connection, guess: Guess, span: timedelta) -> bool:
    """Tell whether a code was sent to this account's phone so lately."""
    codes = and_(guesses.c.question == "send_code", guesses.c.who_hash.in_(guess.who))
    return bool(connection.scalar(select(exists().where(_counted(codes, guess.at - span)))))


def proven(connection: Connection, guess: Guess, span: timedelta, settled: timedelta) -> bool:
    """Tell whether this caller has proven this account so lately, for the first time so long ago."""
    mine = and_(proofs.c.caller_hash.in_(guess.caller), proofs.c.who_hash.in_(guess.who))
    lately = (proofs.c.at > guess.at - span) & (proofs.c.since <= guess.at - settled)
    return bool(connection.scalar(select(exists().where(mine, lately))))


def prove(connection: Connection, caller: str, names: Iterable[str], at: datetime) -> None:
    """Write down that a caller has proven an account, known by these names."""
    # In the same order by everybody, so that no two wait for one another.
    rows = [{"caller_hash": caller, "who_hash": name, "since": at, "at": at} for name in sorted(set(names))]
    insert = INSERT[connection.dialect.name](proofs).values(rows)
    connection.execute(insert.on_conflict_do_update(index_elements=["caller_hash", "who_hash"], set_={"at": at}))


def sweep_guesses(connection: Connection, before: datetime) -> int:
    """Delete some of the tries from before a moment; return how many."""
    old = select(guesses.c.request_id).where(guesses.c.at < before).limit(SWEPT_AT_ONCE)
    return connection.execute(delete(guesses).where(guesses.c.request_id.in_(old))).rowcount


def sweep_proofs(connection: Connection, before: datetime) -> int:
    """Delete some callers' proofs, the last of which is from before a moment; return how many."""
    old = select(proofs.c.caller_hash).where(proofs.c.at < before).limit(SWEPT_AT_ONCE)
    return connection.execute(delete(proofs).where(proofs.c.at < before, proofs.c.caller_hash.in_(old))).rowcount


def _counted(condition: Condition, since: datetime) -> Condition:
    return and_(condition, guesses.c.counts, guesses.c.at > since)
