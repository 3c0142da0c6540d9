"""What must be true of a database that was restored from a backup taken under load: all is as its journal says."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from itertools import count

from sqlalchemy import Engine, Table, select

from ivr import settings
from ivr.factory import utc_now
from ivr.flow.call import fold
from ivr.flow.engine import step
from ivr.flow.events import Heard
from ivr.parts import Parts, assemble
from ivr.reports.tallies import REST
from ivr.store.batch import rows
from ivr.store.crypto import of
from ivr.store.desk_tables import OPEN, line
from ivr.store.entries import Entry
from ivr.store.tables import calls, messages, turns
from ivr.store.texts import texts
from tests.processes import Server


@contextmanager
def parts_at(server: Server, database: str) -> Iterator[Parts]:
    """Give what a server would have behind it with another database."""
    told = {**server.environment, "DATABASE_URL": database, "PORT": str(server.port)}
    parts = assemble(settings.read(told, server.project), utc_now)
    try:
        yield parts
    finally:
        parts.engine.dispose()


def _all(engine: Engine, table: Table) -> set[tuple[object, ...]]:
    """Return a table's rows, as the database keeps them."""
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    with engine.connect() as connection:
        return {tuple(row) for row in connection.exec_driver_sql(f'SELECT {names} FROM "{table.name}"')}


def checked(source: Parts, restored: Parts, ended: Mapping[str, datetime], moment: datetime) -> Counter[str]:
    """Hold what was restored against its source, which went on, and against its own journal; return what was counted.

    `ended` are the calls of which everything was answered by these moments.
    """
    here, there = _all(restored.engine, turns), _all(source.engine, turns)
    assert here <= there, "a turn is not as it was written"
    known = {row[0] for row in _all(restored.engine, calls)}
    before = {call for call, at in ended.items() if at < moment}
    assert before <= known, "a call that was over before the backup is not in it"
    assert {row for row in there if row[0] in before} == {row for row in here if row[0] in before}
    assert {str(row[0]) for row in here} == known, "a call has no turn, or a turn no call"
    tally = Counter({"calls": len(known), "over before": len(before), "turns": len(here), "at the source": len(there)})
    return tally + whole(restored)


def whole(parts: Parts) -> Counter[str]:
    """Hold all calls of a database against their journals; return how many go on, and how many places in line are."""
    derived, tally = Counter[str](), Counter[str]()
    with parts.engine.connect() as connection:
        known = connection.scalars(select(calls.c.id)).all()
    for call_id in known:
        tally["going on"] += not of_call(parts, call_id, derived)
    _derived(parts, derived)
    tally["line"] = derived["line"]
    return tally


def of_call(parts: Parts, call_id: str, derived: Counter[str]) -> str:
    """Hold a call against its journal, and note what its turns must have left in other tables; return its outcome."""
    written, call, place = parts.journal.turns(call_id), parts.flow.new_call(), ""
    assert [turn.number for turn in written] == list(range(len(written))), call_id
    ended = None
    for turn in written:
        heard = turn.events[0]
        assert isinstance(heard, Heard)
        assert step(parts.flow, call, heard.input, heard.at).events == turn.events, call_id
        call = fold(call, turn.events)
        ended = ended or (call.at if call.ended else None)
        made = rows(Entry(call_id, turn.asked, turn.number, turn.events, call), of(parts.engine))
        place = "" if made.line.leave else place
        place = made.line.join["line_id"] if made.line.join else place
        for row in (made.line.join, made.line.message):
            derived.update([f"line {row['line_id']}"] if row else [])
        derived.update(f"message {row['recording_sid']}" for row in made.messages if row["recording_sid"])
        derived.update(f"text {row['id']}" for row in made.texts)
    with parts.engine.connect() as connection:
        row = connection.execute(select(calls).where(calls.c.id == call_id)).one()
        mine = (line.c.call_id == call_id) & (line.c.kind == "call")
        waiting = list(connection.scalars(select(line.c.id).where(mine, OPEN)))
    assert (row.turn, row.place, row.language) == (call.turn, call.node, call.language), call_id
    assert (row.outcome or "", row.ended_at) == (call.ended, ended), call_id
    assert waiting == ([place] if place else []), call_id
    return call.ended


def _derived(parts: Parts, wanted: Counter[str]) -> None:
    """What the journal has told the line, the inbox and the carrier is there, and nothing else; so are the tallies."""
    with parts.engine.connect() as connection:
        kinds = select(line.c.id).where(line.c.kind != "callback")  # One a number: the line itself decides.
        found = {f"line {one}" for one in connection.scalars(kinds)}
        wanted["line"] = len(found)
        found |= {f"message {one}" for one in connection.scalars(select(messages.c.recording_sid)) if one}
        found |= {f"text {one}" for one in connection.scalars(select(texts.c.id))}
    assert found == wanted.keys() - {"line"}
    tallied(parts)


def tallied(parts: Parts) -> None:
    """What calls came to, and their days and months, are what the journal makes of them."""
    later = count(1)  # Each time it is told, as days are not counted at once.
    kept = replace(parts.kept, now=lambda: utc_now() + next(later) * REST)
    while due := kept.due():
        for job in due:
            kept.take(job)
    differed = {what: other for what, _, other in kept.anew()}
    assert not any(differed.values()), f"made anew from the journal, these differ: {differed}"
