"""The log and the page of one call: found, paged, masked, heard by whoever may, and safe from what people write."""

import os
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from markupsafe import escape
from playwright.sync_api import Page

from ivr.console.calls import FIELDS, MOST
from ivr.console.texts import TEXTS
from ivr.store.messages import Messages
from tests.desk_site import ORDER, Clock, Site, log_in
from tests.stores import CALLER
from tests.test_desk_page import SIZES, browser, faults, host, page, port
from tests.test_desk_page import site as served_site
from tests.test_facts import digest, served
from tests.test_people import clock, site

__all__ = ["browser", "clock", "host", "page", "port", "served_site", "site"]

ENGLISH = TEXTS["en"]
ATTACK = "<script>alert(1)</script>{{ 7*7 }}"


def entered(site: Site, role: str) -> FlaskClient:
    """Return the browser of somebody with this role, in English."""
    client = site.app.test_client()
    client.get("/desk/login?lang=en")
    log_in(client, role, site.hire(role, role))
    return client


def listed(client: FlaskClient, **asked: str) -> list[str]:
    """Return the ids of the calls that the log shows, in order."""
    answer = client.get("/desk/calls", query_string=asked)
    assert answer.status_code == 200, answer.text
    return re.findall(r'<a href="/desk/calls/([^"?]+)">', answer.text)


@pytest.fixture
def call_id(site: Site, clock: Clock) -> str:
    """Return a call that was served, and one more that was not stands beside it."""
    site.hire("alice")
    found = served(site, clock, ATTACK)
    site.hotline.hang_up(site.call("8", caller="+8613900000001"))
    digest(site)
    return found


def test_a_supervisor_finds_a_call_by_all_that_the_form_asks(site: Site, call_id: str) -> None:
    sam = entered(site, "supervisor")
    assert len(listed(sam)) == 2
    asked = {"caller": CALLER, "number": ORDER, "agent": "alice", "text": "script", "matter": "refund", "version": "1"}
    asked |= {"queue": "payments", "outcome": "served", "code": "resolved", "language": "zh-CN"}
    asked |= {"seconds": "110", "waited": "20", "since": "2026-01-01", "until": "2027-01-01"}
    assert set(asked) == set(FIELDS)
    for name, value in asked.items():
        found = listed(sam, **{name: value})
        assert found[-1] == call_id
        assert len(found) == (2 if name in ("version", "since", "until") else 1), name
    assert listed(sam, **asked) == [call_id]
    assert listed(sam, caller=CALLER[-4:]) == [call_id]
    assert listed(sam, caller=CALLER.removeprefix("+86")) == [call_id]
    assert listed(sam, **asked | {"agent": "bob"}) == []


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"since": "yesterday"}, "calls_bad_day"),
        ({"until": "9999-12-31"}, "calls_bad_day"),
        ({"caller": "12"}, "calls_bad_caller"),
        ({"waited": "-1"}, "calls_bad_number"),
        ({"version": "9" * 30}, "calls_bad_number"),
        ({"before": "2026-11-26"}, "calls_bad_place"),
        ({"before": "2026-11-26T00:00:00~x"}, "calls_bad_place"),
    ],
)
def test_what_cannot_be_looked_for_is_told_with_what_to_write(site: Site, asked: dict[str, str], why: str) -> None:
    answer = entered(site, "supervisor").get("/desk/calls", query_string=asked)
    assert (answer.status_code, escape(ENGLISH[why]) in answer.text) == (400, True)


def test_the_log_goes_on_page_by_page_and_back_to_the_newest(site: Site, clock: Clock) -> None:
    made = []
    for _ in range(MOST + 3):
        made.insert(0, site.call("8"))
        site.hotline.hang_up(made[0])
        clock.on(seconds=1)
    digest(site)
    sam = entered(site, "supervisor")
    first = sam.get("/desk/calls?language=en-US").text
    assert f"{MOST + 3} calls" in first
    assert listed(sam, language="en-US") == made[:MOST]
    (older,) = re.findall(r'href="([^"]+)" rel="next"', first)
    second = sam.get(older.replace("&amp;", "&")).text
    assert re.findall(r'<a href="/desk/calls/([^"?]+)">', second) == made[MOST:]
    assert 'rel="next"' not in second
    assert 'href="/desk/calls?language=en-US"' in second


def test_a_call_is_shown_whole_with_numbers_masked_and_texts_as_texts(site: Site, call_id: str) -> None:
    shown = entered(site, "supervisor").get(f"/desk/calls/{call_id}").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7*7 }}" in shown
    assert "<script>alert" not in shown
    assert CALLER not in shown
    assert f"••••{CALLER[-4:]}" in shown
    for words in ("Payments and money", "alice", "resolved", "1:50", "0:20", "1:30"):
        assert words in shown


def test_a_call_that_goes_on_can_be_looked_at_but_is_not_yet_in_the_log(site: Site) -> None:
    place, sam = site.queued(), entered(site, "supervisor")
    assert listed(sam) == []
    assert ENGLISH["call_live"] in sam.get(f"/desk/calls/{place.call_id}").text


def test_a_recording_is_heard_by_whoever_may_and_each_hearing_is_audited(site: Site) -> None:
    place = site.left_message()
    kept = Messages(site.desk.engine).recorded(place.recording or "")
    assert kept
    sound = kept.id
    way = f"/desk/calls/{place.call_id}/sounds/{sound}"
    auditor = entered(site, "auditor")
    assert f'src="{way}"' in auditor.get(f"/desk/calls/{place.call_id}").text
    with auditor.get(way) as heard:
        assert (heard.status_code, heard.data[:4]) == (200, b"RIFF")
    trail = site.app.extensions["audit"].page(5)
    assert [(one.who, one.subject) for one in trail if one.act == "recording.hear"] == [("auditor", sound)]
    other = site.call("8")
    assert auditor.get(f"/desk/calls/{other}/sounds/{sound}").status_code == 404
    assert auditor.get(f"/desk/calls/{place.call_id}/sounds/..%2F..%2Fetc").status_code == 404
    assert entered(site, "agent").get(way).status_code == 403


def test_there_is_a_way_to_the_log_for_whoever_may_see_it(site: Site) -> None:
    assert 'href="/desk/calls"' in entered(site, "supervisor").get("/desk").text
    agent = entered(site, "agent")
    assert 'href="/desk/calls"' not in agent.get("/desk").text
    assert agent.get("/desk/calls").status_code == 403


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_in_the_log_and_a_call(
    served_site: Site, page: Page, tmp_path: Path, language: str, size: str
) -> None:
    pictures = Path(os.environ.get("PICTURES", tmp_path))
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    served_site.hire("alice")
    assert isinstance(served_site.clock, Clock)
    call_id = served(served_site, served_site.clock, "客户说退款没有到账，已经登记。")
    served_site.hotline.hang_up(served_site.call("8", caller="+8613900000001"))
    message = served_site.left_message()
    served_site.hotline.hang_up(message.call_id)
    digest(served_site)
    page.goto(f"/desk/login?lang={language}")
    page.fill("#name", "sam")
    page.fill("#password", served_site.hire("sam", "supervisor"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk")
    for name, place in {"calls": "", "filtered": "?outcome=served&waited=10", "call": f"/{call_id}"}.items():
        page.goto(f"/desk/calls{place}")
        page.screenshot(path=pictures / f"{name}-{language}-{size}.png", full_page=True)
        assert faults(page) == ""
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
