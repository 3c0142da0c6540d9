"""A caller's data: found, given to them, and erased, so that the number is nowhere, and counts stay."""

import json
import wave
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from zipfile import ZipFile

import pytest
from sqlalchemy import insert, select, update

from ivr.console.nameless import nameless
from ivr.store.audit import entries
from ivr.store.blocked import Blocks, blocked
from ivr.store.crypto import Cipher, Sealed
from ivr.store.desk_tables import cases, drafts, guests, line, wrapups
from ivr.store.fact_tables import facts, stays, tallies
from ivr.store.filters import saved_filters
from ivr.store.guard import Guard
from ivr.store.known_tables import known_tables
from ivr.store.tables import calls, messages
from ivr.store.texts import texts
from ivr.store.transcripts import Transcripts
from ivr.telephony.rest import Rest
from tests.canary import Search
from tests.faults.restored import of_call, tallied
from tests.faults.wander import wander
from tests.stores import NOON
from tests.world import World, world

NUMBER = "+8615973462815"
HOME = NUMBER.removeprefix("+86")
OTHER = "+8613700001111"
SEED = 7
CALLS = 8


@pytest.fixture
def here(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        yield made


def said(here: World, *words: str, code: int = 0) -> str:
    """Return what a command says."""
    done = here.app.test_cli_runner().invoke(args=["caller", *words])
    assert done.exit_code == code, done.output
    return done.output


def called(here: World) -> list[str]:
    """Let the person call, and somebody else, who keys the person's number; return the person's calls."""
    mine = []
    for number in range(CALLS):
        caller = here.caller(NUMBER)
        wander(caller, Random(f"seed {SEED}, call {number}"))
        mine.append(caller.leg.sid)
        wander(here.caller(OTHER), Random(f"seed {SEED}, other {number}"))
    here.parts.desk.staff_all(here.parts.flow.queues, here.parts.flow.hotline.languages)
    for number, keys in ((NUMBER, "1"), (OTHER, f"2 {HOME}# 1")):
        caller = here.caller(number)
        for key in ("0", "2", *keys.split()):
            caller.listen()
            caller.press(key)
        caller.listen()
        assert caller.over
    for agent in here.parts.desk.agents():
        here.parts.desk.offline(agent.id)  # Whose hours would go on.
    return mine


def told_of(here: World) -> Path:
    """Write down a case, a note that has the number, and a recording; return its file."""
    cipher = Cipher(here.parts.settings.secrets)
    file = here.parts.settings.recordings / "messages" / "one.wav"
    file.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(file), "wb") as out:
        out.setparams((1, 2, 8000, 0, "NONE", ""))
        out.writeframes(b"\0\0" * 8000)
    with here.parts.engine.begin() as connection:
        told = {"caller_hash": cipher.hash(NUMBER), "state": "open", "by": "alice", "opened_at": NOON}
        connection.execute(insert(cases).values(id="case", title=f"打 {HOME}", **told))
        place = connection.execute(
            select(line.c.id, line.c.call_id).where(line.c.caller_hash == cipher.hash(NUMBER))
        ).first()
        assert place
        connection.execute(
            insert(wrapups).values(line=place.id, agent="alice", code="done", note=f"见 {HOME}", at=NOON)
        )
        row = {"queue": "", "language": "zh-CN", "matter": "", "state": "fetched", "tries": 1, "created_at": NOON}
        connection.execute(
            insert(messages).values(id="one", call_id=place.call_id, kind="message", file="one.wav", seconds=1, **row)
        )
    return file


def counts(here: World) -> dict[str, list[tuple[object, ...]]]:
    """Return all that is counted, without what names anybody."""
    hidden = ("caller_hash", "caller_last4")
    with here.parts.engine.connect() as connection:
        return {
            table.name: sorted(
                (tuple(row) for row in connection.execute(select(*(one for one in table.c if one.name not in hidden)))),
                key=repr,
            )
            for table in (facts, stays, tallies)
        }


def everywhere(here: World) -> None:
    """Write the number into whatever holds what names a caller, and is not filled by calls alone."""
    cipher, engine = Cipher(here.parts.settings.secrets), here.parts.engine
    guard = Guard(engine, cipher, lambda: NOON)
    assert guard.allowed("check_pin", NUMBER, NUMBER, "a try")
    guard.told("a try", "right")
    Blocks(engine, here.carrier.clock).add(NUMBER, f"{HOME} 骂人", "sam", None)
    with engine.begin() as connection:
        place = connection.execute(select(line.c.id, line.c.call_id)).first()
        assert place
        sms = {"number": NUMBER, "number_hash": cipher.hash(NUMBER), "number_last4": NUMBER[-4:], "words": HOME}
        more = {"place": "p", "language": "zh-CN", "state": "sent", "tries": 1, "created_at": NOON}
        connection.execute(insert(texts).values(id="sms", call_id=place.call_id, **sms, **more))
        connection.execute(insert(drafts).values(line=place.id, agent="bob", note=f"见 {HOME}", at=NOON))
        guest = {"kind": "consult", "by": "bob", "phone": NUMBER, "mode": "talk", "state": "gone", "at": NOON}
        connection.execute(insert(guests).values(id="guest", line=place.id, **guest))
        kept = {"person": "sam", "name": "mine", "query": f"number={HOME}", "at": NOON}
        connection.execute(insert(saved_filters).values(id="search", **kept))
        connection.execute(update(messages).where(messages.c.id == "one").values(transcript=f"我是 {HOME}"))


def naming(here: World) -> set[str]:
    """Return the columns in which the number stands, its last four digits, or its hash."""
    hashes = Cipher(here.parts.settings.secrets).hashes(NUMBER)
    with here.parts.engine.connect() as connection:
        return {
            f"{table.name}.{name}"
            for table in known_tables().sorted_tables
            for row in connection.execute(select(table)).mappings()
            for name, value in row.items()
            if isinstance(value, str) and (HOME in value or value in (*hashes, NUMBER[-4:]))
        }


def search(here: World, tmp_path: Path) -> Search:
    """Look for the number in every form, in tables, what is sealed in them, and all files."""
    found = Search({"number": HOME}, [Cipher(here.parts.settings.secrets)])
    found.tables(here.parts.engine)
    found.files("file", tmp_path)
    return found


def test_whoever_asks_is_given_all_and_then_forgotten(here: World, tmp_path: Path) -> None:
    mine = called(here)
    file = told_of(here)
    tallied(here.parts)
    before, found = counts(here), said(here, "show", HOME)
    assert f"calls: {CALLS + 1}\n" in found
    assert "mentions: 1\n" in found
    assert "cases: 1\n" in found
    assert search(here, tmp_path).leaks, "what is not there cannot be found"
    said(here, "export", NUMBER, str(tmp_path.parent / f"{tmp_path.name}.zip"))
    with ZipFile(tmp_path.parent / f"{tmp_path.name}.zip") as packed:
        told = json.loads(packed.read("caller.json"))
        assert {row["id"] for row in told["calls"]} > {*mine}
        assert {row["call_id"] for row in told["turns"]} == {row["id"] for row in told["calls"]}
        assert told["cases"][0]["title"] == f"打 {HOME}"
        assert "hash" not in packed.read("caller.json").decode()
        pages = [name for name in packed.namelist() if name.startswith("calls/")]
        assert len(pages) == CALLS + 1
        assert all(f" {NUMBER}\n<" in packed.read(name).decode() for name in pages)
        assert packed.read("recordings/message-one.wav") == file.read_bytes()
    erased = said(here, "erase", HOME, "--yes")
    assert "cannot be done again" not in erased
    assert not file.exists()
    tallied(here.parts)
    assert counts(here) == before
    assert [str(leak) for leak in search(here, tmp_path).leaks] == []
    with here.parts.engine.connect() as connection:
        for call_id in connection.scalars(select(calls.c.id)).all():
            of_call(here.parts, call_id, Counter())
        acts = connection.execute(select(entries.c.act, entries.c.subject, entries.c.detail)).all()
        theirs = set(connection.scalars(select(calls.c.caller_hash).where(calls.c.id.in_(mine))))
    assert [row.act for row in acts] == ["caller.show", "caller.export", "caller.erase"]
    assert len({row.subject for row in acts}) == 1
    assert len(theirs) == 1, "that one person called so often is counted"
    assert "calls: 0\n" in said(here, "show", HOME)
    assert "erased: nothing" in said(here, "erase", HOME, "--yes")


def test_there_is_no_column_for_what_names_a_caller_that_is_not_found_and_emptied(here: World) -> None:
    called(here)
    told_of(here)
    everywhere(here)
    tallied(here.parts)
    columns = {
        f"{table.name}.{one.name}"
        for table in known_tables().sorted_tables
        for one in table.columns
        if isinstance(one.type, Sealed) or one.name.endswith(("_hash", "_last4"))
    }
    assert columns - naming(here) == {"sealing_keys.audit"}, "write the number there, too, and have `erase` know of it"
    shown = dict(line.split(": ") for line in said(here, "show", HOME).splitlines())
    assert {what for what, count in shown.items() if count == "0"} <= {"audit"}
    told = said(here, "erase", HOME, "--yes")
    assert "they stay blocked for ever: of that a keyed hash of the number is kept, no number and no reason" in told
    tallied(here.parts)
    assert naming(here) == {"blocked.number_hash"}


def test_nobody_is_rid_of_a_block_by_asking_to_be_forgotten(here: World, tmp_path: Path) -> None:
    blocks, keeper = Blocks(here.parts.engine, here.carrier.clock), here.parts.gatekeeper
    now = here.carrier.clock().astimezone(here.parts.flow.zone)
    blocks.add(NUMBER, "before", "sam", now + timedelta(days=9))
    blocks.add(NUMBER, f"{HOME} 骂人", "sam", now + timedelta(days=2))
    blocks.add(OTHER, f"wie {HOME}", "sam", None)
    said(here, "export", NUMBER, str(tmp_path / "all.zip"))
    with ZipFile(tmp_path / "all.zip") as packed:
        rows = json.loads(given := packed.read("caller.json"))["blocked"]
        assert OTHER not in given.decode()
    assert [row["reason"] for row in rows] == ["before", f"{HOME} 骂人", f"wie {HOME}"]
    (tmp_path / "all.zip").unlink()
    assert f"stay blocked until {now + timedelta(days=2):%Y-%m-%d %H:%M}" in said(here, "erase", HOME, "--yes")
    assert [str(leak) for leak in search(here, tmp_path).leaks] == []
    keeper.look()
    assert keeper.bars(NUMBER)
    assert keeper.bars(OTHER)
    assert {(one.reason, one.by) for one in blocks.all()} == {("", "sam"), ("wie …", "sam")}
    said(here, "erase", HOME, "--yes")
    assert len(blocks.all()) == 2
    done = here.app.test_cli_runner().invoke(args=["blocked", "remove", HOME])
    assert done.exit_code == 0, done.output
    keeper.look()
    assert not keeper.bars(NUMBER)
    assert "stay blocked" not in said(here, "erase", HOME, "--yes")
    with here.parts.engine.connect() as connection:
        assert connection.scalars(select(blocked.c.reason)).all() == ["wie …"]


@pytest.mark.parametrize("answer", ["", "the carrier answered 503"])
def test_no_recording_of_theirs_stays_with_the_carrier_or_comes_back_from_there(here: World, answer: str) -> None:
    caller, now = here.caller(NUMBER), here.parts.messages
    caller.listen()
    caller.hang_up()
    sids = ["RE" + letter * 32 for letter in "ab"]
    came, wanted = (now.report(sid, caller.leg.sid, "completed", 3, NOON) for sid in sids)
    now.fetched(came, "none.sealed", 9, NOON + timedelta(days=1))
    asked: list[str] = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Rest, "erase", lambda _, sid: asked.append(sid) or answer)
        told = said(here, "erase", NUMBER, "--yes")
    assert sorted(asked) == sids
    assert (sids[0] in told) == (sids[1] in told) == bool(answer)
    assert not now.fetched(wanted, "late.sealed", 9), "it came while they were erased"
    Transcripts(here.parts.engine).done(came, "我的号码")
    for sid, message_id in zip(sids, (came, wanted), strict=True):
        now.report(sid, caller.leg.sid, "completed", 3, NOON)
        found = now.recorded(sid)
        assert found, "else the next look at the carrier's recordings takes it for one that nobody told us of"
        assert (found.id, found.state, found.file, found.transcript) == (message_id, "absent", None, None)


def test_nobody_is_erased_while_they_talk_or_without_a_yes(here: World) -> None:
    caller = here.caller(NUMBER)
    caller.listen()
    assert "a call of theirs goes on" in said(here, "erase", HOME, "--yes", code=1)
    caller.hang_up()
    assert "Aborted" in said(here, "erase", HOME, code=1)
    assert "calls: 1\n" in said(here, "show", HOME)
    assert "is no telephone number" in said(here, "show", "12", code=2)


def test_where_menus_go_another_way_the_journal_still_folds(here: World) -> None:
    caller = here.caller(NUMBER)
    wander(caller, Random(f"seed {SEED}, call 1"))
    turns = [turn.events for turn in here.parts.journal.turns(caller.leg.sid)]
    flow = here.parts.flow
    made, exact = nameless(flow, flow.base, turns)
    assert exact
    assert made != turns
    gone = {name: node for name, node in flow.nodes.items() if name.startswith("main.")}
    struck, exact = nameless(
        replace(flow, nodes=gone, hotline=flow.hotline.model_copy(update={"start": "none"})), flow.base, turns
    )
    assert not exact
    assert [len(one) for one in struck] == [len(one) for one in turns]
    assert HOME not in str(struck)
