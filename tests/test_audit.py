"""The audit log: what people did is in it, and nothing that is done to it stays hidden."""

from collections.abc import Callable
from datetime import timedelta, timezone
from random import Random

import pytest
from sqlalchemy import Connection, Engine, delete, insert, select, text, update
from sqlalchemy.exc import DatabaseError

from ivr.console.texts import TEXTS
from ivr.store.audit import Trail, entries, head
from ivr.store.crypto import Cipher
from ivr.store.engine import connect
from tests.desk_site import Site, log_in
from tests.processes import APART
from tests.stores import NOON, SECRET
from tests.test_people import clock, enter, site

__all__ = ["clock", "site"]

ENTRIES = 8
SHANGHAI = timezone(timedelta(hours=8))
COLUMNS = [column.name for column in entries.c]


def trail(engine: Engine, *secrets: str) -> Trail:
    return Trail(engine, secrets or [SECRET], lambda: NOON.astimezone(SHANGHAI))


def filled(engine: Engine) -> Trail:
    made = trail(engine)
    for number in range(ENTRIES):
        made.add("alice", "number.show", f"账户 {number}", "127.0.0.1", line=number)
    return made


def unguarded(connection: Connection) -> None:
    """Take away what keeps the table from being changed, as whoever owns the database can."""
    if connection.dialect.name == "sqlite":
        for what in ("update", "delete"):
            connection.execute(text(f"DROP TRIGGER IF EXISTS audit_no_{what}"))
    else:
        connection.execute(text("ALTER TABLE audit DISABLE TRIGGER ALL"))


def changed(connection: Connection, chance: Random) -> int:
    """Change a field of an entry; return the first entry that is wrong now."""
    number, name = chance.randint(1, ENTRIES), chance.choice([one for one in COLUMNS if one not in ("id", "at")])
    column = entries.c[name]
    told = connection.scalar(select(column).where(entries.c.id == number))
    spoilt = told[:-1] + ("0" if told[-1:] != "0" else "1")
    connection.execute(update(entries).where(entries.c.id == number).values({name: spoilt}))
    return number


def moved(connection: Connection, chance: Random) -> int:
    """Change the moment of an entry."""
    number = chance.randint(1, ENTRIES)
    at = NOON.replace(microsecond=chance.randint(0, 999) + 200_000)
    connection.execute(update(entries).where(entries.c.id == number).values(at=at))
    return number


def removed(connection: Connection, chance: Random) -> int:
    """Remove one or more entries in a row, the last ones as well."""
    number = chance.randint(1, ENTRIES)
    connection.execute(delete(entries).where(entries.c.id.between(number, number + chance.randint(0, 3))))
    return number


def swapped(connection: Connection, chance: Random) -> int:
    """Have two entries change places."""
    one, other = sorted(chance.sample(range(1, ENTRIES + 1), 2))
    for old, new in ((one, 99), (other, one), (99, other)):
        connection.execute(update(entries).where(entries.c.id == old).values(id=new))
    return one


def inserted(connection: Connection, chance: Random) -> int:
    """Put a copy of an entry among the others, which move on."""
    number = chance.randint(1, ENTRIES + 1)
    for old in range(ENTRIES, number - 1, -1):
        connection.execute(update(entries).where(entries.c.id == old).values(id=old + 1))
    row = dict(connection.execute(select(entries).limit(1)).mappings().one())
    digest = f"{chance.getrandbits(256):064x}"
    connection.execute(insert(entries).values(row | {"id": number, "previous": digest[::-1], "hash": digest}))
    return number


def before_the_first(connection: Connection, _: Random) -> int:
    """Put an entry before the first."""
    row = dict(connection.execute(select(entries).where(entries.c.id == 1)).mappings().one())
    connection.execute(insert(entries).values(row | {"id": 0, "previous": "1" * 64, "hash": "2" * 64}))
    return 0


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("harm", [changed, moved, removed, swapped, inserted, before_the_first])
def test_whatever_is_done_to_the_log_is_found_and_named(
    engine: Engine, harm: Callable[[Connection, Random], int], seed: int
) -> None:
    log = filled(engine)
    assert log.check().wrong == ""
    with engine.begin() as connection:
        unguarded(connection)
        number = harm(connection, Random(seed))
    found = log.check()
    assert f"entry {number} " in found.wrong, found
    assert found.count == max(number - 1, 0)


def test_last_entries_removed_with_the_note_of_them_are_found_by_a_head_noted_elsewhere(engine: Engine) -> None:
    log = filled(engine)
    noted = log.check().head
    with engine.begin() as connection:
        unguarded(connection)
        connection.execute(delete(entries).where(entries.c.id > 5))
        kept = connection.scalar(select(entries.c.hash).where(entries.c.id == 5))
        connection.execute(update(head).values(last=5, hash=kept))
    assert log.check().wrong == "", "nothing within the database can tell"
    assert noted in log.check(noted).wrong
    assert log.check(str(kept)).wrong == ""


@pytest.mark.parametrize(("back", "words"), [(2, "entry 8 does not follow"), (1, "entry 8 is not the last")])
def test_an_entry_of_another_history_of_the_same_log_is_found(engine: Engine, back: int, words: str) -> None:
    log, fork = filled(engine), ENTRIES - back
    with engine.begin() as connection:
        unguarded(connection)
        other = dict(connection.execute(select(entries).where(entries.c.id == fork + 1)).mappings().one())
        kept = connection.scalar(select(entries.c.hash).where(entries.c.id == fork))
        connection.execute(delete(entries).where(entries.c.id > fork))
        connection.execute(update(head).values(last=fork, hash=kept))
    for _ in range(back):
        log.add("bob", "login", "bob", "")
    with engine.begin() as connection:
        connection.execute(delete(entries).where(entries.c.id == fork + 1))
        connection.execute(insert(entries).values(other))
    assert words in log.check().wrong


def test_a_chain_made_anew_without_the_key_is_found(engine: Engine) -> None:
    trail(engine, "a guess").add("mallory", "login", "mallory", "")
    assert "entry 1 was changed" in trail(engine).check().wrong


def test_entries_stay_whole_after_a_new_secret(engine: Engine) -> None:
    filled(engine)
    later = trail(engine, "a newer secret", SECRET)
    later.add("bob", "login", "bob", "")
    assert (later.check().wrong, later.check().count) == ("", ENTRIES + 1)


def test_a_lost_head_lets_nothing_be_added_and_is_found(engine: Engine) -> None:
    log = filled(engine)
    with engine.begin() as connection:
        connection.execute(delete(head))
    with pytest.raises(Exception, match="lost its head"):
        log.add("alice", "login", "alice", "")
    assert "entry 1 was put in" in log.check().wrong


@pytest.mark.parametrize("statement", ["UPDATE audit SET who = 'nobody'", "DELETE FROM audit"])
def test_the_database_itself_refuses_changes(engine: Engine, statement: str) -> None:
    filled(engine)
    with pytest.raises(DatabaseError, match="only added to"), engine.begin() as connection:
        connection.execute(text(statement))


def test_the_log_is_walked_in_batches(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.store.audit.BATCH", 3)
    assert filled(engine).check().count == ENTRIES


def add_many(url: str, name: str, count: int) -> None:
    engine = connect(url, Cipher([SECRET]))
    for number in range(count):
        trail(engine).add(name, "login", name, "", number=number)
    engine.dispose()


def test_two_processes_that_add_at_once_keep_one_chain(database: str, engine: Engine) -> None:
    writers = [APART.Process(target=add_many, args=(database, name, 40)) for name in ("alice", "bob")]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    assert [one.exitcode for one in writers] == [0, 0]
    found = trail(engine).check()
    assert (found.wrong, found.count) == ("", 80)


def acts(site: Site) -> list[tuple[str, str, str]]:
    """Return who did what to what, oldest first."""
    log: Trail = site.app.extensions["audit"]
    return [(one.who, one.act, one.subject) for one in reversed(log.page(100))]


def test_logins_and_what_is_looked_at_are_written_down(site: Site) -> None:
    client = site.app.test_client()
    password = site.hire("alice")
    for _ in range(5):
        enter(client, "alice", "a guess")
    enter(client, "alice", password)
    enter(client, password, "typed into the wrong field")
    site.clock.on(minutes=2)
    forgery = log_in(client, "alice", password)
    place = site.left_message()
    headers = {"X-CSRFToken": forgery}
    client.post("/desk/inbox/take", json={"place": place.id}, headers=headers)
    client.post("/desk/show", json={"place": place.id, "what": "caller"}, headers=headers)
    for piece in ("bytes=0-", "bytes=100-"):
        with client.get(f"/desk/message?place={place.id}", headers={"Range": piece}) as sound:
            assert sound.status_code == 206
    client.post("/desk/logout", data={"csrf_token": forgery})
    wrong = [("", "login.wrong", "alice")] * 5
    assert acts(site) == [
        ("terminal", "person.add", "alice"),
        *wrong,
        ("", "lockout", "alice"),
        ("", "login.barred", "alice"),
        ("", "login.unknown", ""),
        ("alice", "login", "alice"),
        ("alice", "number.show", "caller"),
        ("alice", "message.hear", place.id),
        ("alice", "logout", "alice"),
    ]
    log: Trail = site.app.extensions["audit"]
    assert all(one.remote == "127.0.0.1" for one in log.page(12))
    assert log.check().wrong == ""


def test_supervising_and_a_new_password_are_written_down(site: Site) -> None:
    site.hire("alice")
    place, client, password = site.talking(), site.app.test_client(), site.hire("sam", "supervisor")
    forgery = log_in(client, "sam", password)
    asked = client.post("/desk/talks/coach", json={"place": place.id}, headers={"X-CSRFToken": forgery})
    assert asked.status_code == 204
    new = "one-that-is-long-enough"
    form = {"password": password, "new_password": new, "new_password_confirm": new, "csrf_token": forgery}
    client.post("/desk/password", data=form)
    assert acts(site)[-2:] == [("sam", "talk.supervise", place.id), ("sam", "password.change", "sam")]


def test_what_the_commands_do_is_written_down(site: Site) -> None:
    run = site.app.test_cli_runner()
    for command in ("add", "password", "roles", "bar", "admit"):
        assert run.invoke(args=["people", command, "bob"]).exit_code == 0
    expected = ["person.add", "person.password", "person.roles", "person.bar", "person.admit"]
    assert acts(site) == [("terminal", act, "bob") for act in expected]


def test_what_cannot_be_audited_is_refused(site: Site) -> None:
    client, other, password = site.app.test_client(), site.app.test_client(), site.hire("alice")
    forgery = log_in(client, "alice", password)
    place = site.talking()
    with site.desk.engine.begin() as connection:
        connection.execute(delete(head))
    shown = client.post("/desk/show", json={"place": place.id, "what": "caller"}, headers={"X-CSRFToken": forgery})
    assert (shown.status_code, shown.json["error"]) == (503, TEXTS["zh"]["not_audited"])
    assert not log_in(other, "alice", password)
    assert other.get("/desk").status_code == 302
    assert client.get("/desk").status_code == 200, "the desk goes on"
    told = site.app.test_cli_runner().invoke(args=["people", "bar", "alice"])
    assert (told.exit_code, "lost its head" in told.output) == (1, True)
    assert client.get("/desk").status_code == 200


def test_the_commands_show_the_log_and_check_it(site: Site) -> None:
    run = site.app.test_cli_runner()
    run.invoke(args=["people", "add", "bob"])
    run.invoke(args=["people", "bar", "bob"])
    shown = run.invoke(args=["audit", "show", "--act", "person.bar"]).output
    assert shown.count("\n") == 1
    assert "terminal  person.bar  bob" in shown
    whole = run.invoke(args=["audit", "verify"])
    assert (whole.exit_code, whole.output.startswith("2 entries are whole; head ")) == (0, True)
    noted = whole.output.split()[-1]
    assert run.invoke(args=["audit", "verify", "--head", noted]).exit_code == 0
    assert run.invoke(args=["audit", "verify", "--head", "f" * 64]).exit_code == 1
    with site.desk.engine.begin() as connection:
        unguarded(connection)
        connection.execute(text("UPDATE audit SET subject = 'eve' WHERE id = 2"))
    broken = run.invoke(args=["audit", "verify"])
    assert (broken.exit_code, "entry 2 was changed" in broken.output) == (1, True)
