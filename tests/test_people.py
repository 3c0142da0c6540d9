"""Who may log in, how long, and what a foreign page cannot make them do."""

import re
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from flask.testing import FlaskClient
from passlib.hash import argon2
from sqlalchemy import Engine, text

from ivr.console.commands import first_admin
from ivr.console.texts import TEXTS
from ivr.store.people import TRIES, NamingError, Passkey, People
from tests.desk_site import Clock, Site, desk_site, log_in, token

WRONG = TEXTS["en"]["wrong"]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def site(tmp_path: Path, clock: Clock) -> Iterator[Site]:
    made = desk_site(tmp_path, "http://127.0.0.1:8000", clock)
    yield made
    made.close()


@pytest.fixture
def client(site: Site) -> FlaskClient:
    return site.app.test_client()


def enter(client: FlaskClient, name: str, password: str) -> str:
    """Return what the page says to this name and password, in English."""
    form = {"name": name, "password": password, "csrf_token": token(client.get("/desk/login?lang=en").text)}
    return client.post("/desk/login", data=form).text


def test_an_agent_logs_in_whatever_the_case_of_the_name(site: Site, client: FlaskClient) -> None:
    password = site.hire("alice")
    assert client.get("/desk").headers["Location"] == "/desk/login"
    assert log_in(client, "Alice", password)


def test_a_wrong_password_and_an_unknown_name_are_answered_alike(site: Site, client: FlaskClient) -> None:
    site.hire("alice")
    known, unknown = (WRONG in enter(client, name, "a guess") for name in ("alice", "nobody"))
    assert (known, unknown) == (True, True)
    assert client.get("/desk").status_code == 302


def test_passwords_are_kept_as_argon2id_only(site: Site) -> None:
    password = site.hire("alice")
    with site.desk.engine.connect() as connection:
        kept = connection.scalar(text("SELECT password FROM people"))
    assert kept.startswith("$argon2id$")
    assert password not in kept


def test_a_password_is_dear_to_guess(tmp_path: Path, real_cost: dict[str, int]) -> None:
    with patch.multiple(argon2, **real_cost):
        made = desk_site(tmp_path, "http://127.0.0.1:8000", Clock())
        made.hire("alice")
    with made.desk.engine.connect() as connection:
        kept = connection.scalar(text("SELECT password FROM people"))
    made.close()
    # 64 MiB, three times, in four lanes: RFC 9106's second choice.
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_five_wrong_passwords_make_a_pause_of_a_minute(site: Site, client: FlaskClient, clock: Clock) -> None:
    password = site.hire("alice")
    for _ in range(5):
        assert WRONG in enter(client, "alice", "a guess")
    clock.on(seconds=59)
    assert not log_in(client, "alice", password)
    clock.on(seconds=2)
    assert log_in(client, "alice", password)


def test_a_login_without_the_pages_token_is_refused_and_not_counted(site: Site, client: FlaskClient) -> None:
    password = site.hire("alice")
    for _ in range(6):
        client.post("/desk/login", data={"name": "alice", "password": "a guess"})
        client.post("/desk/login", json={"name": "alice", "password": password})
    assert client.get("/desk").status_code == 302
    assert log_in(client, "alice", password)


@pytest.mark.parametrize("path", ["available", "away", "wrap-up", "answer", "hang-up"])
def test_an_act_without_the_pages_token_is_refused(site: Site, client: FlaskClient, path: str) -> None:
    forgery = log_in(client, "alice", site.hire("alice"))
    refused = client.post(f"/desk/{path}", json={"reason": "break", "code": "other"})
    assert refused.status_code == 400
    assert refused.json["error"] == TEXTS["zh"]["refused_400"]
    state = site.desk.agent("alice")
    assert state is not None
    assert state.state == "offline"
    headers = {"X-CSRFToken": forgery}
    again = client.post(f"/desk/{path}", json={"reason": "break", "code": "other"}, headers=headers)
    assert again.status_code != 400, "it was the token that was missing"


def test_a_foreign_page_cannot_log_anybody_out(site: Site, client: FlaskClient) -> None:
    log_in(client, "alice", site.hire("alice"))
    client.post("/desk/logout")
    assert client.get("/desk").status_code == 200


def test_logging_out_ends_the_session_wherever_its_cookie_went(site: Site, client: FlaskClient) -> None:
    forgery = log_in(client, "alice", site.hire("alice"))
    assert client.post("/desk/available", json={}, headers={"X-CSRFToken": forgery}).status_code == 200
    stolen = client.get_cookie("hotline")
    assert stolen is not None
    client.post("/desk/logout", data={"csrf_token": forgery})
    thief = site.app.test_client()
    thief.set_cookie("hotline", stolen.value)
    assert thief.get("/desk").status_code == 302
    state = site.desk.agent("alice")
    assert state is not None
    assert state.state == "offline"


def test_whoever_is_barred_is_out_at_once(site: Site, client: FlaskClient) -> None:
    password = site.hire("alice")
    forgery = log_in(client, "alice", password)
    done = site.app.test_cli_runner().invoke(args=["people", "bar", "alice"])
    assert done.exit_code == 0, done.output
    assert client.post("/desk/available", json={}, headers={"X-CSRFToken": forgery}).status_code == 401
    assert not log_in(site.app.test_client(), "alice", password)


def test_a_page_that_only_looks_is_out_after_two_hours(site: Site, client: FlaskClient, clock: Clock) -> None:
    log_in(client, "alice", site.hire("alice"))
    for _ in range(4):
        clock.on(minutes=29)
        assert client.get("/desk/news").status_code == 200
    clock.on(minutes=5)
    assert client.get("/desk/news").status_code == 401


def test_a_session_lasts_no_longer_than_a_shift(site: Site, client: FlaskClient, clock: Clock) -> None:
    log_in(client, "alice", site.hire("alice"))
    for _ in range(12):
        clock.on(minutes=60)
        assert client.get("/desk").status_code == 200
    clock.on(seconds=1)
    assert client.get("/desk").status_code == 302


def test_whoever_talks_with_a_caller_is_not_logged_out_by_the_clock(
    site: Site, client: FlaskClient, clock: Clock
) -> None:
    log_in(client, "alice", site.hire("alice"))
    site.talking()
    clock.on(hours=13)
    assert client.get("/desk/news").status_code == 200
    assert client.get("/desk").status_code == 200
    site.phones.hang_up("client:alice")
    assert client.get("/desk/news").status_code == 401


def test_what_an_old_session_may_do_amid_a_talk_is_the_talks_alone(
    site: Site, client: FlaskClient, clock: Clock
) -> None:
    log_in(client, "alice", site.hire("alice", "agent", "supervisor"))
    site.talking()
    clock.on(hours=3)
    assert client.get("/desk").status_code == 200
    assert client.get("/desk/calls").status_code == 302
    assert client.get("/desk").status_code == 200, "the talk goes on"
    site.phones.hang_up("client:alice")
    assert client.get("/desk").status_code == 302


def test_whoever_logs_out_while_it_rings_is_offered_nobody_any_more(site: Site, client: FlaskClient) -> None:
    forgery = log_in(client, "alice", site.hire("alice"))
    place = site.queued()
    client.post("/desk/available", json={}, headers={"X-CSRFToken": forgery})
    client.post("/desk/logout", data={"csrf_token": forgery})
    found, alice = site.desk.place(place.id), site.desk.agent("alice")
    assert found is not None
    assert alice is not None
    assert (found.state, alice.state) == ("waiting", "offline")


def test_whoever_logs_out_ends_their_talk_by_that(site: Site, client: FlaskClient) -> None:
    forgery = log_in(client, "alice", site.hire("alice"))
    talk = site.talking()
    client.post("/desk/logout", data={"csrf_token": forgery})
    found = site.desk.place(talk.id)
    assert found is not None
    assert found.state == "done"


def test_the_cookie_is_for_us_alone(site: Site, client: FlaskClient, tmp_path: Path) -> None:
    set_cookie = client.get("/desk/login").headers["Set-Cookie"]
    assert re.fullmatch(r"hotline=[^;]+; HttpOnly; Path=/; SameSite=Lax", set_cookie)
    (tmp_path / "https").mkdir()
    safe = desk_site(tmp_path / "https", "https://hotline.example.com", Clock())
    answer = safe.app.test_client().get("/desk/login", base_url="https://hotline.example.com")
    assert re.fullmatch(r"__Host-hotline=[^;]+; Secure; HttpOnly; Path=/; SameSite=Lax", answer.headers["Set-Cookie"])
    safe.close()


def test_every_page_carries_the_strict_policy(site: Site, client: FlaskClient) -> None:
    log_in(client, "alice", site.hire("alice"))
    for answer in (site.app.test_client().get("/desk/login"), client.get("/desk"), client.get("/desk/news")):
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"


def test_the_commands_add_an_agent_and_change_the_password(site: Site) -> None:
    run = site.app.test_cli_runner()
    asked = ["people", "add", "bob", "--phone", "client:bob", "--skills", "queue:payments, language:en-US"]
    told = run.invoke(args=asked)
    assert WRONG not in enter(site.app.test_client(), "bob", told.output.split()[-1])
    state = site.desk.agent("bob")
    assert state is not None
    assert (state.phone, state.skills) == ("client:bob", {"queue:payments", "language:en-US"})
    again = run.invoke(args=asked)
    assert (again.exit_code, "bob is there already" in again.output) == (1, True)
    new = run.invoke(args=["people", "password", "bob"])
    assert WRONG in enter(site.app.test_client(), "bob", told.output.split()[-1])
    assert WRONG not in enter(site.app.test_client(), "bob", new.output.split()[-1])


def test_people_and_their_pauses_are_kept_by_either_database(engine: Engine, clock: Clock) -> None:
    people = People(engine, clock)
    people.add("alice", "a hash")
    for _ in range(TRIES):
        alice = people.find("ALICE")
        assert alice is not None
        assert not people.barred(alice)
        people.missed(alice)
    people.close()
    anew = People(engine, clock)
    alice = anew.find("alice")
    assert alice is not None
    assert people.barred(alice)
    assert [role.name for role in alice.roles] == ["agent"]
    anew.close()
    with pytest.raises(NamingError, match="alice is there already"):
        people.add("alice", "another hash")
    people.change("alice", active=False)
    assert people.some()
    people.close()


@pytest.mark.parametrize("name", ["Bob", "bob smith", "", "-bob", "b" * 65])
def test_a_name_that_is_none_is_refused(site: Site, name: str) -> None:
    told = site.app.test_cli_runner().invoke(args=["people", "add", "--phone", "client:bob", "--", name])
    assert told.exit_code == 1
    assert "a name is made of" in told.output


def test_the_first_admin_is_made_once(site: Site, client: FlaskClient) -> None:
    with site.app.app_context():
        password = first_admin(site.staff, "alice", "admin", "agent")
        assert first_admin(site.staff, "alice", "admin", "agent") is None
        assert first_admin(site.staff, "another", "admin") is None
        with patch.object(People, "some", lambda _: False):  # Two servers begin at once.
            assert first_admin(site.staff, "alice", "admin") is None
    assert "name" not in enter(client, "alice", password or "")


def test_a_password_that_somebody_saw_is_for_one_time(site: Site, client: FlaskClient, clock: Clock) -> None:
    told = site.app.test_cli_runner().invoke(args=["people", "add", "bob"]).output.split()[-1]
    log_in(client, "bob", told)
    assert client.get("/desk").location == "/desk/password"
    page = client.get("/desk/password?lang=en").text
    assert TEXTS["en"]["one_time"] in page
    forgery = token(page)
    assert client.post("/desk/available", json={}, headers={"X-CSRFToken": forgery}).status_code == 403

    def change(new: str) -> int:
        form = {"password": told, "new_password": new, "new_password_confirm": new, "csrf_token": forgery}
        return client.post("/desk/password", data=form).status_code

    assert (change(told), change("one-that-is-long-enough")) == (200, 302)
    assert client.get("/desk").status_code == 200
    assert not log_in(site.app.test_client(), "bob", told)
    clock.on(days=30)
    assert log_in(site.app.test_client(), "bob", "one-that-is-long-enough")


def test_a_one_time_password_lapses_after_a_week(site: Site, client: FlaskClient, clock: Clock) -> None:
    told = site.app.test_cli_runner().invoke(args=["people", "add", "bob"]).output.split()[-1]
    clock.on(days=7)
    assert WRONG in enter(client, "bob", told)


def test_people_are_made_by_one_group_of_commands_only(site: Site) -> None:
    assert "people" in site.app.cli.commands
    assert {"users", "roles"} & set(site.app.cli.commands) == set()


def test_an_agent_changes_the_password_on_the_page(site: Site, client: FlaskClient) -> None:
    password, new = site.hire("alice"), "one-that-is-long-enough"
    forgery = log_in(client, "alice", password)
    other = site.app.test_client()
    log_in(other, "alice", password)

    def change(now: str, again: str = new, forgery: str = forgery) -> int:
        form = {"password": now, "new_password": new, "new_password_confirm": again, "csrf_token": forgery}
        return client.post("/desk/password", data=form).status_code

    refused = change("a guess"), change(password, again="another-of-that-length"), change(password, forgery="")
    assert refused == (200, 200, 400)
    assert log_in(site.app.test_client(), "alice", password)
    assert change(password) == 302
    assert client.get("/desk").status_code == 200
    assert other.get("/desk").status_code == 302
    assert not log_in(site.app.test_client(), "alice", password)
    assert log_in(site.app.test_client(), "alice", new)


def test_second_factors_are_kept_by_either_database(engine: Engine, clock: Clock) -> None:
    people = People(engine, clock)
    people.add("alice", "a hash", ("agent", "auditor"))
    alice = people.known("alice")
    assert [people.spent(alice, counter) for counter in (7, 7, 6, 8)] == [True, False, False, True]
    told = {"name": "laptop", "sign_count": 0, "usage": "secondary", "device_type": "single_device"}
    told |= {"credential_id": b"id", "public_key": b"key", "backup_state": False, "transports": ["usb"]}
    alice.webauthn.append(Passkey(**told, lastuse_datetime=clock()))
    people.datastore.mf_set_recovery_codes(alice, ["one", "two"])
    people.strengthen_roles(["auditor"])
    people.close()
    anew = People(engine, clock)
    alice = anew.known("alice")
    assert (alice.has_factor(), alice.owes_factor(), anew.strong_roles()) == (True, False, {"auditor"})
    before = alice.fs_uniquifier
    assert anew.datastore.mf_delete_recovery_code(alice, 0)
    anew.session.commit()
    assert alice.mf_recovery_codes == ["two"]
    anew.weaken("alice")
    assert (alice.has_factor(), alice.owes_factor(), alice.fs_uniquifier != before) == (False, True, True)
    anew.strengthen_roles([])
    anew.strengthen("alice", True)
    assert alice.owes_factor()
    anew.close()


def test_nothing_that_was_in_a_session_before_is_in_it_after_logging_in(
    site: Site, client: FlaskClient, clock: Clock
) -> None:
    password, planted = site.hire(), token(client.get("/desk/login").text)
    with client.session_transaction() as session:
        session.update(begun=clock.at.timestamp() + 10**6, sso=True, heard="a message")
    log_in(client, "alice", password)
    with client.session_transaction() as session:
        assert (session["begun"], "sso" in session, "heard" in session) == (clock.at.timestamp(), False, False)
    assert client.post("/desk/available", json={}, headers={"X-CSRFToken": planted}).status_code == 400


def test_a_right_password_forgets_the_wrong_ones_before(site: Site, client: FlaskClient) -> None:
    password = site.hire()
    for guesses in (3, 3):
        for _ in range(guesses):
            enter(site.app.test_client(), "alice", "a guess")
        assert log_in(site.app.test_client(), "alice", password)
