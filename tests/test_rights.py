"""Each page needs one right, and whoever lacks it is kept out."""

import re

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from ivr.console.rights import FRONT, PUBLIC, needed, needs
from ivr.store.messages import Messages
from ivr.store.roles import RIGHTS, ROLES
from tests.desk_site import Site, log_in
from tests.test_people import clock, site

__all__ = ["clock", "site"]


def test_every_page_declares_one_right_or_is_on_the_short_list_of_public_ones(site: Site) -> None:
    endpoints = {rule.endpoint for rule in site.app.url_map.iter_rules()}
    assert {one for one in endpoints if needed(site.app, one) is None} == set()
    assert {one for one in endpoints if needed(site.app, one) == ""} <= PUBLIC
    assert {needed(site.app, one) for one in endpoints - PUBLIC} <= RIGHTS


def test_a_page_without_a_declared_right_is_refused_to_everybody(site: Site) -> None:
    site.app.add_url_rule("/desk/forgotten", "forgotten", lambda: "a secret")
    client = site.app.test_client()
    assert client.get("/desk/forgotten").status_code == 302
    log_in(client, "alice", site.hire("alice", *ROLES))
    assert client.get("/desk/forgotten").status_code == 403


def test_a_right_that_no_role_has_cannot_be_declared() -> None:
    with pytest.raises(ValueError, match=r"no role has the right calls\.sea"):
        needs("calls.sea")


def test_publishing_is_apart_from_editing_and_hearing_from_seeing() -> None:
    assert any("menus.edit" in held and "menus.publish" not in held for held in ROLES.values())
    assert {"calls.see", "recordings.hear"} <= RIGHTS


def test_whoever_has_nothing_to_do_at_the_desk_is_led_to_where_they_have(site: Site) -> None:
    client = site.app.test_client()
    log_in(client, "olga", site.hire("olga", "operations"))
    assert client.get("/desk").headers["Location"] == "/desk/reports"
    assert client.get("/desk/inbox").status_code == 403
    assert site.desk.agent("olga") is None


def test_a_person_has_the_rights_of_all_their_roles(site: Site) -> None:
    client, run = site.app.test_client(), site.app.test_cli_runner()
    password = site.hire("sam", "operations")
    assert run.invoke(args=["people", "roles", "sam", "--role", "agent", "--role", "supervisor"]).exit_code == 0
    log_in(client, "sam", password)
    assert client.get("/desk/talks").status_code == 200
    assert run.invoke(args=["people", "roles", "sam", "--role", "agent"]).exit_code == 0
    assert client.get("/desk").status_code == 302, "the session must not outlive the roles it began with"
    log_in(client, "sam", password)
    assert (client.get("/desk").status_code, client.get("/desk/talks").status_code) == (200, 403)
    assert [one.level for one in site.desk.agents()] == [1]


def test_new_roles_leave_phone_and_skills_as_they_are(site: Site) -> None:
    run = site.app.test_cli_runner()
    run.invoke(args=["people", "add", "bob", "--phone", "+8613800138000", "--skills", "queue:payments"])
    run.invoke(args=["people", "roles", "bob", "--role", "supervisor"])
    bob = site.desk.agent("bob")
    assert bob is not None
    assert (bob.phone, bob.skills, bob.level) == ("+8613800138000", {"queue:payments"}, 2)


def rows(app: Flask) -> list[tuple[str, str, str]]:
    """Return (method, path, endpoint) of everything that can be asked, with made-up ids in the paths."""
    found = []
    for rule in app.url_map.iter_rules():
        named = re.findall(r"<(?:(.*?):)?\w+>", rule.rule)
        kinds = [(name, re.fullmatch(r"any\((\w+).*\)", name)) for name in named]
        values = iter([kind[1] if kind else "1" if name == "int" else "made-up" for name, kind in kinds])
        path = re.sub(r"<[^>]+>", lambda _, values=values: next(values), rule.rule)
        found += [(method, path, rule.endpoint) for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})]
    return found


@pytest.mark.parametrize("role", [*ROLES, "nobody"])
def test_each_role_reaches_what_its_rights_allow_and_nothing_else(site: Site, role: str) -> None:
    password = site.hire("eve", role) if role != "nobody" else ""
    wrong = []
    for method, path, endpoint in rows(site.app):
        client = site.app.test_client()
        body = {} if method == "POST" and not endpoint.startswith("security.") else None
        forgery = log_in(client, "eve", password, front="/desk/password") if password else ""
        with client.open(path, method=method, json=body, headers={"X-CSRFToken": forgery}) as answer:
            wrong += [] if fits(site.app, endpoint, role, answer) else [(method, path, answer.status_code)]
    assert wrong == []


def fits(app: Flask, endpoint: str, role: str, answer: TestResponse) -> bool:
    """Tell whether this is what the table of rights has for this role on this page."""
    status, right, door = answer.status_code, needed(app, endpoint), answer.location == "/desk/login"
    if right == "":
        return status < 500
    if role == "nobody":
        return status == 401 or door
    if right in ROLES[role]:
        return status not in (401, 403) and status < 500 and not door
    return status == 403 or (endpoint == FRONT and status == 302)


TRICKS = [
    "..%2f..%2fdesk.db",
    "../../desk.db",
    "%2e%2e/%2e%2e/desk.db",
    "....//desk.db",
    "/etc/passwd",
    "..\\..\\desk.db",
    "%00",
    "x" * 5000,
    "' OR 1=1 --",
    "\U0001f4a3",
]


@pytest.mark.parametrize("trick", TRICKS)
def test_no_trick_with_a_recordings_name_reaches_a_file(site: Site, trick: str) -> None:
    place, client = site.left_message(), site.app.test_client()
    log_in(client, "alice", site.hire("alice"))
    for path in (f"/desk/message?place={trick}", f"/desk/message/{trick}", f"/desk/message?place={place.id}/{trick}"):
        assert client.get(path).status_code in ((400, 404) if trick == "%00" else (404,))
    message = Messages(site.desk.engine).recorded(place.recording or "")
    assert message
    Messages(site.desk.engine).fetched(message.id, f"../{trick}", 9)  # Whatever the table says.
    site.desk.inbox.assign(place.id, "alice")
    assert client.get(f"/desk/message?place={place.id}").status_code == 404


@pytest.mark.parametrize("role", list(ROLES))
def test_a_guessed_recording_is_not_told_from_one_that_is_not_there(site: Site, role: str) -> None:
    place, client = site.left_message(), site.app.test_client()
    log_in(client, "eve", site.hire("eve", role))
    guessed = {client.get(f"/desk/message?place={one}").status_code for one in (place.id, "made-up", place.call_id)}
    assert guessed == ({404} if "desk.work" in ROLES[role] else {403})
