"""The canary's search can fail: a mark that is planted is found, in each form and in each kind of sink."""

import copy
import gzip
import io
import pickle
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from random import Random

import orjson
import pytest
from sqlalchemy import Engine, text
from xlsxwriter import Workbook

from ivr.flow.events import Heard, Waiting
from ivr.flow.inputs import Pressed
from ivr.flow.secret import Secret
from ivr.flow.waits import Lookup
from ivr.logs import configure
from ivr.store import crypto
from ivr.store.crypto import Cipher
from tests.canary import WAL_PAGE, Search, forms, marks, records, server_files, wal_now
from tests.canary_sinks import backup, carriers_log
from tests.faults.canary import NAMES
from tests.stores import NOON
from tests.test_canary import logged
from tests.world import NUMBER, world

MARK = "583917"
SEED = 5


def search(*ciphers: Cipher) -> Search:
    return Search({"pin": MARK}, ciphers)


def found(looked: Search) -> set[str]:
    return {leak.form for leak in looked.leaks}


@pytest.mark.parametrize(("form", "needle"), list(forms(MARK)), ids=[name for name, _ in forms(MARK)])
def test_each_form_of_a_secret_is_found_wherever_it_stands(form: str, needle: bytes) -> None:
    looked = search()
    looked.look("log", "a line", b"before=" + needle + b" after")
    assert form in found(looked)


@pytest.mark.parametrize("before", ["", "a", "ab", "abc"])
def test_base64_of_more_than_the_secret_is_found(before: str) -> None:
    looked = search()
    looked.look("log", "a line", crypto.urlsafe_b64encode(f"{before}{MARK}; and more".encode()))
    assert "base64" in found(looked)


def test_utf_16_is_found() -> None:
    for name in ("utf-16-le", "utf-16-be"):
        looked = search()
        looked.look("file", name, f"PIN {MARK}".encode(name))
        assert looked.leaks, name


@pytest.mark.parametrize(
    "chance",
    [
        f"CA{'a' * 10}{MARK}{'b' * 16}",
        f"{MARK}00-1111-4111-8111-111111111111",
        f"2026-11-23T02:00:53.{MARK}+00:00",
        f"0x7f{MARK}00",
        f"{'c' * 20}{MARK}{'d' * 38}",
    ],
)
def test_what_chance_alone_makes_is_no_leak_but_a_secret_beside_it_is(chance: str) -> None:
    looked = search()
    looked.look("log", "a line", f"call={chance} at")
    assert not looked.leaks
    looked.look("log", "a line", f"call={chance} digits={MARK} at {chance}")
    assert found(looked) == {"plain"}


@pytest.mark.parametrize("head", ["2.", "gAAAA"])
@pytest.mark.parametrize("before", [40, 190, 5000])
def test_what_chance_makes_of_what_is_sealed_is_no_secret_however_long_that_is(head: str, before: int) -> None:
    looked = search()
    looked.look("WAL", "a file", f"\0{head}{'xY_-7' * (before // 5)}{MARK}{'zQ' * 30}\0")
    assert not looked.leaks
    looked.look("WAL", "a file", f"\0{head}{'xY_-7' * (before // 5)} {MARK}{'zQ' * 30}\0")
    assert found(looked) == {"plain"}


@pytest.mark.parametrize("letters", ["", "xY_-7" * 1000])
def test_what_stands_among_letters_that_are_not_sealed_is_a_secret(letters: str) -> None:
    looked = search()
    looked.look("file", "a file", f"\0{letters}{MARK}{'zQ' * 30}\0")
    assert found(looked) == {"plain"}


def test_what_is_packed_or_sealed_is_opened(tmp_path: Path) -> None:
    cipher, told = Cipher(["a secret", "an old one"]), f'{{"keys": "{MARK}"}}'
    book = io.BytesIO()
    with Workbook(book, {"in_memory": True}) as made:
        made.add_worksheet().write_string(0, 0, MARK)
    sealed = cipher.seal(told).encode()
    for packed in (gzip.compress(told.encode()), book.getvalue(), b"URL?token=" + sealed, gzip.compress(sealed)):
        looked = search(cipher)
        looked.look("file", "packed", packed)
        assert "plain" in found(looked)
    (tmp_path / MARK).mkdir()
    (tmp_path / MARK / "file").touch()
    looked = search()
    looked.files("file", tmp_path)
    assert found(looked) == {"plain"}, "a file is named so"


def test_a_row_is_found_in_the_table_in_the_files_and_in_the_backup(engine: Engine, tmp_path: Path) -> None:
    cipher, since = crypto.of(engine), wal_now(engine)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE planted (words TEXT, sealed TEXT)"))
        row = {"words": f"keyed {MARK}", "sealed": cipher.seal(f"PIN {MARK}")}
        connection.execute(text("INSERT INTO planted VALUES (:words, :sealed)"), row)
    looked = search(cipher)
    looked.tables(engine)
    assert Counter(leak.sink for leak in looked.leaks) == {"table planted": 2}
    looked = search()
    server_files(looked, engine, since)
    looked.files("file", tmp_path)
    kinds = {leak.sink.rpartition(" ")[0] for leak in looked.leaks}
    if engine.dialect.name == "postgresql":
        assert kinds == {"PostgreSQL file", "PostgreSQL WAL"}
    else:
        assert "ivr.db-wal" in {leak.sink.rpartition(" ")[2] for leak in looked.leaks}
        looked = search()
        backup(looked, engine, tmp_path / "backup.db")
        assert looked.leaks


def test_a_secret_and_an_id_across_two_pages_of_the_log_of_changes_are_whole() -> None:
    header, first, call = (
        b"\x18\xd1\x05\x00" + b"\0" * 20,
        b"\x18\xd1\x06\x00" + b"\0" * 36,
        f"CA{'a' * 8}{MARK}{'b' * 18}",
    )
    for told, forms_found in ((f"digits={MARK} ", {"plain"}), (f"call={call} ", set())):
        size, half = WAL_PAGE - len(first), told.index(MARK) + len(MARK)
        log = first + (b"x" * (size - half + 2) + told.encode())[:size] + header
        log += told.encode()[half - 2 :].ljust(WAL_PAGE - len(header), b"y")
        looked = search()
        looked.look("PostgreSQL WAL", "a file", b"".join(records(log)))
        assert found(looked) == forms_found


def test_a_log_line_and_a_traceback_are_found() -> None:
    def short() -> None:
        raise ValueError(f"no PIN: {MARK}")

    with logged() as log:
        configure()
        from structlog import get_logger

        try:
            short()
        except ValueError:
            get_logger().exception("it failed")
    looked = search()
    looked.look("log", "at DEBUG", log.getvalue())
    assert found(looked) == {"plain"}


def test_a_key_that_the_carrier_tells_twice_in_two_places_is_found(tmp_path: Path) -> None:
    with world(tmp_path) as here:
        caller = here.caller()
        caller.press("1")
        caller.press(MARK)
        caller.press("#")
        looked, call = search(), caller.leg.sid
        carriers_log(here, looked, Counter({(call, "pin"): 1}))
        assert not looked.leaks
        with pytest.raises(AssertionError, match="pin"):
            carriers_log(here, looked, Counter())
        here.carrier.dial(f"+86{MARK}00000", NUMBER)
        carriers_log(here, looked, Counter({(call, "pin"): 1}))
        assert "plain" in found(looked)


SHOWN: list[Callable[[object], object]] = [
    str,
    repr,
    asdict,  # type: ignore[list-item]
    lambda one: pickle.dumps(one),
    lambda one: copy.deepcopy(one),
    lambda one: orjson.dumps(one, default=str),
    lambda one: f"{one!a}",
    lambda one: _locals(one),
]


def _locals(secret: object) -> str:
    try:
        raise ValueError(secret)
    except ValueError as error:
        return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())


@pytest.mark.parametrize("shown", SHOWN)
def test_a_secret_shows_nothing_however_it_is_shown(shown: Callable[[object], object]) -> None:
    secret = Secret(MARK)
    lookup = Lookup("check_pin", (("who", "8800000001"), ("pin", secret)))
    for one in (secret, Pressed(secret), lookup, Heard(Pressed(secret), NOON), Waiting(lookup, 3)):
        told = shown(one)
        looked = search()
        looked.look("object", str(shown), told if isinstance(told, bytes) else f"{told} {told!r}")
        assert not looked.leaks, one
    assert secret.reveal() == MARK


def test_marks_are_part_of_nothing_known_and_the_same_for_a_seed() -> None:
    made = marks(Random(SEED), NAMES, ("13800138000",))
    assert made == marks(Random(SEED), NAMES, ("13800138000",))
    assert len(set(made.values())) == len(NAMES)
    assert not [one for one in made.values() if one in "13800138000"]
