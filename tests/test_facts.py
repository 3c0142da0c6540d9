"""What calls came to: digested soon after they end, anew when wrapped up, and found by whatever is known of them."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from ivr.flow.inputs import HungUp, InLine, LeftQueue, Recorded
from ivr.replies import Caller
from ivr.reports.digest import Digest
from ivr.reports.facts import words
from ivr.reports.search import Count, Search, Wanted
from ivr.store.fact_tables import facts, marks
from ivr.store.tables import calls
from tests.desk_site import ORDER, Clock, Site, desk_site
from tests.pages import until
from tests.stores import CALLER
from tests.world import CUSTOMER, ZONE, world

OTHER = "+8613900000001"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def site(tmp_path: Path, clock: Clock, database: str) -> Iterator[Site]:
    with closing(desk_site(tmp_path, "http://127.0.0.1:8000", clock, database)) as made:
        made.hire()
        yield made


def digest(site: Site) -> Digest:
    """Return a digest that has done what is due."""
    made = Digest(site.desk.engine, site.hotline.journal.events, ZONE, site.desk.now)
    while batch := made.due():
        made.take(batch[0])
    return made


def served(site: Site, clock: Clock, note: str = "退款没有到账，refund #12") -> str:
    """Have a caller wait 20 s, talk 90 s, and hang up; return the call."""
    place = site.queued()
    clock.on(seconds=20)
    site.desk.available("alice")
    site.ring()
    site.phones.answer("client:alice")
    clock.on(seconds=90)
    site.hotline.hear(place.call_id, "turn/6", LeftQueue("bridged"))
    site.desk.over(place.id)
    site.hotline.hang_up(place.call_id)
    site.desk.wrap_up("alice", "resolved", note)
    return place.call_id


def found(site: Site, **wanted: object) -> list[str]:
    """Return the ids of the calls that are found so."""
    return [one.call_id for one in Search(site.desk.engine).page(Wanted(**wanted))]  # type: ignore[arg-type]


def test_a_served_call_is_told_in_seconds_and_found_by_all_that_is_known_of_it(site: Site, clock: Clock) -> None:
    call_id = served(site, clock)
    other = site.call("8", caller=OTHER)
    site.hotline.hang_up(other)
    digest(site)
    one = Search(site.desk.engine).one(call_id)
    assert one
    assert (one.waited, one.talked, one.seconds, one.agent, one.code) == (20, 90, 110, "alice", "resolved")
    assert (one.queue, one.outcome, one.language) == ("payments", "served", "zh-CN")
    assert found(site) == sorted([call_id, other], key=lambda each: each == call_id)
    for wanted in (
        {"caller": CALLER},
        {"last4": CALLER[-4:]},
        {"number": ORDER},
        {"agent": "alice"},
        {"text": "退款"},
        {"text": "没有到账 REFUND"},
        {"queue": "payments"},
        {"code": "resolved"},
        {"outcome": "served"},
        {"language": "zh-CN"},
        {"seconds": 100},
        {"waited": 20},
        {"agent": "alice", "number": ORDER, "text": "12", "queue": "payments", "until": clock() + timedelta(days=1)},
    ):
        assert found(site, **wanted) == [call_id], wanted
    for wanted in ({"caller": "+8613800000000"}, {"number": "12345678"}, {"text": "到没"}, {"agent": "al"}):
        assert found(site, **wanted) == [], wanted
    assert found(site, since=clock() + timedelta(seconds=1)) == []
    assert found(site, language="en-US") == [other]


def test_a_call_that_goes_on_is_not_there_yet_and_a_late_wrap_up_is_added(site: Site, clock: Clock) -> None:
    site.desk.available("alice")
    place = site.queued()
    site.ring()
    site.phones.answer("client:alice")
    digest(site)
    assert found(site) == []
    site.hotline.hear(place.call_id, "turn/6", LeftQueue("bridged"))
    site.desk.over(place.id)
    site.hotline.hang_up(place.call_id)
    digest(site)
    assert found(site, code="follow-up") == []
    clock.on(minutes=3)
    site.desk.wrap_up("alice", "follow-up", "later")
    digest(site)
    assert found(site, code="follow-up", text="later") == [place.call_id]


def test_what_is_told_after_the_end_is_added(site: Site) -> None:
    call_id = site.call("8")
    site.hotline.hang_up(call_id)
    digest(site)
    assert found(site, queue="general") == []
    site.hotline.save(call_id, Recorded(f"RE{call_id[2:]}", 4), Caller(CALLER, ""))
    digest(site)
    assert found(site, queue="general") == [call_id]


def test_who_leaves_the_line_waited_and_talked_with_nobody(site: Site, clock: Clock) -> None:
    place = site.queued()
    site.hotline.hear(place.call_id, f"wait/{6}", InLine(1, 0, agents=0))
    clock.on(seconds=33)
    site.hotline.hear(place.call_id, "hangup", HungUp())
    digest(site)
    one = Search(site.desk.engine).one(place.call_id)
    assert one
    assert (one.waited, one.talked, one.agent, one.code) == (33, 0, "", "")


def test_all_is_made_anew_as_it_was(site: Site, clock: Clock) -> None:
    served(site, clock)
    made = digest(site)

    def all_of() -> list[object]:
        with site.desk.engine.connect() as connection:
            return [connection.execute(select(one).order_by(*one.primary_key)).all() for one in (facts, marks)]

    before = all_of()
    with site.desk.engine.begin() as connection:
        connection.execute(facts.update().values(waited=7))
        connection.execute(marks.delete())
    assert list(made.anew()) == [(1, 1)]
    assert all_of() == before
    assert list(made.anew()) == [(1, 0)]
    with site.desk.engine.connect() as connection:
        assert connection.scalars(select(calls.c.digested)).all() == [True]


def test_pages_follow_one_another_whatever_started_at_the_same_moment(site: Site, clock: Clock) -> None:
    made = []
    for number in range(7):
        made.append(site.call("8"))
        site.hotline.hang_up(made[-1])
        clock.on(seconds=number % 2)
    digest(site)
    search = Search(site.desk.engine)
    assert search.count(Wanted()) == Count(7, False)
    for wanted in (Wanted(), Wanted(language="en-US"), Wanted(caller=CALLER)):
        seen, after = [], None
        while page := search.page(wanted, after, most=2):
            seen += page
            after = (page[-1].started_at, page[-1].call_id)
        assert [one.call_id for one in seen] == [
            one.call_id for one in sorted(seen, key=lambda one: (one.started_at, one.call_id), reverse=True)
        ]
        assert {one.call_id for one in seen} == set(made)
        assert asdict(seen[0])["version"] == 1


def test_a_search_that_leads_past_too_many_calls_stops_and_says_where(
    site: Site, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ivr.reports.search.COUNTED", 5)
    old = site.call("8", caller=OTHER)
    site.hotline.hang_up(old)
    for _ in range(12):
        clock.on(seconds=1)
        site.hotline.hang_up(site.call("8"))
    digest(site)
    search, never, rare = Search(site.desk.engine), Wanted(waited=1), Wanted(seconds=0, last4=OTHER[-4:])
    first = search.look(never, most=5)
    assert (first.calls, first.cut, search.count(never)) == ([], True, Count(0, True))
    assert search.page(never) == []
    assert ([one.call_id for one in search.look(rare).calls], search.count(rare)) == ([old], Count(1, False))
    assert search.count(Wanted(language="en-US")) == Count(5, True)
    wanted, looked = Wanted(waited=0, until=clock()), list[str]()
    page = search.look(wanted, most=6)
    looked += [one.call_id for one in page.calls]
    while page.rest:
        page = search.look(wanted, page.rest, most=6)
        looked += [one.call_id for one in page.calls]
    assert (len(looked), looked[-1]) == (12, old)


@pytest.mark.parametrize(
    ("text", "found_by"),
    [
        ("退款 Refund-12", {"退款", "refund", "12"}),
        ("没到账", {"没到", "到账"}),
        ("款", {"款"}),
        ("", set()),
        ("<script>'; --", {"script"}),
    ],
)
def test_words_are_found_in_either_writing(text: str, found_by: set[str]) -> None:
    assert words(text) == found_by


def test_a_running_hotline_digests_by_itself_and_the_command_makes_it_anew(tmp_path: Path) -> None:
    with world(tmp_path) as here:
        here.parts.jobs[1].start()
        caller = here.caller(CUSTOMER)
        caller.press("8")
        caller.listen()
        caller.hang_up()
        search = Search(here.parts.engine)
        until(lambda: search.page(Wanted(caller=CUSTOMER, language="en-US")))
        (one,) = search.page(Wanted())
        assert (one.outcome, one.call_id) == ("hung-up", caller.leg.sid)
        with here.parts.engine.begin() as connection:
            connection.execute(facts.update().values(matter="another"))
        run = here.app.test_cli_runner()
        for differed in (1, 0):
            assert f"1 calls made anew, {differed} of them" in run.invoke(args=["calls", "rebuild"]).output
        assert search.page(Wanted()) == [one]
