"""All that is kept of whoever calls from one number: found, and erased, so that what is counted stays counted."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Engine, Table, delete, func, or_, select, text, tuple_, update

from ivr.flow import record
from ivr.flow.events import Event
from ivr.store.audit import entries
from ivr.store.blocked import NOBODY, blocked, forget
from ivr.store.crypto import of
from ivr.store.desk_tables import cases, drafts, guests, line, wrapups
from ivr.store.engine import begun, opened
from ivr.store.errors import StoreError
from ivr.store.fact_tables import facts, marks
from ivr.store.filters import saved_filters
from ivr.store.guesses import guesses, proofs
from ivr.store.messages import ERASED
from ivr.store.tables import calls, messages, turns
from ivr.store.texts import texts

SOME: Final = 1000  # Turns read at once.
OPEN: Final = ("waiting", "offered", "talking")
Rows = Sequence[Mapping[str, Any]]


class TalkingError(StoreError):
    """A call of theirs goes on."""


@dataclass(frozen=True, slots=True)
class Person:
    """A number in E.164, and the forms in which it may be written: as it is dialled at home, and so on."""

    number: str
    forms: Sequence[str]


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a person, as rows: `calls` of theirs, and `mentions`, the ids of other calls that name them."""

    calls: Rows
    mentions: Sequence[str]
    turns: Rows
    messages: Rows
    texts: Rows
    line: Rows
    wrapups: Rows
    drafts: Rows
    cases: Rows
    guests: Rows
    guesses: Rows
    proofs: Rows
    searches: Rows
    blocked: Rows
    audit: Rows


@dataclass(frozen=True, slots=True)
class Registry:
    """Finds and erases what is kept of people; `mark` is what a sign of a call is found by."""

    engine: Engine

    def find(self, person: Person, signs: Sequence[int], named: Collection[str] = ()) -> Kept:
        """Return all that is kept; `signs` are the marks of calls in which the number was keyed or noted.

        `named` are other calls that are known to name it.
        """
        hashes = [one for form in (person.number, *person.forms) for one in of(self.engine).hashes(form)]
        with opened(self.engine) as connection:
            mine = _rows(connection, calls, calls.c.caller_hash.in_(hashes), calls.c.started_at)
            ids = [row["id"] for row in mine]
            marked = connection.scalars(select(marks.c.call_id).where(marks.c.mark.in_(signs)).distinct())
            told = connection.scalars(select(texts.c.call_id).where(texts.c.number_hash.in_(hashes)))
            rung = connection.scalars(select(line.c.call_id).where(line.c.number_hash.in_(hashes)))
            mentions = sorted({*marked, *told, *rung, *named} - {*ids})
            places = or_(line.c.call_id.in_(ids), line.c.number_hash.in_(hashes), line.c.caller_hash.in_(hashes))
            stood = _rows(connection, line, places, line.c.joined_at)
            named = [row["id"] for row in stood]
            named += connection.scalars(select(line.c.id).where(line.c.call_id.in_(mentions)))
            return Kept(
                calls=mine,
                mentions=mentions,
                turns=_rows(connection, turns, turns.c.call_id.in_([*ids, *mentions]), turns.c.call_id, turns.c.turn),
                messages=_rows(connection, messages, messages.c.call_id.in_(ids), messages.c.created_at),
                texts=_rows(connection, texts, texts.c.call_id.in_(ids) | texts.c.number_hash.in_(hashes), texts.c.id),
                line=stood,
                wrapups=_rows(connection, wrapups, wrapups.c.line.in_(named), wrapups.c.at),
                drafts=_rows(connection, drafts, drafts.c.line.in_(named), drafts.c.at),
                cases=_rows(connection, cases, cases.c.caller_hash.in_(hashes), cases.c.opened_at),
                guests=[
                    row for row in _rows(connection, guests, guests.c.line.in_(named)) if _in(person, row["phone"])
                ],
                guesses=_rows(connection, guesses, _either(guesses, hashes), guesses.c.at),
                proofs=_rows(connection, proofs, _either(proofs, hashes), proofs.c.at),
                searches=[row for row in _rows(connection, saved_filters) if _in(person, row["query"])],
                blocked=_blocked(connection, person, hashes),
                audit=_audit(connection, person),
            )

    def named(self, person: Person) -> set[str]:
        """Return the calls in which the number stands anywhere; that reads all turns of all calls."""
        found, key, last = set[str](), (turns.c.call_id, turns.c.turn), ("", -1)
        query = select(*key, turns.c.events).order_by(*key).limit(SOME)
        while True:
            with opened(self.engine) as connection:
                rows = connection.execute(query.where(tuple_(*key) > last)).all()
            found |= {row.call_id for row in rows if _in(person, row.events)}
            if len(rows) < SOME:
                return found
            last = (rows[-1].call_id, rows[-1].turn)

    def begun(self, kept: Kept) -> dict[str, tuple[int, str]]:
        """Return the version of the menus, and the language of the greeting, of each call."""
        ids = [*kept.mentions, *(row["id"] for row in kept.calls)]
        with opened(self.engine) as connection:
            found = connection.execute(select(calls.c.id, calls.c.version, calls.c.greeted).where(calls.c.id.in_(ids)))
            return {row.id: (row.version, row.greeted) for row in found}

    def erase(self, person: Person, kept: Kept, made: dict[str, list[tuple[Event, ...]]], now: datetime) -> None:
        """Take the person out of all of it, or nothing; `made` are the turns of each call without their numbers.

        Raise TalkingError while they talk, and StoreError where anything changed since it was found.
        """
        nobody = token_hex(32)  # The same for all their calls, as who rings again is counted.
        with begun(self.engine) as connection:
            if connection.dialect.name == "sqlite":
                connection.execute(text("PRAGMA secure_delete = ON"))
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            _free(kept)
            self._calls(connection, kept, nobody)
            self._turns(connection, made)
            self._others(connection, person, kept, nobody, now)
        if self.engine.dialect.name == "sqlite":
            with opened(self.engine) as connection:
                connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))

    def _calls(self, connection: Connection, kept: Kept, nobody: str) -> None:
        told = {"caller": "", "caller_hash": nobody, "caller_last4": NOBODY, "digested": False}
        for row in kept.calls:
            same = (calls.c.id == row["id"]) & (calls.c.turn == row["turn"]) & calls.c.ended_at.is_not(None)
            if connection.execute(update(calls).where(same).values(told)).rowcount != 1:
                raise StoreError("a call of theirs has gone on meanwhile: say it again")
        ids = [row["id"] for row in kept.calls]
        hidden = {"caller_hash": nobody, "caller_last4": NOBODY}
        connection.execute(update(facts).where(facts.c.call_id.in_(ids)).values(hidden))
        connection.execute(update(calls).where(calls.c.id.in_(kept.mentions)).values(digested=False))
        connection.execute(delete(marks).where(marks.c.call_id.in_([*ids, *kept.mentions])))
        # By the carrier's id it is known whatever the carrier still tells of it.
        gone = {"state": "absent", "file": None, "transcript": None, "error": ERASED}
        connection.execute(update(messages).where(messages.c.call_id.in_(ids)).values(gone | {"next_try_at": None}))

    def _turns(self, connection: Connection, made: dict[str, list[tuple[Event, ...]]]) -> None:
        for call_id, events in made.items():
            for number, turn in enumerate(events):
                same = (turns.c.call_id == call_id) & (turns.c.turn == number)
                connection.execute(update(turns).where(same).values(events=record.write(turn)))

    def _others(self, connection: Connection, person: Person, kept: Kept, nobody: str, now: datetime) -> None:
        over = {"state": "left", "ended_at": now}
        for row in kept.line:
            ended = over if row["state"] in OPEN else {}
            told = {"number": None, "number_hash": None, "recording": None}
            theirs = {"caller_hash": nobody} if row["call_id"] in {one["id"] for one in kept.calls} else {}
            connection.execute(update(line).where(line.c.id == row["id"]).values(told | theirs | ended))
        for row in kept.texts:
            hidden = {"number": "", "number_hash": token_hex(32), "number_last4": "", "words": "", "next_try_at": None}
            still = {"state": "given up"} if row["state"] in ("waiting", "sending") else {}
            connection.execute(update(texts).where(texts.c.id == row["id"]).values(hidden | still))
        mine = {row["id"] for row in kept.line}
        for table in (wrapups, drafts):
            for row in getattr(kept, table.name):
                same = (table.c.line == row["line"]) & (table.c.agent == row["agent"])
                note = "" if row["line"] in mine else _without(person, row["note"])
                connection.execute(update(table).where(same).values(note=note))
        for row in kept.cases:
            connection.execute(update(cases).where(cases.c.id == row["id"]).values(title="", caller_hash=nobody))
        for row in kept.guests:
            connection.execute(update(guests).where(guests.c.id == row["id"]).values(phone=""))
        forget(connection, person.number, now)
        for row in kept.blocked:
            others = (blocked.c.id == row["id"]) & (blocked.c.number_last4 != NOBODY)
            connection.execute(update(blocked).where(others).values(reason=_without(person, row["reason"])))
        for table, rows in ((guesses, kept.guesses), (proofs, kept.proofs), (saved_filters, kept.searches)):
            for row in rows:
                connection.execute(delete(table).where(*(key == row[key.name] for key in table.primary_key)))


def _free(kept: Kept) -> None:
    if any(row["ended_at"] is None for row in kept.calls):
        raise TalkingError("a call of theirs goes on: wait until it is over")
    if any(row["state"] in ("offered", "talking") for row in kept.line):
        raise TalkingError("an agent talks with them, or is about to: wait until that is over")


def _rows(connection: Connection, table: Table, where: ColumnElement[bool] | None = None, *order: Any) -> Rows:
    query = select(table) if where is None else select(table).where(where)
    return [dict(row) for row in connection.execute(query.order_by(*order)).mappings()]


def _either(table: Table, hashes: Sequence[str]) -> ColumnElement[bool]:
    return table.c.caller_hash.in_(hashes) | table.c.who_hash.in_(hashes)


def _in(person: Person, told: str) -> bool:
    return any(form in told for form in person.forms)


def _without(person: Person, told: str) -> str:
    for form in (person.number, *person.forms):
        told = told.replace(form, "…")
    return told


def _blocked(connection: Connection, person: Person, hashes: Sequence[str]) -> Rows:
    """Return their blocks, and those of others, without whose, for a reason that names them."""
    rows = _rows(connection, blocked, None, blocked.c.at)
    mine = [row for row in rows if row["number_hash"] in hashes]
    return [*mine, *({**row, "number": ""} for row in rows if row not in mine and _in(person, row["reason"]))]


def _audit(connection: Connection, person: Person) -> Rows:
    """Return the entries of the audit log that name them; nobody can change those."""
    told = func.coalesce(entries.c.subject, "") + " " + entries.c.detail
    return _rows(connection, entries, or_(*(told.contains(form) for form in person.forms)), entries.c.id)
