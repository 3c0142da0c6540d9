"""Facts, stays and tallies that are kept current as calls end are those that would be made anew, whoever keeps them."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import delete, event, insert, select, update

from ivr.reports.keeping import Job, Keeping
from ivr.reports.tallies import Tallies
from ivr.store.errors import StoreError
from ivr.store.fact_tables import facts, marks, stays, tallies
from ivr.store.tables import calls
from tests import awkward
from tests.awkward import Awkward
from tests.busy import busy
from tests.desk_site import Clock, Site, desk_site
from tests.desks import at_once
from tests.stores import Postgres
from tests.world import OPEN, ZONE

SEED = 4
KEPT = (facts, marks, stays, tallies)
CASES: tuple[Callable[[Awkward], None], ...] = (
    awkward.sent_on,
    awkward.missed,
    awkward.left,
    awkward.promised,
    awkward.rung_back,
    awkward.heard,
    awkward.in_menus,
)


@dataclass
class Hours(Clock):
    """A clock: whenever time passes, something else happens before."""

    meanwhile: Callable[[], object] = field(default=lambda: None)

    def on(self, **more: float) -> None:
        """Let time pass."""
        self.meanwhile()
        super().on(**more)


@pytest.fixture
def clock() -> Hours:
    return Hours()


@pytest.fixture
def site(tmp_path: Path, clock: Hours, database: str) -> Iterator[Site]:
    with closing(desk_site(tmp_path, "http://127.0.0.1:8000", clock, database)) as made:
        yield made


def keeping(site: Site, clock: Clock) -> Keeping:
    """Return one more who keeps it all."""
    return Keeping(site.desk.engine, site.hotline.journal.events, ZONE, clock)


def all_of(site: Site) -> dict[str, list[Any]]:
    """Return all rows that are kept."""
    with site.desk.engine.connect() as connection:
        return {one.name: list(connection.execute(select(one).order_by(*one.primary_key)).mappings()) for one in KEPT}


def settle(made: Keeping, clock: Hours) -> None:
    """Do all that is due, until nothing is."""
    clock.meanwhile = lambda: None
    for _ in range(100):
        clock.on(seconds=6)
        jobs = made.due()
        for job in jobs:
            made.take(job)
        if not jobs:
            return
    raise AssertionError("there is always more to do")


def same_anew(site: Site, made: Keeping) -> None:
    """Show that all made anew is what was kept, and that it is told so."""
    kept = all_of(site)
    told = {(what, differed) for what, _, differed in made.anew()}
    assert all_of(site) == kept
    assert told == {("calls", 0), ("days", 0), ("months", 0)}


def at_times(made: Keeping, chance: Random) -> Callable[[], None]:
    """Return a keeper who does some of what is due, now and then."""

    def meanwhile() -> None:
        if chance.random() < 0.3:
            jobs = made.due()
            for job in chance.sample(jobs, min(len(jobs), 2)):
                made.take(job)

    return meanwhile


def test_what_is_kept_now_and_then_is_what_would_be_made_anew(site: Site, clock: Hours) -> None:
    made, kept, chance = Awkward(site, clock), keeping(site, clock), Random(SEED)
    number = made.number()
    for case in chance.sample(CASES, len(CASES)):
        if clock.at.astimezone(ZONE).hour >= 16:
            clock.at = (clock.at.astimezone(ZONE) + timedelta(days=1)).replace(hour=10)
        clock.meanwhile = at_times(kept, chance)
        case(made)
        made.site.hotline.hang_up(made.joins(caller=number).call_id)
        settle(kept, clock)
        same_anew(site, kept)


def test_a_day_that_takes_long_to_be_counted_is_not_counted_all_the_time(
    site: Site, clock: Hours, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, count, takes = keeping(site, clock), Tallies.take, [timedelta(seconds=3)]

    def slowly(tallies: Tallies, day: str) -> bool:
        clock.at += takes[0]
        return count(tallies, day)

    def calls_end() -> list[Job]:
        """Have one more call end, and be digested; return what is due when its day is to be counted."""
        site.hotline.hang_up(site.call("8"))
        for job in kept.due():
            kept.take(job)
        clock.on(seconds=6)
        return kept.due()

    day = clock.at.astimezone(ZONE).date().isoformat()
    monkeypatch.setattr(Tallies, "take", slowly)
    assert calls_end() == [day]
    kept.take(day)
    assert calls_end() == []
    clock.on(seconds=24)
    assert kept.due() == [day]
    kept.take(day)
    clock.at -= timedelta(hours=1)
    assert calls_end() == [day], "the clock was put back"
    takes[0] = timedelta(hours=1)
    kept.take(day)
    assert calls_end() == []
    clock.on(minutes=10)
    assert kept.due() == [day], "the clock was put forth while it was counted"


def test_two_who_keep_it_at_once_do_not_disturb_one_another(site: Site, clock: Hours) -> None:
    over, faults = Event(), []

    def keep() -> None:
        mine = keeping(site, clock)
        while not over.is_set():
            try:
                for job in mine.due():
                    mine.take(job)
            except StoreError as error:  # SQLite does not wait for ever for its one writer; the next round does it.
                faults.append(str(error))

    both = [Thread(target=keep) for _ in range(2)]
    for one in both:
        one.start()
    try:
        busy(site, clock, 12, SEED, OPEN)
        awkward.redials(Awkward(site, clock))
    finally:
        over.set()
        for one in both:
            one.join()
    # PostgreSQL waits for whoever has the lock, but not for ever either.
    held = "locked" if site.desk.engine.dialect.name == "sqlite" else "timeout"
    assert all(held in fault for fault in faults), faults
    settle(keeping(site, clock), clock)
    same_anew(site, keeping(site, clock))


def test_calls_of_one_number_that_are_written_down_at_once_know_of_each_other(site: Site, clock: Hours) -> None:
    made, kept = Awkward(site, clock), keeping(site, clock)
    for _ in range(15):
        number = made.number()
        pair = []
        for _ in range(2):
            pair.append(site.call("7", caller=number))
            site.hotline.hang_up(pair[-1])
            clock.on(seconds=9)
        at_once(*(lambda one=one: keeping(site, clock).digest.take([one]) for one in pair))
    same_calls_anew(site, kept)


def same_calls_anew(site: Site, made: Keeping) -> None:
    """Show that all calls made anew are what was kept."""
    before = all_of(site)
    assert [differed for _, differed in made.digest.anew()][-1] == 0
    assert all_of(site) == before


def test_who_rings_again_another_day_changes_the_day_of_the_call_before(site: Site, clock: Hours) -> None:
    made, kept = Awkward(site, clock), keeping(site, clock)
    number = made.number()
    for _ in range(2):
        made.served(caller=number)
        settle(kept, clock)
        clock.on(days=3)
    (first, _) = kept.tallies.read("version", OPEN.date(), OPEN.date() + timedelta(days=3))
    assert first.sums["again"] == 1
    same_anew(site, kept)


def test_a_call_back_counts_before_it_is_wrapped_up(site: Site, clock: Hours) -> None:
    made, kept = Awkward(site, clock), keeping(site, clock)
    back = awkward.asks_back(made)
    settle(kept, clock)
    made.rings("alice")
    assert site.phones.answer("client:alice")
    settle_calls(kept)
    same_calls_anew(site, kept)
    assert site.desk.callbacks.answered(back.id)
    made.on(70)
    assert site.desk.over(back.id)
    settle_calls(kept)
    assert [row["talked"] for row in all_of(site)["stays"] if row["kind"] == "callback"] == [70]
    same_calls_anew(site, kept)


def test_calls_that_end_as_their_day_is_counted_are_counted_once_more(
    tmp_path: Path, clock: Hours, postgres: Postgres
) -> None:
    """At whatever statement of the count another call is written down."""
    with closing(desk_site(tmp_path, "http://127.0.0.1:8000", clock, postgres.fresh("ready"))) as site:
        kept, left = keeping(site, clock), [0]
        for statement in range(1, 100):
            site.hotline.hang_up(site.call("7"))
            settle_calls(kept)
            clock.on(seconds=6)
            left = [statement]
            with meanwhile(site, left, lambda: (site.hotline.hang_up(site.call("2")), settle_calls(kept))):
                kept.take(OPEN.date().isoformat())
            settle(kept, clock)
            same_anew(site, kept)
            if left[0] > 0:
                break
        assert statement > 8


def test_all_that_end_in_a_second_are_due_in_small_batches_the_longest_ended_first(site: Site, clock: Hours) -> None:
    made, ended = keeping(site, clock), [site.call("2") for _ in range(30)]
    for call in ended:
        clock.on(seconds=1)
        site.hotline.hang_up(call)
    due = made.digest.due()
    assert [call for batch in due for call in batch] == ended
    assert [len(batch) for batch in due] == [8, 8, 8, 6]
    for batch in due:
        made.digest.take(batch)
    assert made.digest.due() == []


def settle_calls(made: Keeping) -> None:
    """Write down all calls that are over."""
    while batch := made.digest.due():
        made.digest.take(batch[0])


@contextmanager
def meanwhile(site: Site, left: list[int], job: Callable[[], object]) -> Iterator[None]:
    """Do this, on another connection, after so many statements more."""

    def executed(*_: object) -> None:
        left[0] -= 1
        if left[0] == 0:
            job()

    event.listen(site.desk.engine, "after_cursor_execute", executed)
    try:
        yield
    finally:
        event.remove(site.desk.engine, "after_cursor_execute", executed)


def test_all_made_anew_tells_what_was_otherwise(site: Site, clock: Hours) -> None:
    made, kept = Awkward(site, clock), keeping(site, clock)
    number = made.number()
    ended = [made.served(caller=number).call_id for _ in range(3)]
    settle(kept, clock)
    before = all_of(site)

    def first(one: Any) -> Any:
        return one.c.call_id == ended[0]

    wrongs = (
        (delete(facts).where(first(facts)), "calls"),
        (delete(stays).where(first(stays)), "calls"),
        (delete(marks).where(first(marks)), "calls"),
        (update(facts).where(first(facts)).values(again=3), "calls"),
        (update(stays).where(first(stays)).values(waited=500), "calls"),
        (delete(tallies).where(tallies.c.cut == "queue"), "days"),
        (insert(tallies).values(span="day", cut="queue", at=OPEN - timedelta(days=9), key="x", sums="{}"), "days"),
        (update(tallies).where(tallies.c.span == "month").values(sums='{"offered": 77}'), "months"),
        (update(tallies).where(tallies.c.span == "halves1").values(sums='{"offered": [77]}'), "months"),
    )
    for wrong, what in wrongs:
        with site.desk.engine.begin() as connection:
            connection.execute(wrong)
        told = {kind: differed for kind, _, differed in kept.anew()}
        assert told == {kind: int(kind == what) for kind in ("calls", "days", "months")}, wrong
        assert all_of(site) == before, wrong
        same_anew(site, kept)
    with site.desk.engine.connect() as connection:
        assert all(connection.scalars(select(calls.c.digested)))
