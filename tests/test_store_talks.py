"""What the line needs of the store: the release before goes on beside the new tables; recordings are told apart."""

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from ivr.flow.events import Ended, Learned
from ivr.flow.inputs import Recorded
from ivr.store.journal import Journal
from ivr.store.messages import Messages
from tests.desks import Office
from tests.stores import NOON

# As the release before writes them: nothing of what is new is named.
BEFORE = (
    "INSERT INTO line (id, kind, call_id, caller_hash, queue, language, matter, rank, since, joined_at, state) "
    "VALUES ('CA1-2', 'call', 'CA1', '', 'general', 'zh-CN', '', 3, :at, :at, 'waiting')",
    "INSERT INTO agents (id, phone, skills, state, reason, since, misses) "
    "VALUES ('alice', 'client:alice', '[\"queue:general\", \"language:zh-CN\"]', 'available', '', :at, 0)",
    "INSERT INTO wrapups (line, agent, code, note, at) VALUES ('CA1-2', 'alice', 'resolved', '', :at) "
    "ON CONFLICT DO NOTHING",
    "INSERT INTO messages (id, call_id, recording_sid, queue, language, matter, state, tries, created_at) "
    "VALUES ('m1', 'CA1', 'RE1', '', '', '', 'wanted', 0, :at)",
)


def test_the_release_before_goes_on_beside_the_new_tables(engine: Engine, journal: Journal) -> None:
    with engine.begin() as connection:
        for statement in (*BEFORE, BEFORE[2]):
            connection.execute(text(statement), {"at": NOON.isoformat(" ")})
    office = Office(engine, journal)
    (offer,) = office.desk.dispatch()
    assert (offer.line, offer.agent) == ("CA1-2", "alice")
    message = Messages(engine).find("m1")
    assert message
    assert message.kind == "message"
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(text(BEFORE[1]), {"at": NOON.isoformat(" ")})


def test_a_remark_after_the_call_is_no_message_and_no_work(engine: Engine, journal: Journal) -> None:
    office, messages = Office(engine, journal), Messages(engine)
    call_id = office.queued().call_id
    # The carrier may tell of the recording before the call does.
    early = messages.report("RE-early", call_id, "completed", 5, NOON)
    office.next(call_id, Recorded("RE-early", 5), Learned("remark", "RE-early"), Ended("served"))
    talk = messages.report("RE-talk", call_id, "completed", 60, NOON, kind="talk")
    kinds = {one.id: one.kind for one in messages.latest()}
    assert kinds == {early: "remark", talk: "talk"}
    assert office.desk.inbox.work() == []
