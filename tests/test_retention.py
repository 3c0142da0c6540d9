"""What is over its time is deleted, a little at once, with a proof; what goes on or is not dealt with never is."""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select, update

from ivr.aside import DAYS
from ivr.jobs.retention import Retaining
from ivr.reports.keeping import Keeping
from ivr.settings import SettingsError, read
from ivr.store.audit import Trail
from ivr.store.blocked import Blocks, blocked
from ivr.store.desk_tables import line, promises, wrapups
from ivr.store.fact_tables import facts, marks, stays, tallies
from ivr.store.messages import Messages
from ivr.store.retention import Retention, digest
from ivr.store.tables import calls, messages, turns
from tests.desk_site import Clock, Site, desk_site
from tests.stores import SECRET
from tests.test_facts import digest as digested
from tests.test_facts import served
from tests.test_jobs_recordings import vault
from tests.world import ZONE, world


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def site(tmp_path: Path, clock: Clock, database: str) -> Iterator[Site]:
    with closing(desk_site(tmp_path, "http://127.0.0.1:8000", clock, database)) as made:
        made.hire()
        yield made


def trail(site: Site) -> Trail:
    """Return the audit log."""
    return Trail(site.desk.engine, [SECRET], site.clock)


def retaining(site: Site, why: str = "", **days: int) -> Retaining:
    """Return what deletes; a carrier that does not delete says why."""
    engine = site.desk.engine
    kept = Retention(engine, trail(site), ZONE)
    return Retaining(kept, Messages(engine), vault(site.folder), lambda _: why, days, site.clock)


def rows(engine: Engine) -> dict[str, int]:
    """Return how many rows there are of what belongs to calls."""
    with engine.connect() as connection:
        return {
            one.name: connection.scalar(select(func.count()).select_from(one)) or 0
            for one in (calls, turns, line, facts, stays, marks, wrapups, promises, messages)
        }


def proofs(site: Site, kind: str) -> list[dict[str, object]]:
    """Return what the proofs of a kind tell."""
    return [json.loads(one.detail) for one in trail(site).page(100, act=f"retention.{kind}")]


def done(site: Site, place_id: str) -> None:
    """Deal with a message."""
    assert site.desk.inbox.assign(place_id, "alice")
    assert site.desk.inbox.close(place_id, "alice", "resolved", "")


def counted(site: Site, clock: Clock) -> None:
    """Have what is due by now be counted."""
    kept = Keeping(site.desk.engine, site.hotline.journal.events, ZONE, clock)
    while due := kept.due():
        for job in due:
            kept.take(job)


def ended(site: Site, clock: Clock) -> str:
    """Have a caller be served, and the call be counted; return its id."""
    call_id = served(site, clock)
    clock.on(seconds=10)
    counted(site, clock)
    return call_id


def test_a_call_goes_with_all_that_names_the_caller_and_its_tallies_stay_whatever_is_counted_anew(
    site: Site, clock: Clock
) -> None:
    call_id = ended(site, clock)
    kept = Keeping(site.desk.engine, site.hotline.journal.events, ZONE, clock)
    day = clock.at.date()
    before = kept.tallies.read("queue", day, day)
    assert before
    assert retaining(site, calls=30).run() == {"calls": 0}
    clock.on(days=31)
    younger = ended(site, clock)
    assert retaining(site, calls=30).run() == {"calls": 1}
    found = rows(site.desk.engine)
    assert (found["calls"], found["facts"]) == (1, 1)
    assert site.hotline.journal.events(younger)
    with site.desk.engine.connect() as connection:
        assert connection.scalars(select(turns.c.call_id).distinct()).all() == [younger]
        assert call_id not in connection.scalars(select(line.c.call_id)).all()
    for _ in kept.anew():
        pass
    assert kept.tallies.read("queue", day, day) == before
    (proof,) = proofs(site, "calls")
    assert (proof["count"], proof["sha256"]) == (1, digest([call_id]))
    assert trail(site).check().wrong == ""


def test_calls_that_go_on_and_messages_not_dealt_with_are_kept_for_ever(site: Site, clock: Clock) -> None:
    going_on = site.queued()
    message = site.left_message()
    site.hotline.hang_up(message.call_id)
    digested(site)
    clock.on(days=400)
    counted(site, clock)
    days = dict.fromkeys(("transcripts", "messages", "calls"), 1)
    assert set(retaining(site, **days).run().values()) == {0}
    assert {one.id for one in site.desk.waiting()} == {going_on.id, message.id}
    done(site, message.id)
    site.hotline.hang_up(going_on.call_id)
    assert retaining(site, **days).run()["messages"] == 1


def test_a_call_stays_as_long_as_a_recording_of_it_that_only_the_call_says_whose_it_is(
    site: Site, clock: Clock
) -> None:
    place = site.left_message()
    done(site, place.id)
    site.hotline.hang_up(place.call_id)
    digested(site)
    clock.on(days=40)
    counted(site, clock)
    assert retaining(site, calls=30).run() == {"calls": 0}
    assert retaining(site, messages=30, calls=30).run() == {"messages": 1, "calls": 1}


def test_a_message_goes_with_its_file_and_the_carriers_copy_or_not_at_all(site: Site, clock: Clock) -> None:
    place = site.left_message()
    done(site, place.id)
    with site.desk.engine.begin() as connection:
        connection.execute(update(messages).values(transcript="退款"))
        connection.execute(update(messages).values(next_try_at=clock()))  # The carrier has a copy yet.
    clock.on(days=10)
    assert retaining(site, transcripts=5).run() == {"transcripts": 1}
    with site.desk.engine.connect() as connection:
        assert connection.scalar(select(messages.c.transcript)) is None
    assert retaining(site, "the carrier answered 503", messages=5).run() == {"messages": 0}
    assert len(list(site.folder.iterdir())) == 1
    assert retaining(site, messages=5).run() == {"messages": 1}
    assert list(site.folder.iterdir()) == []
    assert rows(site.desk.engine)["messages"] == 0
    assert len(proofs(site, "messages")) == 1


def test_a_block_goes_some_time_after_its_end_and_never_before(site: Site, clock: Clock) -> None:
    blocks = Blocks(site.desk.engine, clock)
    blocks.add("+8613800000001", "for ever", "sam", None)
    blocks.add("+8613800000002", "for a week", "sam", clock() + timedelta(days=7))
    assert blocks.remove(blocks.add("+8613800000003", "by mistake", "sam", None), "sam")

    def left() -> list[str]:
        with site.desk.engine.connect() as connection:
            return sorted(connection.scalars(select(blocked.c.reason)))

    clock.on(days=31)
    assert retaining(site, blocks=30).run() == {"blocks": 1}
    assert left() == ["for a week", "for ever"]
    clock.on(days=7)
    assert retaining(site, blocks=30).run() == {"blocks": 1}
    clock.on(days=3650)
    assert retaining(site, blocks=30).run() == {"blocks": 0}
    assert left() == ["for ever"]
    assert [one["count"] for one in proofs(site, "blocks")] == [1, 1]


def test_whoever_is_killed_amid_it_leaves_no_deletion_without_its_proof(
    site: Site, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended(site, clock)
    clock.on(days=31)
    counted(site, clock)
    before = rows(site.desk.engine)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("ivr.store.audit._hash", die)
        with pytest.raises(KeyboardInterrupt):
            retaining(site, calls=30).run()
    assert (rows(site.desk.engine), proofs(site, "calls")) == (before, [])
    assert retaining(site, calls=30).run() == {"calls": 1}


def test_a_command_says_what_is_over_and_deletes_it(tmp_path: Path) -> None:
    with world(tmp_path) as here:
        run = here.app.test_cli_runner()
        assert "calls: 1095 days, from 2023-" in run.invoke(args=["retention", "show"]).output
        assert "texts: 0 deleted" in run.invoke(args=["retention", "run"]).output


def test_how_long_is_a_setting(tmp_path: Path) -> None:
    assert read({}, tmp_path).aside.days == DAYS
    given = {"RETAIN_CALLS_DAYS": "400", "RETAIN_TALKS_DAYS": "forever"}
    found = read(given, tmp_path).aside.days
    assert (found["calls"], "talks" in found) == (400, False)
    for name, value, words in (
        ("RETAIN_TEXTS_DAYS", "never", "give a number of days, or forever"),
        ("RETAIN_TEXTS_DAYS", "0", "give a number of days, or forever"),
    ):
        with pytest.raises(SettingsError, match=words):
            read({name: value}, tmp_path)


def test_a_day_is_kept_whole(site: Site, clock: Clock) -> None:
    made = retaining(site, calls=1)
    (period,) = made.periods()
    assert period.until == datetime(clock.at.year, clock.at.month, clock.at.day, tzinfo=ZONE) - timedelta(days=1)
    assert tallies.name == "tallies"
