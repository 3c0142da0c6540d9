"""A batch of turns: those that were not taken are written whole, the others leave no trace."""

from collections.abc import Callable

from sqlalchemy import Engine, select, update

from ivr.store.batch import rows, write
from ivr.store.crypto import of
from ivr.store.desk_tables import agents, line
from ivr.store.engine import by_statements
from ivr.store.entries import Entry
from ivr.store.tables import calls, turns
from tests.bench.plans import noted
from tests.stores import NOON, Postgres, first, following, hung_up, new_call_id, queued


def written(engine: Engine, *entries: Entry) -> set[str]:
    """Write these turns in one batch; return the calls whose turn was not taken."""
    with engine.connect() as connection:
        taken = write(by_statements(connection), [rows(entry, of(engine)) for entry in entries])
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


def on(engine: Engine, *skills: str) -> None:
    """Have agents with these skills be there."""
    same = {"phone": "", "state": "available", "reason": "", "since": NOON, "misses": 0}
    with engine.begin() as connection:
        connection.execute(agents.insert(), [{"id": one, "skills": one, **same} for one in skills])


def test_callers_who_join_together_stand_one_behind_the_other(engine: Engine) -> None:
    on(engine, '["queue:general", "language:zh-CN"]', '["queue:general", "language:en-US"]', '["language:zh-CN"]')
    before, *begun = [first(new_call_id()) for _ in range(6)]
    written(engine, before, *begun)
    written(engine, queued(before))
    wanted = [("general", 3), ("fraud", 3), ("general", 1), ("general", 3), ("general", 2)]
    written(engine, *(queued(one, *asked) for one, asked in zip(begun, wanted, strict=True)))
    with engine.connect() as connection:
        found = connection.execute(select(line.c.ahead, line.c.agents_on).order_by(line.c.call_id)).all()
    assert [tuple(row) for row in found] == [(0, 1), (1, 1), (0, 0), (0, 1), (3, 1), (1, 1)]


def test_who_joins_stands_behind_all_who_wait_whatever_is_special_about_them(engine: Engine) -> None:
    begun = [first(new_call_id()) for _ in range(9)]
    *before, last = begun
    written(engine, *begun)
    written(engine, *map(queued, before))
    special = {"missed_by": '["amy"]'}, {"wants": "amy"}, {"front": NOON}, {"level": 2}
    gone = {"kind": "message"}, {"state": "left"}
    with engine.begin() as connection:
        for one, told in zip(before, (*special, *gone), strict=False):
            connection.execute(update(line).where(line.c.call_id == one.call_id).values(**told))
    written(engine, queued(last))
    with engine.connect() as connection:
        assert connection.scalar(select(line.c.ahead).where(line.c.call_id == last.call_id)) == 6


def test_a_young_database_finds_who_rings_again_by_their_number(
    postgres: Postgres, opened_engine: Callable[[str], Engine]
) -> None:
    engine = opened_engine(postgres.fresh("ready"))
    begun = [first(new_call_id()) for _ in range(500)]
    for batch in (begun[:250], begun[250:]):
        written(engine, *batch)
        written(engine, *map(queued, batch))
    with engine.begin() as connection:
        connection.execute(update(line).values(state="left", ended_at=NOON))
    again = first(new_call_id())
    written(engine, again)
    with noted(engine) as ran:
        written(engine, queued(again))
    (join,) = [one for one in ran if "INSERT INTO line" in one.text]
    with engine.connect() as connection:
        plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN {join.text}", join.given).scalars())
    assert "ix_line_caller_hash_ended_at" in plan
    assert "ix_line_state" not in plan
