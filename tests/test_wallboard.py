"""The wallboard on both databases: each figure is what the rows say, few who watch hold a thread, and rights hold."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, time, timedelta
from pathlib import Path
from threading import Thread

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, event
from werkzeug.test import TestResponse

from ivr.console import wall as walls
from ivr.console.alarms import ENOUGH, Alarm, alarms
from ivr.console.wall import Wall
from ivr.console.wallboard import HELD
from ivr.desk.keeping import Desk, Place
from ivr.desk.line import Rules
from ivr.flow.flow import Queue
from ivr.flow.inputs import Transferred
from ivr.reports import today
from ivr.reports.live import CERTAIN, Looks, Waiting
from tests.desk_site import Clock, Site, desk_site, log_in
from tests.desks import Office
from tests.wallboard import counted, shown
from tests.world import ZONE

EVENTS = "/desk/wallboard/events"
BEFORE_MIDNIGHT = datetime(2026, 11, 23, 23, 55, tzinfo=ZONE)


@pytest.fixture
def clock() -> Clock:
    return Clock(BEFORE_MIDNIGHT)


@pytest.fixture
def site(tmp_path: Path, clock: Clock, database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Return a site whose board looks each time that it is asked."""
    monkeypatch.setattr(walls, "FRESH", 0.0)
    made = desk_site(tmp_path, "http://127.0.0.1:8000", clock, database)
    yield made
    made.close()


@pytest.fixture
def office(site: Site, clock: Clock) -> Office:
    return Office(site.desk.engine, site.hotline.journal, clock)  # type: ignore[arg-type]


@pytest.fixture
def sam(site: Site) -> FlaskClient:
    client = site.app.test_client()
    log_in(client, "sam", site.hire("sam", "supervisor"))
    return client


def asked(client: FlaskClient, last: str = "") -> TestResponse:
    """Return the answer to a browser that had this event last."""
    return client.get(EVENTS, headers={"Last-Event-ID": last} if last else {})


def key(answer: TestResponse) -> str:
    """Return by what the event of an answer is known."""
    found = re.search(r"^id: (\w+)$", answer.text, re.MULTILINE)
    assert found, answer.text
    return found[1]


def check(site: Site, client: FlaskClient) -> dict[str, str]:
    """Compare all figures with the rows; return them."""
    told = counted(site.desk.engine, site.flow.zone, site.clock(), site.flow.queues)
    assert shown(asked(client).text) == told
    assert shown(client.get("/desk/wallboard").text) == told
    return told


class Day:
    """A day of callers who do all that is awkward, from a few minutes before its midnight."""

    def __init__(self, site: Site, clock: Clock, office: Office, client: FlaskClient) -> None:
        self.clock, self.office = clock, office
        self.numbers = (f"+86139{number:08}" for number in range(100))
        self.check = lambda: check(site, client)
        self.office.hire("alice")

    def queued(self, queue: str = "general") -> Place:
        """Have somebody new wait."""
        return self.office.queued(queue, next(self.numbers))

    def gone(self, place: Place, seconds: float) -> None:
        """Have them hang up after so many seconds."""
        self.clock.on(seconds=seconds)
        self.office.hangs_up(place.call_id)

    def talk(self, place: Place, seconds: float, onward: bool = False) -> Place | None:
        """Have alice take them after so many seconds, wrap up, and have a break; return where they were sent on to."""
        self.office.desk.available("alice")
        self.clock.on(seconds=seconds)
        self.office.talking(place, "alice")
        self.check()
        self.clock.on(seconds=90.4)
        sent = self.office.waits(place.call_id, "fraud", Transferred("fraud")) if onward else None
        if sent is None:
            self.office.hangs_up(place.call_id)
        self.office.desk.over(place.id)
        self.clock.on(seconds=17.3)
        self.check()
        self.office.desk.wrap_up("alice", "resolved", "")
        self.office.desk.away("alice", "meal")
        self.check()
        return sent


def test_every_figure_of_an_awkward_day_is_what_the_rows_say(
    site: Site, clock: Clock, office: Office, sam: FlaskClient
) -> None:
    check(site, sam)  # Nobody has ever come.
    day = Day(site, clock, office, sam)
    yesterdays = office.talking(day.queued(), "alice")
    since_yesterday = day.queued("fraud")
    clock.on(minutes=4, seconds=59)
    at_midnight = day.queued()
    assert clock().time() == time()
    day.gone(yesterdays, 10)
    office.desk.over(yesterdays.id)
    office.desk.wrap_up("alice", "resolved", "")
    office.desk.away("alice", "meal")
    day.gone(since_yesterday, 3)
    day.talk(at_midnight, 7)  # Within the target to the second,
    assert day.check()["general.service"] == "100%"
    sent = day.talk(day.queued(), 21, onward=True)  # just beyond it, and then offered in another queue.
    assert sent
    assert (day.check()["general.service"], day.check()["fraud.offered"]) == ("50%", "1")
    day.gone(sent, 30)
    for seconds in (0, 5, 6):  # At once, within what is short, beyond it.
        day.gone(day.queued(), seconds)
    office.leaves_message(day.queued())
    office.asks_back(day.queued(), next(day.numbers))
    roams = day.queued()  # Leaves the line, and hangs up later in the menus.
    office.leaves(roams.call_id)
    assert day.check()["menus"] == "1"
    day.gone(roams, 60)
    office.rings(next(day.numbers))
    day.queued("of-older-menus")
    day.queued()
    office.hire("bob")
    (offer,) = office.desk.dispatch()
    day.check()
    office.desk.refuse(offer.id, "late")
    told = day.check()
    names = ("offered", "answered", "abandoned", "short", "elsewhere", "waiting")
    assert [int(told[f"all.{name}"]) for name in names] == [11, 2, 2, 2, 3, 2]
    assert [told[name] for name in ("callbacks", "messages", "menus")] == ["1", "1", "1"]
    assert told["all.handle"] == "1:47"


def test_work_that_is_late_is_told_and_the_day_begins_anew_at_midnight(
    site: Site, clock: Clock, office: Office, sam: FlaskClient
) -> None:
    office.asks_back(office.queued(), "+8613900001111")
    office.leaves_message(office.queued(caller="+8613900002222"))
    sam.get("/desk/account?lang=en")
    first = asked(sam).text
    assert (first.count("none overdue"), shown(first)["all.offered"]) == (2, "2")
    clock.on(hours=4, minutes=1)
    kim = site.app.test_client()
    kim.get("/desk/login?lang=en")
    log_in(kim, "kim", site.hire("kim", "operations"))
    later = asked(kim).text
    assert (later.count("1 overdue"), later.count("none overdue"), shown(later)["all.offered"]) == (1, 1, "0")
    check(site, kim)


def test_alarms_are_by_the_thresholds_of_the_queue() -> None:
    queue = Queue(name="安全", alarm_wait=60, alarm_waiting=3, alarm_service=50)
    now = BEFORE_MIDNIGHT
    since = now - timedelta(seconds=60)

    def found(waiting: Waiting, day: today.Day) -> list[Alarm]:
        return list(alarms("fraud", queue, waiting, day, now))

    half = ENOUGH // 2
    assert found(Waiting(2, since), today.Day(offered=ENOUGH, within=half)) == []
    assert found(Waiting(2, since - timedelta(seconds=1)), today.Day()) == [Alarm("fraud", "wait", 60)]
    assert found(Waiting(3, since), today.Day()) == [Alarm("fraud", "waiting", 3)]
    assert found(Waiting(), today.Day(offered=ENOUGH, within=half - 1)) == [Alarm("fraud", "service", 50)]
    assert found(Waiting(), today.Day(offered=ENOUGH - 1)) == []


def test_an_alarm_comes_by_the_clock_alone_and_is_news(
    site: Site, clock: Clock, sam: FlaskClient, office: Office
) -> None:
    office.queued("payments")
    before = asked(sam)
    clock.on(seconds=100)
    assert key(asked(sam)) == key(before)  # That clocks go on is no news.
    clock.on(seconds=21)
    after = asked(sam, key(before))
    assert key(after) != key(before)
    assert 'data-alarm="payments wait"' in after.text


def test_who_has_the_board_is_told_nothing_and_is_held_only_while_few_are(site: Site, sam: FlaskClient) -> None:
    last = key(asked(sam))
    held = [asked(sam, last) for _ in range(HELD)]
    more = asked(sam, last)
    assert more.content_length is not None
    assert "id:" not in more.text
    assert "retry: 300" in more.text
    held[0].close()
    again = asked(sam, last)
    assert again.content_length is None
    for one in (*held[1:], again):
        one.close()


def test_a_held_browser_is_told_what_another_process_changes(
    site: Site, clock: Clock, sam: FlaskClient, database: str, opened_engine: Callable[..., Engine]
) -> None:
    site.hire("alice")
    held = asked(sam, key(asked(sam)))
    other = Desk(opened_engine(database), clock, Rules())
    told: list[str] = []
    listening = Thread(target=lambda: told.append(held.text))
    listening.start()
    assert other.available("alice")
    listening.join(60)
    assert shown(told[0])["agent alice"] == "available"
    assert told[0].index("event: beat") < told[0].index("id:")


def test_however_many_watch_the_database_is_asked_once_in_a_while(site: Site, clock: Clock) -> None:
    wall = Wall(Looks(site.desk.engine, clock, lambda: site.flow), clock, lambda: site.flow)
    asked_for: list[str] = []
    event.listen(site.desk.engine, "before_cursor_execute", lambda *told: asked_for.append(told[2]))
    wall.look()
    first = len(asked_for)
    walls.FRESH = 60.0  # The fixture puts it back.
    for _ in range(50):
        wall.look()
    assert len(asked_for) == first
    walls.FRESH = 0.0
    wall.look()
    # Nothing has happened, so that today is not counted anew.
    assert not any("date_part" in one or "julianday" in one for one in asked_for[first:])
    clock.on(seconds=CERTAIN.total_seconds())
    wall.look()
    assert any("date_part" in one or "julianday" in one for one in asked_for[first:])


def test_a_day_that_takes_long_to_be_counted_is_not_counted_at_each_look(
    site: Site, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.at = BEFORE_MIDNIGHT.replace(hour=10)
    looks, counts = Looks(site.desk.engine, clock, lambda: site.flow), list[datetime]()

    def slowly(connection: Connection, began: datetime, queues: Mapping[str, Queue]) -> Mapping[str, today.Day]:
        counts.append(clock())
        clock.on(seconds=0.5)
        return today.today(connection, began, queues)

    monkeypatch.setattr("ivr.reports.live.today", slowly)
    looks.take()
    site.queued()
    assert sum(one.callers for one in looks.take().waiting.values()) == 1, "who waits is seen at once"
    clock.on(seconds=4)
    looks.take()
    assert len(counts) == 1
    clock.on(seconds=1)
    assert sum(one.offered for one in looks.take().today.values()) == 1
    assert len(counts) == 2
    clock.on(days=1)
    looks.take()
    assert len(counts) == 3, "another day began"


def test_watching_keeps_nobody_logged_in_and_needs_the_right_each_time(site: Site, clock: Clock) -> None:
    client = site.app.test_client()
    log_in(client, "olga", site.hire("olga", "operations"))
    assert [client.get(path).status_code for path in (EVENTS, "/desk/wallboard/again")] == [200, 200]
    clock.on(hours=1, minutes=59)
    assert asked(client).status_code == 200
    clock.on(minutes=2)
    assert asked(client).status_code == 401
    auditor = site.app.test_client()
    log_in(auditor, "eve", site.hire("eve", "auditor"))
    assert (asked(auditor).status_code, auditor.get("/desk/wallboard").status_code) == (403, 403)


def test_without_scripts_the_page_loads_itself_anew(sam: FlaskClient) -> None:
    for full, again in (("", "/desk/wallboard/again"), ("?full=1", "/desk/wallboard/again?full=1")):
        page = sam.get(f"/desk/wallboard{full}").text
        assert f'<noscript><meta http-equiv="refresh" content="10; url={again}"></noscript>' in page
        assert ("<nav" in page) is not full
