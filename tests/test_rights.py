"""Each page needs one right, and whoever lacks it is kept out."""

import pytest

from ivr.console.rights import PUBLIC, needed, needs
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
    assert client.get("/desk").headers["Location"] == "/desk/password"
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
