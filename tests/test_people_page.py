"""The pages of admins and auditors: people, and what they did."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect
from werkzeug.test import TestResponse

from ivr.console.texts import TEXTS
from ivr.store.audit import Trail
from tests.desk_site import Site, log_in, token
from tests.test_desk_page import PAIRS, host, looked_at, page, port
from tests.test_desk_page import site as served_site
from tests.test_people import clock, site

__all__ = ["clock", "host", "page", "port", "served_site", "site"]

ENGLISH = TEXTS["en"]


@pytest.fixture
def root(site: Site) -> FlaskClient:
    """Return the browser of an admin."""
    client = site.app.test_client()
    client.get("/desk/login?lang=en")
    log_in(client, "root", site.hire("root", "admin"))
    return client


def post(client: FlaskClient, way: str, name: str, *roles: str) -> TestResponse:
    """Do something about a person by the page's form."""
    form = {"name": name, "role": list(roles), "csrf_token": token(client.get("/desk/people").text)}
    return client.post(f"/desk/people/{way}", data=form)


def test_an_admin_is_led_to_people_and_finds_the_audit_log(root: FlaskClient) -> None:
    assert root.get("/desk").location == "/desk/people"
    top = root.get("/desk/people").text
    assert ('href="/desk/audit"' in top, 'href="/desk/inbox"' in top) == (True, False)


def test_a_password_is_shown_once_and_is_for_one_time(site: Site, root: FlaskClient) -> None:
    told = post(root, "add", "bob", "agent", "supervisor").text
    found = re.search(r"<code[^>]*>([^<]+)</code>", told)
    assert found
    assert found[1] not in root.get("/desk/people").text
    client = site.app.test_client()
    log_in(client, "bob", found[1])
    assert client.get("/desk").location == "/desk/password"
    state = site.desk.agent("bob")
    assert state is not None
    assert (state.phone, state.level) == ("client:bob", 2)
    again = post(root, "add", "bob")
    assert (again.status_code, ENGLISH["name_refused"] in again.text) == (409, True)


@pytest.mark.parametrize("way", ["bar", "expel", "renew", "appoint"])
def test_whatever_changes_a_person_ends_their_sessions_at_once(site: Site, root: FlaskClient, way: str) -> None:
    client = site.app.test_client()
    forgery = log_in(client, "bob", site.hire("bob"))
    assert client.post("/desk/available", json={}, headers={"X-CSRFToken": forgery}).status_code == 200
    assert post(root, way, "bob", "agent").status_code == 200
    assert client.get("/desk/news").status_code == 401
    state = site.desk.agent("bob")
    assert state is not None
    assert state.state == "offline"


def test_whoever_is_shut_out_can_be_let_in_again(site: Site, root: FlaskClient) -> None:
    password = site.hire("bob")
    post(root, "bar", "bob")
    assert not log_in(site.app.test_client(), "bob", password)
    assert ENGLISH["people_barred"] in root.get("/desk/people").text
    post(root, "admit", "bob")
    assert log_in(site.app.test_client(), "bob", password)


def test_nobody_locks_themselves_out(root: FlaskClient) -> None:
    refused = [post(root, "bar", "root"), post(root, "renew", "root"), post(root, "appoint", "root", "auditor")]
    assert [one.status_code for one in refused] == [409] * 3
    assert root.get("/desk/people").status_code == 200


def test_what_cannot_be_is_refused(root: FlaskClient) -> None:
    assert post(root, "bar", "nobody").status_code == 409
    assert post(root, "add", "<b>bob</b>", "agent").status_code == 409
    assert post(root, "add", "bob", "god").status_code == 400
    assert root.post("/desk/people/add", data={"name": "bob"}).status_code == 400
    assert "bob" not in root.get("/desk/people").text


def test_the_audit_log_is_found_by_person_act_and_day_page_by_page(site: Site, root: FlaskClient) -> None:
    log: Trail = site.app.extensions["audit"]
    early = Trail(log.engine, log.secrets, lambda: site.clock() - timedelta(days=2))
    early.add("bob", "number.show", "<b>caller</b>", "10.0.0.1", line="L1")
    for number in range(120):
        log.add("carol", "message.hear", f"message-{number}.", "10.0.0.2")
    page = root.get("/desk/audit").text
    assert ("message-119." in page, "&lt;b&gt;caller" in page) == (True, False)
    older = re.search(r'href="(/desk/audit\?[^"]*before=[^"]*)"', page)
    assert older
    then = root.get(older[1].replace("&amp;", "&")).text
    assert ("message-0." in then, "&lt;b&gt;caller&lt;/b&gt;" in then, "line: L1" in then) == (True, True, True)
    assert "message-119." not in then
    only = root.get("/desk/audit?who=bob").text
    assert ("10.0.0.1" in only, "10.0.0.2" in only) == (True, False)
    assert "10.0.0.1" not in root.get("/desk/audit?act=message.hear").text
    day = (site.clock() - timedelta(days=2)).date().isoformat()
    assert "10.0.0.1" in root.get(f"/desk/audit?since={day}&until={day}").text
    assert ENGLISH["audit_empty"] in root.get("/desk/audit?since=2020-01-01&until=2020-01-01").text
    for wrong in ("before=x", "since=yesterday", "until=9999-12-31", "before=99999999999"):
        assert root.get(f"/desk/audit?{wrong}").status_code == 400


@pytest.mark.parametrize(("language", "size"), PAIRS)
def test_axe_finds_nothing_on_the_pages_of_admins(served_site: Site, page: Page, language: str, size: str) -> None:
    seen = looked_at(page, language, size)
    served_site.hire("bob", "agent", "supervisor")
    page.goto(f"/desk/login?lang={language}")
    page.locator("#name").fill("root")
    page.locator("#password").fill(served_site.hire("root", "admin"))
    page.keyboard.press("Enter")
    expect(page.locator("article")).to_have_count(2)
    seen("people")
    page.locator("aside #name").fill("carol")
    page.keyboard.press("Enter")
    expect(page.locator("code")).to_be_visible()
    page.locator("summary").first.click()
    seen("people-change")
    page.keyboard.press("y")
    expect(page.locator("table")).to_be_visible()
    seen("audit")
