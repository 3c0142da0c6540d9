"""SECRET_KEY is changed while calls go on: all is sealed anew, nothing is lost, and the old one can go."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import Engine, insert, select, update

from ivr.carrier.web import signature
from ivr.console.factor_keys import FactorKeys
from ivr.factory import utc_now
from ivr.flow.events import AskedBack
from ivr.flow.inputs import Pressed
from ivr.store import guesses, sealing_keys
from ivr.store.audit import Trail
from ivr.store.blocked import Blocks, Gatekeeper, forget
from ivr.store.crypto import Cipher
from ivr.store.desk_tables import cases, line, wrapups
from ivr.store.errors import SecretError
from ivr.store.guard import Guard
from ivr.store.journal import Journal
from ivr.store.known_tables import known_tables
from ivr.store.people import people
from ivr.store.rotation import OF_CALLERS, Place, Rotation, places
from ivr.store.tables import calls
from ivr.store.texts import texts
from ivr.telephony.signature import Signatures
from tests.faults.restored import parts_at, whole
from tests.processes import always_open, servers
from tests.stores import CALLER, NOON, SECRET, Postgres, first, following, hung_up, new_call_id, turn
from tests.test_backup_load import AT_ONCE, BETWEEN, Load, flask

NEW = "the second secret of these tests"


def rotation(engine: Engine, *secrets: str) -> Rotation:
    return Rotation(engine, secrets, lambda: NOON)


def older(made: Rotation) -> int:
    """Return how much is not under the current secret."""
    return sum(count for _, found in made.show() for place, count in found.items() if place)


def filled(engine: Engine, number: str = CALLER) -> str:
    """Write down, under the old secret, one of each that is sealed or hashed; return the call's id."""
    journal, call = Journal(engine), new_call_id()
    one = first(call, number)
    two = following(one)
    back = turn(two.call, call, "turn/2", AskedBack("+8613900001111", "security"), heard=Pressed("1"))
    for entry in (one, two, back, hung_up(back)):
        assert journal.append(entry)
    journal.close()
    hashed = Cipher([SECRET]).hash(number)
    with engine.begin() as connection:
        told = {"caller_hash": hashed, "title": "题目", "state": "open", "by": "alice", "opened_at": NOON}
        connection.execute(insert(cases).values(id=call[-32:], **told))
        connection.execute(insert(wrapups).values(line=call, agent="alice", code="done", note="话", at=NOON))
        sms = {"place": "p", "language": "zh-CN", "number": number, "number_hash": hashed, "number_last4": "5678"}
        more = {"words": "您好", "state": "sent", "tries": 1, "created_at": NOON}
        connection.execute(insert(texts).values(id=call, call_id=call, **sms, **more))
    guard = Guard(engine, Cipher([SECRET]), lambda: NOON)
    assert guard.allowed("check_pin", "6200123456", number, f"{call}-1")
    guard.told(f"{call}-1", "right")
    Trail(engine, [SECRET], lambda: NOON).add("alice", "number.show", "caller", "", call=call)
    return call


def test_all_is_under_the_new_secret_and_the_old_one_can_go(
    database: str, opened_engine: Callable[..., Engine]
) -> None:
    call = filled(opened_engine(database, SECRET))
    both = rotation(opened_engine(database, NEW, SECRET), NEW, SECRET)
    assert older(both) > 8
    tally = Counter(dict(both.rotate()))
    assert {name for name, count in tally.items() if count} >= {"calls.caller", "turns.events", "texts.number"}
    with both.engine.begin() as connection:
        connection.execute(update(calls).values(digested=True))  # As whoever digests calls does.
    assert older(both) == 0
    assert not sum(count for _, count in both.rotate())
    alone = opened_engine(database, NEW)
    assert Journal(alone).caller(call) == CALLER
    assert len(Journal(alone).turns(call)) == 4
    hashed = Cipher([NEW]).hash(CALLER)
    with alone.connect() as connection:
        assert connection.scalars(select(line.c.number).where(line.c.number.is_not(None))).all() == ["+8613900001111"]
        for one in (calls.c.caller_hash, line.c.caller_hash, cases.c.caller_hash, texts.c.number_hash):
            assert set(connection.scalars(select(one))) == {hashed}
        for one in (guesses.guesses.c.caller_hash, guesses.proofs.c.caller_hash):
            assert set(connection.scalars(select(one))) == {hashed}
    trail = Trail(alone, [NEW], lambda: NOON)
    trail.add("alice", "number.show", "caller", "")
    assert trail.check().wrong == ""
    assert [table for table, count in both.fading() if count] == []


def start(engine: Engine, *secrets: str) -> bool:
    """Return whether whoever starts with these secrets may."""
    try:
        sealing_keys.prove(engine, secrets, NOON)
    except SecretError:
        return False
    return True


def test_no_start_with_another_secret_than_what_is_there_needs(
    database: str, opened_engine: Callable[..., Engine]
) -> None:
    def starts(*secrets: str) -> bool:
        return start(opened_engine(database, *secrets), *secrets)

    assert starts(SECRET), "an empty database is anybody's"
    assert starts(SECRET)
    assert not starts(NEW), "though nobody called yet: there is the audit log"
    with pytest.raises(SecretError, match="set SECRET_KEY=new,old with that one behind the comma"):
        sealing_keys.prove(opened_engine(database, NEW), [NEW], NOON)
    assert starts(NEW, SECRET)
    assert not starts(NEW), "nothing was rotated"
    assert not starts(SECRET), "as others may seal by the new one already"
    list(rotation(opened_engine(database, NEW, SECRET), NEW, SECRET).rotate())
    assert starts(NEW)
    assert not starts(SECRET)


@pytest.mark.parametrize("older", [True, False])
def test_who_wrote_nothing_down_of_its_secret_is_known_by_its_calls(
    older: bool, database: str, opened_engine: Callable[..., Engine]
) -> None:
    for secret in (SECRET, NEW) if older else (NEW, SECRET):
        filled(opened_engine(database, secret))
    with opened_engine(database).begin() as connection:
        earlier = select(calls.c.id).order_by(calls.c.id).limit(1).scalar_subquery()
        connection.execute(update(calls).where(calls.c.id == earlier).values(started_at=NOON - timedelta(days=1)))
    assert not start(opened_engine(database, NEW), NEW)
    assert start(opened_engine(database, NEW, SECRET), NEW, SECRET)


def test_of_all_who_start_at_once_those_with_one_secret_may(
    database: str, opened_engine: Callable[..., Engine]
) -> None:
    together = Barrier(6)

    def at_once(secret: str) -> tuple[str, bool]:
        engine = opened_engine(database, secret)
        with engine.connect():
            together.wait(60)
        return secret, start(engine, secret)

    with ThreadPoolExecutor(6) as pool:
        may = set(pool.map(at_once, [SECRET, NEW] * 3))
    assert may in ({(SECRET, True), (NEW, False)}, {(SECRET, False), (NEW, True)})


def test_a_block_of_which_only_the_hash_is_left_holds_as_long_as_its_secret_and_that_is_told(
    database: str, opened_engine: Callable[..., Engine]
) -> None:
    old = opened_engine(database, SECRET)
    Blocks(old, lambda: NOON).add(CALLER, "骂人", "sam", None)
    with old.begin() as connection:
        forget(connection, CALLER, NOON)
    both = rotation(opened_engine(database, NEW, SECRET), NEW, SECRET)
    list(Rotation(both.engine, both.secrets, lambda: NOON + timedelta(days=1)).rotate())
    assert dict(both.fading())["blocked"] == 1
    for secrets, bars in (((NEW, SECRET), True), ((NEW,), False)):
        keeper = Gatekeeper(Blocks(opened_engine(database, *secrets), lambda: NOON))
        keeper.look()
        assert keeper.bars(CALLER) is bars
    with both.engine.begin() as connection:
        forget(connection, CALLER, NOON + timedelta(days=2))
    assert dict(both.fading())["blocked"] == 0, "who asks again is hashed anew"


def test_the_old_secret_is_missed_where_nothing_was_rotated(
    database: str, opened_engine: Callable[..., Engine]
) -> None:
    filled(opened_engine(database, SECRET))
    alone = opened_engine(database, NEW)
    assert "changed, or its SECRET_KEY is gone" in Trail(alone, [NEW], lambda: NOON).check().wrong
    assert rotation(alone, NEW).cipher.under(Cipher([SECRET]).seal("x")) == 1


def test_a_change_amid_the_rotation_stays(
    database: str, opened_engine: Callable[..., Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(opened_engine(database, SECRET))
    engine = opened_engine(database, NEW, SECRET)
    plain = Rotation._told

    def told(self: Rotation, place: Place, row: object) -> object:
        if str(place) == "wrapups.note":
            with opened_engine(database, SECRET).begin() as connection:
                connection.execute(update(wrapups).values(note="anders"))
        return plain(self, place, row)  # type: ignore[arg-type]

    monkeypatch.setattr(Rotation, "_told", told)
    made = rotation(engine, NEW, SECRET)
    assert dict(made.rotate())["wrapups.note"] == 0
    monkeypatch.undo()
    assert dict(made.rotate())["wrapups.note"] == 1
    with opened_engine(database, NEW).connect() as connection:
        assert connection.scalar(select(wrapups.c.note)) == "anders"


def test_two_call_backs_to_one_number_under_two_secrets_both_stay(
    database: str, opened_engine: Callable[..., Engine]
) -> None:
    both = opened_engine(database, NEW, SECRET)
    filled(opened_engine(database, SECRET))
    filled(both)
    list(rotation(both, NEW, SECRET).rotate())
    with opened_engine(database, NEW).connect() as connection:
        backs = connection.execute(select(line.c.number, line.c.number_hash).where(line.c.kind == "callback")).all()
    assert sorted(row.number_hash is not None for row in backs) == [False, True]
    assert {row.number for row in backs} == {"+8613900001111"}


def test_whatever_is_hashed_is_hashed_anew() -> None:
    handled = {f"{place.table.name}.{place.hashed}" for place in places() if place.hashed}
    handled |= {f"{one.table.name}.{one.name}" for one in OF_CALLERS}
    handled |= {"line.caller_hash", "facts.caller_hash"}  # By the call's own; facts when the call is digested anew.
    found = {
        f"{table.name}.{one.name}" for table in known_tables().sorted_tables for one in table.c if "_hash" in one.name
    }
    assert found == handled


def test_second_factors_are_encrypted_anew(database: str, opened_engine: Callable[..., Engine]) -> None:
    from cryptography.fernet import Fernet
    from passlib.totp import TOTP, AppWallet

    from ivr.console.factors import ISSUER, factor_settings, newest, wallet

    def codes(*secrets: str) -> type[TOTP]:
        kept = AppWallet(wallet(secrets), default_tag=newest(secrets))
        made: type[TOTP] = TOTP.using(issuer=ISSUER, wallet=kept)
        return made

    def keys(*secrets: str) -> list[bytes]:
        found: list[bytes] = factor_settings(secrets)["SECURITY_MULTI_FACTOR_RECOVERY_CODES_KEYS"]
        return found

    engine = opened_engine(database, NEW, SECRET)
    app = codes(SECRET).new()
    told = {"password": "x", "active": True, "fs_uniquifier": "u", "misses": 0, "created_at": NOON}
    sealed = [Fernet(keys(SECRET)[0]).encrypt(code).decode() for code in (b"one", b"two")]
    with engine.begin() as connection:
        kept = {"tf_totp_secret": app.to_json(encrypt=True), "mf_recovery_codes": sealed}
        connection.execute(insert(people).values(name="alice", **told, **kept))
    both = FactorKeys(engine, [NEW, SECRET])
    assert (both.old(), both.rotate(), both.old(), both.rotate()) == (2, 2, 0, 0)
    with engine.connect() as connection:
        row = connection.execute(select(people.c.tf_totp_secret, people.c.mf_recovery_codes)).one()
    assert codes(NEW).from_source(row[0]).key == app.key
    assert [Fernet(keys(NEW)[0]).decrypt(code) for code in row[1]] == [b"one", b"two"]


def test_calls_under_two_tokens_of_the_carrier_are_both_taken() -> None:
    signatures = Signatures("https://hotline.example.com", ["new token", "old token"])
    form = (("CallSid", "CA1"), ("From", CALLER))
    for token, good in (("new token", True), ("old token", True), ("gone token", False)):
        signed = signature(token, "https://hotline.example.com/voice/incoming", form)
        assert signatures.good("/voice/incoming", "", form, signed) == good


def test_the_secret_is_changed_while_servers_answer_calls(postgres: Postgres, tmp_path: Path) -> None:
    database = postgres.fresh("ready")
    with (
        servers(tmp_path, database, 2, change=always_open, patient=True) as running,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        old = running[0].environment["SECRET_KEY"]
        before = Load(running)
        made = pool.submit(before.calls, 100)
        before.awaited(2)
        before.enough.set()
        made.result()
        for server in running:
            server.kill()
            server.environment = {**server.environment, "SECRET_KEY": f"{NEW},{old}"}
            server.start()
            server.await_answers()
        load = Load(running)
        workers = [pool.submit(load.calls, worker) for worker in range(AT_ONCE)]
        try:
            load.awaited(BETWEEN // 2)
            said = flask(running[0], database, "keys", "rotate")
            load.awaited(BETWEEN // 2)
        finally:
            load.enough.set()
        assert sum(worker.result() for worker in workers) == len(load.ended)
        assert "of turns.events sealed anew" in said
        server = replace(running[0], environment={**running[0].environment, "SECRET_KEY": NEW})
        with parts_at(server, database) as parts:
            whole(parts)
            assert older(Rotation(parts.engine, [NEW], utc_now)) == 0
            assert Trail(parts.engine, [NEW], utc_now).check().wrong == ""
            for call_id in (*before.ended, *load.ended):
                assert parts.journal.caller(call_id).startswith("+86137")
        told = flask(server, database, "keys", "show")
        assert "nothing is under older keys" in told, told
