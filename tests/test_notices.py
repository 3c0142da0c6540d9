"""Notices: what somebody should know is told once, signed, until it is taken, and names nobody."""

import hmac
import json
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from sqlalchemy import select, update

from ivr.factory import utc_now
from ivr.flow.emergency import Declared
from ivr.jobs.notices import KINDS, SUBJECTS, WEBHOOK, Recipients, Telling, Watch
from ivr.jobs.post import Post
from ivr.jobs.webhook import Webhook
from ivr.jobs.worker import Worker
from ivr.listening import listening
from ivr.settings import SettingsError, read
from ivr.store.notices import Notices, notices
from tests.desk_site import Clock, Site, desk_site
from tests.pages import until
from tests.stores import CALLER
from tests.test_daily import Server, server
from tests.test_jobs_apart import working
from tests.world import hotline_settings

__all__ = ["server"]
SECRET = "a secret of thirty-two letters or more"
ALL = Recipients({}, webhook=True)
URL = "https://hotline.example.com"


@dataclass
class Hook:
    """A company's program: what it was told, and how it answers (the last one for ever)."""

    url: str
    statuses: list[int]
    told: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def kinds(self) -> list[str]:
        """Return what was told, in order."""
        return [json.loads(body)["kind"] for _, body in self.told]


@contextmanager
def hook(*statuses: int) -> Iterator[Hook]:
    """Be the program for the length of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.told.append((dict(self.headers), body))
            status = made.statuses.pop(0) if len(made.statuses) > 1 else made.statuses[0]
            self.send_response(status)
            self.send_header("Location", "http://127.0.0.1:9/")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Hook(f"http://127.0.0.1:{server.server_port}/in", list(statuses) or [204])
    with listening(server):
        yield made


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def site(tmp_path: Path, clock: Clock, database: str) -> Iterator[Site]:
    with closing(desk_site(tmp_path, "http://127.0.0.1:8000", clock, database)) as made:
        made.hire()
        yield made


def watch(site: Site, recipients: Recipients = ALL, spooled: int = 0, *workers: Worker[str]) -> Watch:
    """Return what looks at this desk."""
    named = {f"job {number}": one for number, one in enumerate(workers)}
    return Watch(Notices(site.desk.engine), site.desk, lambda: site.flow, lambda: spooled, named, recipients, URL)


def telling(site: Site, url: str, post: Post | None = None, language: str = "en") -> Telling:
    """Return what tells a program at this address."""
    made = Notices(site.desk.engine)
    return Telling(made, site.desk.now, Webhook(url, SECRET), post, "hotline@example.com", language)


def tell(made: Telling) -> None:
    """Tell all that is due."""
    for one in made.due():
        made.tell(one)


def kinds(site: Site) -> list[str]:
    """Return of which kinds there are notices."""
    with site.desk.engine.connect() as connection:
        return sorted(connection.scalars(select(notices.c.kind)))


def test_a_message_is_told_once_and_once_more_when_it_is_overdue_and_names_nobody(site: Site, clock: Clock) -> None:
    place = site.left_message()
    with hook() as program:
        for _ in range(3):
            watch(site).look()
            tell(telling(site, program.url))
        assert program.kinds() == ["message"]
        headers, body = program.told[0]
        at = headers["X-Hotline-Timestamp"]
        signed = hmac.new(SECRET.encode(), f"{at}.".encode() + body, sha256).hexdigest()
        assert (headers["X-Hotline-Signature"], int(at)) == (f"v1={signed}", int(clock.at.timestamp()))
        told = json.loads(body)
        assert (told["id"], told["place"], told["queue"]) == (headers["X-Hotline-Delivery"], place.id, place.queue)
        assert CALLER not in body.decode()
        assert CALLER[-4:] not in body.decode().replace(place.id, "").replace(told["id"], "").replace(told["at"], "")
        clock.on(days=2)
        watch(site).look()
        tell(telling(site, program.url))
        assert program.kinds() == ["message", "overdue"]


def test_it_is_tried_again_ever_more_seldom_for_a_day_under_one_id(site: Site, clock: Clock) -> None:
    site.left_message()
    watch(site).look()
    begun, tries = clock.at, list[timedelta]()
    with hook(500, 302, 404, 503) as program:
        made = telling(site, program.url)
        while again := next_try(site):
            clock.at = again - timedelta(milliseconds=1)
            assert made.due() == []
            clock.at = again
            tries.append(clock.at - begun)
            tell(made)
    assert [one.total_seconds() for one in tries[:5]] == [0, 10, 30, 70, 150]
    assert timedelta(hours=22) < tries[-1] < timedelta(hours=24)
    assert len({headers["X-Hotline-Delivery"] for headers, _ in program.told}) == 1
    assert len({headers["X-Hotline-Signature"] for headers, _ in program.told}) == len(tries)
    with site.desk.engine.connect() as connection:
        (row,) = connection.execute(select(notices))
    assert (row.state, row.error) == ("given up", "it answered 503")


def next_try(site: Site) -> datetime | None:
    """Return when the one notice is tried again."""
    with site.desk.engine.connect() as connection:
        return connection.scalar(select(notices.c.next_try_at))


def test_a_program_that_is_away_is_told_when_it_is_back(site: Site, clock: Clock) -> None:
    site.left_message()
    watch(site).look()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        gone = f"http://127.0.0.1:{probe.getsockname()[1]}/"
    tell(telling(site, gone))
    clock.on(seconds=10)
    with hook() as program:
        tell(telling(site, program.url))
        assert program.kinds() == ["message"]


def test_each_thing_that_is_worth_it_makes_a_notice(site: Site, clock: Clock) -> None:
    bad = Worker(lambda _: None, lambda: ["x"])
    bad.failures = 5
    watch(site, ALL, 3, bad).look()
    assert kinds(site) == ["job", "spool"]
    site.desk.offline("alice")
    site.queued()
    until = clock.at + timedelta(hours=1)
    site.flow = replace(site.flow, emergencies=(Declared("close", 0, clock.at, until, "sam", {}, ("payments",)),))
    watch(site, ALL, 3, bad).look()
    watch(site, ALL, 3, bad).look()
    assert kinds(site) == ["emergency", "job", "nobody", "spool"]
    clock.on(hours=1)
    watch(site, ALL, 3, bad).look()
    assert kinds(site) == ["emergency", "job", "job", "nobody", "nobody", "spool", "spool"], "what goes on, each hour"


def test_who_is_on_for_the_queue_ends_that_nobody_is(site: Site) -> None:
    site.desk.available("alice")
    site.queued()
    watch(site).look()
    assert kinds(site) == []


def test_a_job_that_fails_is_counted_until_it_is_done() -> None:
    fails = [True]

    def do(_: str) -> None:
        if fails[0]:
            raise RuntimeError("on purpose")

    worker = Worker(do, lambda: ["job"], threads=1)
    worker.start()
    until(lambda: worker.wake() or worker.failures >= 3)
    fails[0] = False
    until(lambda: worker.wake() or worker.failures == 0)
    worker.stop()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_mails_go_to_whom_their_kind_is_for(site: Site, server: tuple[Server, int], language: str) -> None:
    site.left_message()
    to = Recipients({"boss@example.com": ("message",), "ops@example.com": ("spool", "job")}, webhook=False)
    watch(site, to, 2).look()
    tell(telling(site, "http://127.0.0.1:9/", Post("127.0.0.1", server[1], "none"), language))
    subjects = {mail["To"]: mail["Subject"] for mail in server[0].mails}
    words = SUBJECTS[language]
    assert subjects["ops@example.com"] == words["spool"].format(count=2)
    assert subjects["boss@example.com"] == words["message"].format(queue="complaints")
    assert SUBJECTS["zh"].keys() == SUBJECTS["en"].keys()


def test_processes_of_jobs_tell_each_once_though_one_was_killed(database: str, tmp_path: Path) -> None:
    found = hotline_settings(tmp_path, 8000, database)
    with closing(desk_site(tmp_path, "http://127.0.0.1:8000", Clock(), database)) as made, hook() as program:
        given = {"NOTICE_URL": program.url, "NOTICE_SECRET": SECRET}
        mine = replace(found, aside=read(given, tmp_path).aside)
        made_known = Notices(made.desk.engine)
        for number in range(5):
            made_known.add(f"message {number}", "message", {"kind": "message"}, [WEBHOOK], utc_now())
        with working(mine) as first:
            until(lambda: program.told)
            first.kill()
            first.join()
        with made.desk.engine.begin() as connection:  # Two minutes go by, after which what the dead held is due again.
            connection.execute(update(notices).where(notices.c.state == "waiting").values(next_try_at=utc_now()))
        with working(mine), working(mine):
            until(lambda: settled(made) == 5)
    assert len({headers["X-Hotline-Delivery"] for headers, _ in program.told}) == 5


def settled(site: Site) -> int:
    """Return how many notices went."""
    with site.desk.engine.connect() as connection:
        return len(connection.execute(select(notices).where(notices.c.state == "sent")).all())


WRONG = {
    "a secret alone": ({"NOTICE_SECRET": SECRET}, "NOTICE_URL and NOTICE_SECRET belong together"),
    "in the clear": ({"NOTICE_URL": "http://example.com/", "NOTICE_SECRET": SECRET}, "give an https address"),
    "a short secret": ({"NOTICE_URL": URL, "NOTICE_SECRET": "short"}, "NOTICE_SECRET is too short"),
    "no mail server": ({"NOTICE_TO": "a@example.com"}, "no mail server"),
    "no address": ({"NOTICE_TO": "a", "MAIL_URL": "smtp://x"}, "NOTICE_TO has 'a'"),
    "no kind": ({"NOTICE_TO": "a@example.com=nonsense", "MAIL_URL": "smtp://x"}, "NOTICE_TO has 'nonsense'"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_setting_says_what_to_do(name: str, tmp_path: Path) -> None:
    given, words = WRONG[name]
    mails = {"MAIL_FROM": "h@example.com", "MAIL_TO": "b@example.com"} if "MAIL_URL" in given else {}
    with pytest.raises(SettingsError, match=words):
        read(given | mails, tmp_path)


def test_who_is_told_of_what_is_a_setting(tmp_path: Path) -> None:
    mails = {"MAIL_URL": "smtp://127.0.0.1", "MAIL_FROM": "h@example.com", "MAIL_TO": "b@example.com"}
    found = read({"NOTICE_TO": "a@example.com, b@example.com=spool+job"} | mails, tmp_path).aside.notices
    assert found
    assert found.mails == {"a@example.com": KINDS, "b@example.com": ("spool", "job")}
