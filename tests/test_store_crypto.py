"""What the database holds of callers can be read with our secrets only, old ones included."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, text

from ivr.flow.inputs import Pressed
from ivr.flow.secret import Secret
from ivr.store.crypto import Cipher, last4, of
from ivr.store.engine import connect, upgrade
from ivr.store.errors import StoreError
from ivr.store.journal import Journal
from ivr.store.level import came_from
from ivr.store.tables import calls
from tests.stores import CALLER, SECRET, first, following, new_call_id, turn

KEYED = "622848990017"


def a_call(journal: Journal, call_id: str) -> None:
    """Write down a call in which the caller keys an account number and a PIN, and both are spoken of."""
    one = first(call_id)
    two = following(one, keys=KEYED)
    three = turn(two.call, call_id, "turn/2", heard=Pressed(Secret("135790")))
    assert all(journal.append(entry) for entry in (one, two, three))


def cipher(*secrets: str, by_gcm: bool = True) -> Cipher:
    """Return a cipher that seals in this way."""
    made = Cipher(secrets)
    made.by_gcm = by_gcm
    return made


@pytest.mark.parametrize("by_gcm", [False, True])
def test_sealed_text_opens_with_any_of_our_secrets_however_it_was_sealed(by_gcm: bool) -> None:
    old, new = cipher("old", by_gcm=by_gcm), cipher("new", "old", by_gcm=by_gcm)
    for reader in (new, cipher("new", "old", by_gcm=not by_gcm)):
        assert reader.open(old.seal("您好 +86138")) == "您好 +86138"
        assert reader.open(new.seal("")) == ""
    assert new.seal("same") != new.seal("same")
    assert new.seal("x").startswith("2." if by_gcm else "gAAAA")
    assert [new.under(one.seal("x")) for one in (new, old, cipher("other", by_gcm=by_gcm))] == [0, 1, 2]


@pytest.mark.parametrize("by_gcm", [False, True])
def test_another_secret_is_told_in_one_line(by_gcm: bool) -> None:
    with pytest.raises(StoreError, match="another SECRET_KEY"):
        cipher("new").open(cipher("old", by_gcm=by_gcm).seal("x"))


@pytest.mark.parametrize("sealed", ["", "2.", "2.x", "2.eA==", "gAAAAA", "plain", f"2.{'A' * 40}"])
def test_what_nobody_sealed_is_told_in_one_line(sealed: str) -> None:
    with pytest.raises(StoreError, match="another SECRET_KEY"):
        cipher("new").open(sealed)


def test_a_changed_letter_opens_nothing() -> None:
    sealed = cipher("new").seal("6228 489")  # Of 36 bytes, so that each letter counts.
    for place in range(2, len(sealed)):
        other = "B" if sealed[place] == "A" else "A"
        with pytest.raises(StoreError, match="another SECRET_KEY"):
            cipher("new").open(f"{sealed[:place]}{other}{sealed[place + 1 :]}")


@pytest.mark.parametrize(("before", "by_gcm"), [(None, True), ("0024", False), ("0025", True), ("0031", True)])
def test_nothing_is_sealed_as_the_release_before_cannot_read(
    before: str | None, by_gcm: bool, database: str, opened_engine: Callable[..., Engine]
) -> None:
    with opened_engine(database).begin() as connection:
        came_from(connection, before)
    engine = opened_engine(database)
    upgrade(engine)
    assert of(engine).seal("x").startswith("2." if by_gcm else "gAAAA")


@pytest.mark.parametrize("secrets", [[], [""], ["good", ""]])
def test_an_empty_secret_is_refused(secrets: list[str]) -> None:
    with pytest.raises(StoreError, match="SECRET_KEY is empty"):
        Cipher(secrets)


def test_the_hash_for_search_needs_the_secret_and_knows_the_old_ones() -> None:
    old, new = Cipher(["old"]), Cipher(["new", "old"])
    assert old.hash(CALLER) != Cipher(["other"]).hash(CALLER)
    assert new.hash(CALLER) == new.hashes(CALLER)[0] != old.hash(CALLER)
    assert old.hash(CALLER) in new.hashes(CALLER)
    assert len(new.hash(CALLER)) == 64


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (CALLER, "5678"),
        ("13812345678", "5678"),
        ("95588", ""),
        ("anonymous", ""),
        ("+266696687", ""),
        ("+86282452253", ""),
        ("", ""),
        ("+86１２３４５６７８", ""),
    ],
)
def test_four_digits_of_a_long_number_are_shown(number: str, shown: str) -> None:
    assert last4(number) == shown


def test_nothing_a_caller_keyed_or_rang_from_is_plain_in_the_files(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path}/ivr.db", Cipher([SECRET]))
    upgrade(engine)
    journal = Journal(engine)
    call_id = new_call_id()
    a_call(journal, call_id)
    before = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    journal.close()
    engine.dispose()
    for raw in (before, b"".join(path.read_bytes() for path in tmp_path.iterdir())):
        assert call_id.encode() in raw, "the search must see what is plain"
        for word in (CALLER, CALLER[3:], KEYED, "135790", "账户冻结", "Pressed"):
            assert word.encode() not in raw, word


def test_nothing_a_caller_keyed_or_rang_from_is_plain_in_any_row(journal: Journal, engine: Engine) -> None:
    call_id = new_call_id()
    a_call(journal, call_id)
    with engine.connect() as connection:
        rows = [
            repr(row) for name in ("calls", "turns") for row in connection.execute(text(f"SELECT * FROM {name}")).all()
        ]
    assert len(rows) == 4
    for row in rows:
        assert call_id in row
        for word in (CALLER, CALLER[3:], KEYED, "135790", "账户冻结", "Pressed"):
            assert word not in row, word


def test_rows_of_an_old_secret_are_read_and_found_after_it_was_replaced(
    database: str, opened_engine: Callable[..., Engine]
) -> None:
    call_id = new_call_id()
    before = Journal(opened_engine(database, "old"))
    a_call(before, call_id)
    events = before.events(call_id)
    before.close()
    engine = opened_engine(database, "new", "old")
    after = Journal(engine)
    assert after.events(call_id) == events
    a_call(after, new_call_id())
    after.close()
    with engine.connect() as connection:
        found = connection.execute(select(calls.c.caller).where(calls.c.caller_hash.in_(of(engine).hashes(CALLER))))
        assert found.scalars().all() == [CALLER, CALLER]
    with pytest.raises(StoreError, match="another SECRET_KEY"):
        Journal(opened_engine(database, "lost")).events(call_id)
