"""A batch of turns: those that were not taken are written whole, the others leave no trace."""

from sqlalchemy import Engine, select

from ivr.store.batch import rows, write
from ivr.store.crypto import of
from ivr.store.entries import Entry
from ivr.store.tables import calls, turns
from tests.stores import first, following, hung_up, new_call_id


def written(engine: Engine, *entries: Entry) -> set[str]:
    """Write these turns in one batch; return the calls whose turn was not taken."""
    with engine.connect() as connection:
        taken = write(connection, [rows(entry, of(engine)) for entry in entries])
        connection.commit()
    return taken


def test_of_a_batch_only_the_turns_that_were_not_taken_are_written(engine: Engine) -> None:
    begun = [first(new_call_id()) for _ in range(3)]
    gone, went_on, again = (entry.call_id for entry in begun)
    assert written(engine, *begun) == {gone, went_on, again}
    assert written(engine, hung_up(begun[0])) == {gone}
    new = first(new_call_id())
    late = [following(begun[0]), following(begun[1]), begun[2], new]
    assert written(engine, *late) == {went_on, new.call_id}
    with engine.connect() as connection:
        found = connection.execute(select(calls.c.id, calls.c.place, calls.c.outcome, calls.c.turn)).all()
        asked = connection.execute(select(turns.c.call_id, turns.c.asked)).all()
    assert {row.id: (row.place, row.outcome, row.turn) for row in found} == {
        gone: ("main", "hung-up", 2),
        went_on: ("frozen", None, 2),
        again: ("main", None, 1),
        new.call_id: ("main", None, 1),
    }
    assert sorted(asked) == sorted(
        [(entry.call_id, "incoming") for entry in (*begun, new)] + [(gone, "hangup"), (went_on, "turn/1")]
    )


def test_a_turn_is_read_as_it_was_written(engine: Engine) -> None:
    begun = first(new_call_id())
    ended = hung_up(begun)
    written(engine, begun)
    written(engine, ended)
    with engine.connect() as connection:
        at = connection.scalars(select(turns.c.at).order_by(turns.c.turn)).all()
        ended_at = connection.scalar(select(calls.c.ended_at))
    assert at == [begun.call.at, ended.call.at]
    assert ended_at == ended.call.at
