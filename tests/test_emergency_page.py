"""Emergencies are declared on a page or by a command, in a moment, and everybody sees them until they end."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect
from werkzeug.test import TestResponse

from ivr.console.texts import TEXTS
from ivr.editor.declaring import Declaring
from ivr.editor.emergency import FILE
from ivr.editor.emergency_commands import emergency_commands
from ivr.editor.gate import Finding, Gate
from ivr.editor.publishing import Publishing
from ivr.editor.texts import TEXTS as MENUS
from ivr.flow.emergency import Declared
from ivr.flow.events import Said
from ivr.flow.load import load
from ivr.replies import Caller
from ivr.store.audit import Trail
from tests.browser import let_in
from tests.desk_site import Clock, Site, log_in, published, real_flow, token
from tests.stores import CALLED, CALLER, new_call_id
from tests.test_desk_page import PAIRS, host, looked_at, page, port
from tests.test_desk_page import site as served_site
from tests.test_people import clock, site

__all__ = ["clock", "host", "page", "port", "served_site", "site"]

ENGLISH = {**TEXTS["en"], **MENUS["en"]}
PAYMENTS = real_flow().words["en-US"]["queues.payments.name"]
GENERAL = real_flow().words["en-US"]["queues.general.name"]
URL = "/desk/menus/emergency"
WORDS = {"words.zh-CN": "支付渠道故障，正在抢修。", "words.en-US": "Card payments are down."}
ANNOUNCE = {"kind": "announce", "until": "1h", **WORDS}
CLOSE = {"kind": "close", "queues": ["payments"], "until": "2h", **WORDS}
DIVERT = {"kind": "divert", "queues": ["payments"], "to": "general", "until": "closing"}


@pytest.fixture(autouse=True)
def unproven(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have menus be read only before they are published, as proving them takes its time."""
    monkeypatch.setattr(Gate, "look", lambda gate, files, now: Finding(tuple(load(files)[1]), (), {}, 0.0))


@pytest.fixture
def sam(site: Site) -> FlaskClient:
    """Return the browser of somebody in operations."""
    client = site.app.test_client()
    client.get("/desk/login?lang=en")
    log_in(client, "sam", site.hire("sam", "operations"))
    return client


def post(client: FlaskClient, path: str, form: dict[str, object]) -> TestResponse:
    """Send one of the page's forms."""
    return client.post(f"{URL}/{path}", data={**form, "csrf_token": token(client.get(URL).text)})


def bar(text: str) -> list[str]:
    """Return what the bar of a page says, line by line."""
    found = re.findall(r"<p data-emergency=.*?</p>", text, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", one).split()) for one in found]


def shown(answer: TestResponse) -> str:
    """Return a page without its scripts, which know all words there are."""
    return re.sub(r"<script.*?</script>", "", answer.text, flags=re.DOTALL)


def test_what_is_declared_is_heard_by_the_next_caller_and_shown_on_every_page_until_it_ends(
    site: Site, sam: FlaskClient, clock: Clock
) -> None:
    assert greeting(site)[0].startswith("您好")
    answer = post(sam, "declare", ANNOUNCE)
    assert (answer.status_code, answer.location) == (303, f"{URL}?done=1")
    assert ENGLISH["emergency_done"] in shown(sam.get(answer.location))
    assert greeting(site)[:2] == list(WORDS.values())
    line, alice = "⚠ Announcement Card payments are down. by sam, until 11:00", _agent(site)
    for client, path in (
        (sam, URL),
        (sam, "/desk/reports"),
        (sam, "/desk/account"),
        (alice, "/desk"),
        (alice, "/desk/inbox"),
    ):
        assert bar(client.get(path).text)[0] == line, path
    clock.on(hours=1)
    assert bar(sam.get("/desk/reports").text) == []
    assert ENGLISH["emergency_none"] in shown(sam.get(URL))


def greeting(site: Site) -> list[str]:
    """Return what a new caller hears."""
    events = site.hotline.answer(new_call_id(), Caller(CALLER, CALLED)).events
    return [event.words for event in events if isinstance(event, Said)]


def _agent(site: Site) -> FlaskClient:
    client = site.app.test_client()
    client.get("/desk/login?lang=en")
    log_in(client, "alice", site.hire())
    return client


def test_pages_that_stay_open_are_told(site: Site, sam: FlaskClient) -> None:
    alice = _agent(site)
    before = alice.get("/desk/news")
    tag = {"If-None-Match": before.headers["ETag"]}
    assert alice.get("/desk/news", headers=tag).status_code == 304
    board = sam.get("/desk/wallboard/events").text
    assert "data-emergency" not in board
    post(sam, "declare", CLOSE)
    assert f"Closed: {PAYMENTS}" in " ".join(bar(alice.get("/desk/news", headers=tag).get_json()["parts"]["bell"]))
    assert "by sam" in " ".join(bar(sam.get("/desk/ring").get_json()["parts"]["bell"]))
    last = board.partition("id: ")[2].partition("\n")[0]
    assert "data-emergency" in sam.get(f"/desk/wallboard/events?last={last}").text
    assert "data-emergency" in sam.get("/desk/wallboard?full=1").text


def test_one_is_ended_by_a_click_and_only_once(site: Site, sam: FlaskClient) -> None:
    post(sam, "declare", ANNOUNCE)
    post(sam, "declare", CLOSE)
    keys = re.findall(r'name="key" value="(\w+)"', sam.get(URL).text)
    assert len(keys) == 2
    assert post(sam, "end", {"key": keys[0]}).status_code == 303
    assert bar(sam.get(URL).text)[0].startswith("⚠ Closed")
    assert post(sam, "end", {"key": keys[0]}).status_code == 409
    assert post(sam, "end", {"key": keys[1]}).status_code == 303
    assert bar(sam.get(URL).text) == []


def test_it_is_heard_before_it_is_declared(sam: FlaskClient) -> None:
    told = post(sam, "preview", CLOSE).text
    assert ENGLISH["emergency_would_want"].format(queue=PAYMENTS) in told
    assert "Card payments are down." in told
    assert bar(told) == []
    told = post(sam, "preview", DIVERT).text
    assert ENGLISH["emergency_waits"].format(queue=GENERAL) in told
    told = post(sam, "preview", DIVERT | {"to": "", "number": "+86 21 5555 5555"}).text
    assert "+862155555555 rings" in told
    assert 'value="+86 21 5555 5555"' in told, "what was written stays"


WRONG = {
    "no words": (ANNOUNCE | {"words.en-US": " "}, "emergency_no_words"),
    "no queue": (CLOSE | {"queues": []}, "emergency_no_queue"),
    "no such queue": (CLOSE | {"queues": ["made-up"]}, "emergency_no_queue"),
    "no end": (ANNOUNCE | {"until": "moment", "moment": ""}, "emergency_no_end"),
    "an end before now": (ANNOUNCE | {"until": "moment", "moment": "2026-11-23T09:59"}, "emergency_no_end"),
    "an end too late": (ANNOUNCE | {"until": "moment", "moment": "2026-12-01T10:00"}, "emergency_no_end"),
    "no number": (DIVERT | {"to": "", "number": ""}, "emergency_no_number"),
    "another country": (DIVERT | {"to": "", "number": "+4930123456"}, "emergency_wrong"),
    "to itself": (DIVERT | {"to": "payments"}, "emergency_wrong"),
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("path", ["preview", "declare"])
def test_what_cannot_be_declared_is_refused_with_the_reason(sam: FlaskClient, path: str, name: str) -> None:
    form, words = WRONG[name]
    answer = post(sam, path, form)
    assert (answer.status_code, ENGLISH[words] in shown(answer)) == (422, True)
    assert bar(answer.text) == []


def test_no_kind_is_made_up(sam: FlaskClient) -> None:
    assert post(sam, "declare", {"kind": "explode"}).status_code == 400


def test_only_operations_and_supervisors_may(site: Site, sam: FlaskClient) -> None:
    assert f'href="{URL}"' in sam.get("/desk/reports").text
    for role, status in (("agent", 403), ("auditor", 403), ("admin", 403), ("supervisor", 200)):
        client = site.app.test_client()
        log_in(client, role, site.hire(role, role))
        assert client.get(URL).status_code == status, role


def test_who_did_what_is_in_the_audit_log(site: Site, sam: FlaskClient) -> None:
    post(sam, "declare", DIVERT)
    (key,) = re.findall(r'name="key" value="(\w+)"', sam.get(URL).text)
    post(sam, "end", {"key": key})
    trail: Trail = site.app.extensions["audit"]
    ended, declared = trail.page(2, who="sam")
    assert (declared.act, declared.subject, ended.act) == ("menus.emergency", "divert", "menus.emergency.end")
    assert "payments" in declared.detail


def test_what_others_publish_at_the_same_moment_stands_beside(
    site: Site, sam: FlaskClient, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    declaring, whole = by_command(site, clock), Publishing.whole
    raced: list[str] = []

    def slow(self: Publishing, *given: Any) -> int:
        if not raced:  # Somebody else is faster, once.
            raced.append("sam")
            assert post(sam, "declare", ANNOUNCE).status_code == 303
        return whole(self, *given)

    monkeypatch.setattr(Publishing, "whole", slow)
    end = clock() + timedelta(hours=1)
    declaring.declare(Declared("close", 0, clock(), end, "kim", {"zh-CN": "停。", "en-US": "Closed."}, ("accounts",)))
    assert [one.kind for one in declaring.standing()] == ["announce", "close"]


def test_other_menus_and_older_ones_answer_under_the_emergencies_of_now(
    site: Site, sam: FlaskClient, clock: Clock
) -> None:
    publishing = site.publishing
    post(sam, "declare", ANNOUNCE)
    changed = {"main.yaml": publishing.library.files(1)["main.yaml"].replace("您好", "早上好")}
    files = {**publishing.library.files(1), **changed}
    draft = publishing.drafts.begin("olga", publishing.last().version, clock(), "", files)
    publishing.draft(draft, 0, "olga", "")
    assert greeting(site)[0] == WORDS["words.zh-CN"]
    assert greeting(site)[2].startswith("早上好")
    publishing.back(1, "olga", "")
    assert greeting(site)[0] == WORDS["words.zh-CN"]
    assert greeting(site)[2].startswith("您好")
    clock.on(hours=2)
    version = publishing.back(1, "olga", "")
    assert FILE not in publishing.library.files(version), "what has ended is not carried along"


def by_command(site: Site, clock: Clock) -> Declaring:
    """Return what the commands use, in another process than the pages."""
    return Declaring(published(site.desk.engine, clock))


@pytest.fixture
def run(site: Site, clock: Clock) -> Callable[..., Result]:
    """Return what runs a command about emergencies."""
    trail: Trail = site.app.extensions["audit"]

    def command(*args: str) -> Result:
        return CliRunner().invoke(emergency_commands(by_command(site, clock), trail), args)

    return command


def test_at_night_commands_do_it(site: Site, run: Callable[..., Result]) -> None:
    words = ("--words", "zh-CN=渠道故障。", "--words", "en-US=Payments are down.")
    assert run("announce", *words, "--until", "2h", "--by", "kim").exit_code == 0
    assert run("close", "payments", "--until", "18:00").exit_code == 0
    assert run("divert", "accounts", "--to", "general", "--until", "2026-11-24 09:00").exit_code == 0
    listed = run("list").stdout.splitlines()
    assert [line.split("  ")[1:3] for line in listed] == [
        ["2026-11-23 10:00 to 2026-11-23 12:00", "kim"],
        ["2026-11-23 10:00 to 2026-11-23 18:00", "terminal"],
        ["2026-11-23 10:00 to 2026-11-24 09:00", "terminal"],
    ]
    assert run("end", listed[1].split()[0]).exit_code == 0
    assert len(run("list").stdout.splitlines()) == 2
    trail: Trail = site.app.extensions["audit"]
    assert [one.act for one in trail.page(4, who="terminal")][::3] == ["menus.emergency.end", "menus.emergency"]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("announce", "--until", "2h"), "“words” is missing"),
        (("announce", "--words", "zh-CN=停。", "--until", "2h"), "the words in en-US are missing"),
        (("announce", "--words", "hello", "--until", "2h"), "write the language before the words"),
        (("close", "made-up", "--until", "2h"), "no queue"),
        (("close", "payments", "--until", "soon"), "write 2h, 45m, 18:00"),
        (("close", "payments", "--until", "500h"), "7 days at most"),
        (("divert", "payments", "--to", "+4930123456", "--until", "2h"), "begins with +86"),
        (("end", "made-up"), "menus emergency list"),
    ],
)
def test_a_command_says_why_not(run: Callable[..., Result], args: tuple[str, ...], words: str) -> None:
    done = run(*args)
    assert (done.exit_code != 0, words in done.output) == (True, True), done.output


@pytest.mark.parametrize(("language", "size"), PAIRS)
def test_axe_finds_nothing_on_the_page(served_site: Site, page: Page, language: str, size: str) -> None:
    seen = looked_at(page, language, size)
    let_in(page, "sam", served_site.hire("sam", "operations", "supervisor"), language)
    page.goto(URL)
    seen("emergency")
    close = page.locator("form:has(input[value=close])")
    close.locator("[name=queues][value=payments]").check()
    close.locator("[formaction]").click()
    expect(page.locator(".heard").first.locator("h3")).to_have_count(1)
    seen("emergency-tried")
    page.locator("form:has(input[value=close]) .btn-danger").click()
    expect(page.locator("[data-emergency=close]")).to_be_visible()
    page.locator("form:has(input[value=announce]) .btn-danger").click()
    expect(page.locator("[data-emergency]")).to_have_count(2)
    seen("emergency-on")
    page.goto("/desk")
    expect(page.locator("[data-emergency]")).to_have_count(2)
    seen("emergency-desk")
    page.goto("/desk/wallboard?full=1")
    expect(page.locator("[data-emergency]")).to_have_count(2)
    seen("emergency-wallboard")


def test_a_page_that_is_open_shows_it_without_a_click(served_site: Site, page: Page) -> None:
    let_in(page, "sam", served_site.hire("sam", "supervisor"))
    page.goto("/desk/reports")
    client = served_site.app.test_client()
    log_in(client, "kim", served_site.hire("kim", "operations"))
    post(client, "declare", ANNOUNCE)
    expect(page.locator("[data-emergency=announce]")).to_contain_text("kim")
    (key,) = re.findall(r'name="key" value="(\w+)"', client.get(URL).text)
    post(client, "end", {"key": key})
    expect(page.locator("[data-emergency]")).to_have_count(0)
