"""The lifeboat's files on a host of files: whoever calls hears both languages, and what they leave is taken in."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Barrier
from typing import Any
from unittest.mock import patch

import pytest
from click.testing import CliRunner, Result

from ivr import folders
from ivr.carrier import schema
from ivr.carrier.caller import Caller
from ivr.carrier.company import Line
from ivr.carrier.cues import Recording
from ivr.carrier.signals import Request
from ivr.carrier.twiml import parse
from ivr.errands import put_bundle
from ivr.flow.events import Heard
from ivr.flow.load import load
from ivr.listening import listening
from ivr.replies import UNTOLD
from ivr.store.errors import StoreError
from ivr.telephony.bundle import FIRST, MANIFEST, bundle, read_manifest
from ivr.telephony.facts import Fact, Over
from ivr.telephony.render import Site
from ivr.telephony.rest import Rest
from ivr.telephony.strays import Strays
from tests.bench.plans import noted
from tests.contract import faults
from tests.small import small
from tests.talks import heard
from tests.test_switchboard import soon
from tests.world import ACCOUNT, NUMBER, OPEN, ROOT, TOKEN, World, world

LIVE = "https://hotline.example"


def made(at: Any = OPEN) -> dict[str, str]:
    flow, _ = load(folders.menus(ROOT / "menus"))
    assert flow
    return bundle(flow, Site(LIVE, flow.hotline.languages, flow.hotline.number), 7, at)


class Quiet(SimpleHTTPRequestHandler):
    """Serves files as any host does; what is posted it refuses."""

    def guess_type(self, path: Any) -> str:
        return "application/xml" if str(path).endswith(".xml") else "application/octet-stream"

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def hosted(folder: Path) -> Iterator[str]:
    """Serve a folder, and give the address of the first document."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    with listening(server):
        yield f"http://127.0.0.1:{server.server_address[1]}/{FIRST}"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as found:
        yield found


def down(here: World, url: str, method: str = "GET") -> None:
    """Let the number's main address have no answer, and this be the one to fall back to."""
    status = Request(f"{here.parts.settings.public_url}/voice/status", "POST")
    here.carrier.numbers[NUMBER] = Line(NUMBER, Request("http://127.0.0.1:9/"), Request(url, method), status)


def test_every_document_keeps_the_carriers_contract_and_limits() -> None:
    files = made()
    for name, text in files.items():
        if name.endswith(".xml"):
            assert faults(text, waiting=False) == [], name
            assert parse(text, schema.CALL).problems == (), name
    assert {name for name in files if name.endswith(".xml")} == {
        "fallback.xml",
        "theft.xml",
        "reported.xml",
        "message.xml",
        "thanks.xml",
    }


def test_the_hours_are_told_with_the_days_that_are_unlike() -> None:
    message = made(OPEN.replace(month=9, day=20))["message.xml"]
    assert "周一到周五，上午九点到下午六点。" in message
    assert "十月一日到十月七日，休息。" in message
    assert "Monday to Friday, nine in the morning to six in the evening." in message
    assert "October first to October seventh, closed." in message


def test_menus_without_a_lifeboat_take_messages(tmp_path: Path) -> None:
    flow, problems = load(small())
    assert flow, problems
    files = bundle(flow, Site(LIVE, flow.hotline.languages), 1, OPEN)
    assert "<Record" in files[FIRST]
    assert faults(files[FIRST], waiting=False) == []


@pytest.mark.parametrize(("key", "queue", "rank"), [("5", "fraud", 1), ("#", "fraud", 1), ("", "general", 3)])
def test_a_call_by_files_alone_is_work_afterwards(here: World, key: str, queue: str, rank: int) -> None:
    with hosted(here.parts.settings.bundles / "current") as url:
        down(here, url)
        caller = Caller(here.carrier, "+8613900001111", NUMBER)
        said = "".join(one.text for one in (caller.press(key) if key else caller.silence())) + heard(caller)
        assert isinstance(caller.cue, Recording)
        caller.speak(8)
        caller.press("#")
        said += heard(caller)
    for words in ("要报告钱包被盗，现在请按任意键", "To report a stolen wallet, press any key now"):
        assert words in said
    assert ("安全专员会最先处理" in said, "our security team" in said) == (bool(key), bool(key))
    assert ("人工客服的时间是" in said, "these times" in said) == (not key, not key)
    assert caller.over
    soon(lambda: [place.kind for place in here.parts.desk.waiting()] == ["message"])
    (place,) = here.parts.desk.waiting()
    assert (place.call_id, place.queue, place.rank) == (caller.leg.sid, queue, rank)
    assert here.parts.journal.caller(caller.leg.sid) == "+8613900001111"
    assert here.carrier.log.codes == [11205]


@pytest.mark.parametrize("key", ["5", ""])
def test_what_was_recorded_while_all_of_us_was_away_is_taken_in_afterwards(here: World, key: str) -> None:
    caller = adrift(here, "+8613900001111", key)
    left = here.carrier.clock()
    assert strays(here) == 0  # The carrier may still tell it by itself.
    here.carrier.clock.advance(3600)
    assert strays(here) == 1
    (place,) = here.parts.desk.waiting()
    assert (place.call_id, place.kind, place.queue, place.rank) == (caller.leg.sid, "message", "fraud", 1)
    assert here.parts.journal.caller(caller.leg.sid) == "+8613900001111"
    (message,) = here.parts.messages.latest()
    moments = [event.at for event in here.parts.journal.events(caller.leg.sid) if isinstance(event, Heard)]
    assert [abs(at - left) < timedelta(minutes=1) for at in (message.created_at, *moments)] == [True, True]
    assert strays(here) == 0


def test_a_message_of_which_only_the_callback_told_is_work_afterwards(here: World) -> None:
    send = here.carrier.send

    def broken(url: str, *more: Any) -> Any:
        if "/voice/turn/" in url and any("RecordingSid" in str(one) for one in more):
            raise ConnectionError("the line broke")
        return send(url, *more)

    here.carrier.clock.advance(12 * 3600)  # By then nobody takes calls.
    caller = Caller(here.carrier, "+8613900001111", NUMBER)
    for key in "01":
        caller.press(key)
        caller.listen()
    assert isinstance(caller.cue, Recording)
    here.carrier.send = broken
    caller.speak(8)
    caller.press("#")
    caller.hang_up()
    here.carrier.send = send
    soon(lambda: here.parts.messages.latest() != [])
    here.carrier.clock.advance(3600)
    assert here.parts.desk.waiting() == []
    assert strays(here) == 1
    (place,) = here.parts.desk.waiting()
    assert (place.call_id, place.kind) == (caller.leg.sid, "message")
    assert strays(here) == 0


@contextmanager
def away(here: World) -> Iterator[None]:
    """Have nothing of ours to be reached, but another host's lifeboat."""
    send, ours = here.carrier.send, here.parts.settings.public_url

    def unreachable(url: str, *more: Any) -> Any:
        if url.startswith(f"{ours}/voice"):
            raise ConnectionError("nobody is there")
        return send(url, *more)

    with hosted(here.parts.settings.bundles / "current") as url:
        down(here, url)
        here.carrier.send = unreachable
        yield
    here.carrier.send = send


def adrift(here: World, number: str, key: str) -> Caller:
    """Leave a message in another host's lifeboat, while nothing of ours is to be reached."""
    with away(here):
        caller = Caller(here.carrier, number, NUMBER)
        caller.press(key) if key else caller.silence()
        caller.speak(8)
        caller.press("#")
        caller.listen()
    assert caller.over
    return caller


def test_a_call_that_only_another_hosts_lifeboat_knew_is_in_the_log(here: World) -> None:
    with away(here):
        caller = Caller(here.carrier, "+8613900001111", NUMBER)
        caller.listen()
        caller.hang_up()
    ended = here.carrier.clock()
    assert strays(here) == 0  # The carrier may still tell it by itself.
    here.carrier.clock.advance(3600)
    assert strays(here) == 1
    stored = here.parts.journal.call(caller.leg.sid)
    assert stored
    assert (stored.call.ended, here.parts.journal.caller(caller.leg.sid)) == ("hung-up", "+8613900001111")
    assert abs(stored.call.now - ended) < timedelta(minutes=1)
    assert strays(here) == 0


def test_a_call_that_the_carrier_tells_nothing_of_keeps_no_other_from_being_heard(here: World) -> None:
    first, second, third = (adrift(here, f"+861390000111{last}", "1") for last in range(3))
    here.carrier.clock.advance(3600)
    parties = Rest.parties

    def broken(rest: Rest, call: str) -> tuple[str, str]:
        if call == second.leg.sid:
            raise OSError("the line broke")
        return parties(rest, call)

    with patch.object(Rest, "parties", broken), pytest.raises(OSError, match="the line broke"):
        strays(here)
    assert {place.call_id for place in here.parts.desk.waiting()} == {first.leg.sid, third.leg.sid}
    assert strays(here) == 1
    assert len(here.parts.desk.waiting()) == 3
    with noted(here.parts.desk.engine) as ran:
        assert strays(here) == 0
    assert sum("WHERE messages.recording_sid" in one.text for one in ran) == 1, "the database is asked for each"


def test_what_was_told_and_is_yet_to_be_written_down_is_no_stray(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    caller = adrift(here, "+8613900001111", "1")
    here.carrier.clock.advance(5 * 3600)  # Longer ago than what a later look is about.
    looks = looking(here)
    unwritten, job = here.parts.unwritten, here.parts.unwritten.job

    def refused(_: Fact) -> None:
        raise StoreError("the database is away")

    monkeypatch.setattr(unwritten, "job", refused)
    assert unwritten.write(Over(caller.leg.sid, UNTOLD, here.carrier.clock()))
    assert looks.take() == 0
    monkeypatch.setattr(unwritten, "job", job)
    soon(lambda: not unwritten.calls())
    assert looks.take() == 1
    assert looks.take() == 0


def strays(here: World) -> int:
    """Have the carrier asked what nobody told us."""
    return looking(here).take()


def looking(here: World) -> Strays:
    """Return who asks, as after a start."""
    parts, rest = here.parts, Rest(ACCOUNT, TOKEN, here.parts.settings.api_url)
    return Strays(rest, parts.hotline, parts.messages, parts.unwritten, lambda: parts.flow, here.carrier.clock)


def test_what_was_looked_through_is_not_asked_for_again(here: World) -> None:
    made, clock, hours = looking(here), here.carrier.clock, list[float]()
    fails = False

    def asked(since: datetime) -> list[Any]:
        hours.append((clock() - since).total_seconds() / 3600)
        if fails:
            raise OSError("the line broke")
        return []

    with (
        patch.object(Rest, "tapes", lambda _, since: asked(since)),
        patch.object(Rest, "rang", lambda _, __, since: asked(since)),
    ):
        made.take()
        clock.advance(3600)
        made.take()
        fails = True
        clock.advance(3600)
        with pytest.raises(OSError, match="the line broke"):
            made.take()
        fails = False
        clock.advance(3600)
        made.take()
        clock.advance(48 * 3600)
        made.take()
    call = 4 + 1 / 6  # Hours that one lasts at most, and until the carrier has told of it.
    assert hours == pytest.approx([7 * 24, 24, *[call + 1] * 4, *[call + 2] * 2, call + 48, 24])


def test_who_writes_the_same_at_once_gets_in_nobodys_way(tmp_path: Path) -> None:
    files = {f"{number}.xml": "words" * 50 for number in range(20)}
    for version in range(12):
        together = Barrier(8)

        def put(_: int, name: str = f"{version}-a", together: Barrier = together) -> None:
            together.wait()
            folders.put_whole(tmp_path, name, files)

        with ThreadPoolExecutor(8) as threads:
            list(threads.map(put, range(8)))
        assert (tmp_path / "current").resolve().name == f"{version}-a"
        assert {one.name for one in (tmp_path / "current").iterdir()} == files.keys()
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".")] == []


def test_a_kill_leaves_the_old_files_or_the_new_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders.put_whole(tmp_path, "1-a", {"one": "old", "two": "old"})
    done = 0

    def killed(file: Path, text: str) -> None:
        nonlocal done
        done += 1
        if done == 2:
            raise KeyboardInterrupt
        file.write_text(text)

    with monkeypatch.context() as patched:
        patched.setattr(folders, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            folders.put_whole(tmp_path, "2-b", {"one": "new", "two": "new"})
    assert [(tmp_path / "current" / name).read_text() for name in ("one", "two")] == ["old", "old"]
    assert len(list(tmp_path.glob(".2-b.*"))) == 1, "what is left of it is in nobody's way"
    folders.put_whole(tmp_path, "2-b", {"one": "new", "two": "new"})
    assert [(tmp_path / "current" / name).read_text() for name in ("one", "two")] == ["new", "new"]
    folders.put_whole(tmp_path, "3-c", {"one": "newest"})
    assert sorted(one.name for one in tmp_path.iterdir() if not one.name.startswith(".")) == ["2-b", "3-c", "current"]


def test_each_start_and_publishing_writes_the_live_versions_files(here: World) -> None:
    current = here.parts.settings.bundles / "current"
    first = read_manifest((current / MANIFEST).read_text())
    assert first.version == here.parts.live.version
    library, last = here.parts.live.library, here.parts.live.now
    files = library.files(last.version)
    files["hotline.yaml"] = files["hotline.yaml"].replace("系统出了故障", "机房停电了")
    assert library.publish(library.keep(files, OPEN), "sam", OPEN, "", last.id)
    here.parts.live.look()
    second = read_manifest((current / MANIFEST).read_text())
    assert second.version == here.parts.live.version != first.version
    assert "机房停电了" in (current / FIRST).read_text()


def test_the_files_are_written_anew_when_they_change_or_a_day_has_passed_only(here: World) -> None:
    found, parts = here.parts.settings, here.parts
    current = found.bundles / "current"

    def put(**changed: Any) -> str:
        put_bundle(replace(found, **changed), parts.flow, parts.live.version, here.carrier.clock())
        return current.resolve().name

    first = put()
    here.carrier.clock.advance(3600)
    assert put() == first
    moved = put(public_url=LIVE)
    assert moved != first
    here.carrier.clock.advance(24 * 3600)
    assert put(public_url=LIVE) != moved


def test_a_lifeboat_for_a_matter_that_nobody_rings_about_is_told() -> None:
    texts = folders.menus(ROOT / "menus")
    texts["hotline.yaml"] = texts["hotline.yaml"].replace("matter: stolen", "matter: lost")
    flow, problems = load(texts)
    assert flow is None
    (problem,) = problems
    assert (problem.file, "there is no matter 'lost': there is " in problem.words) == ("hotline.yaml", True)


def run(here: World, *words: str) -> Result:
    return CliRunner().invoke(here.app.cli, ["lifeboat", *words])


def test_the_drill_calls_our_own_address_and_leaves_nothing_behind(here: World) -> None:
    done = run(here, "drill")
    assert done.exit_code == 0, done.output
    url = here.parts.settings.public_url
    assert f"{url}/voice/fallback by POST" in done.output
    for words in ("a report, by key 2: the beep after", "a message, by key 1: the beep after", "cmn-CN: ", "en-US: "):
        assert words in done.output
    assert f"{NUMBER}: falls back to {url}/voice/fallback" in done.output
    assert here.parts.desk.waiting() == []
    assert here.parts.messages.latest() == []
    assert here.wrong() == []


def test_the_drill_calls_the_files_compares_them_and_says_which_numbers_point_there(
    here: World, tmp_path: Path
) -> None:
    folder = tmp_path / "put up"
    assert run(here, "write", str(folder)).exit_code == 0
    with hosted(folder) as url:
        astray = run(here, "drill", "--url", url)
        assert astray.exit_code == 1
        assert f"WRONG: not to {url}" in astray.output
        down(here, url)
        good = run(here, "drill", "--url", url)
        assert good.exit_code == 0, good.output
        assert "a report, by key 1: the beep after" in good.output
        assert "a message, by no key: the beep after" in good.output
        down(here, url, "POST")
        assert "WRONG: by POST" in run(here, "drill", "--url", url).output
        down(here, url)
        theft = folder / "theft.xml"
        theft.write_text(theft.read_text("utf-8").replace("最先", "尽快"), "utf-8")
        assert "WRONG: other than the live menus' files: theft.xml" in run(here, "drill", "--url", url).output
        theft.unlink()
        gone = run(here, "drill", "--url", url)
        assert gone.exit_code == 1
        assert "WRONG: 11200 HTTP status 404" in gone.output
        assert run(here, "write", str(folder)).exit_code == 0
        manifest = json.loads((folder / MANIFEST).read_text())
        here.carrier.clock.advance(timedelta(days=29).total_seconds())
        assert "WRONG: the hours that it tells are out of date" in run(here, "drill", "--url", url).output
        assert manifest["number"] == NUMBER


def test_the_drill_says_what_an_account_lacks(here: World) -> None:
    here.carrier.numbers.clear()
    here.carrier.number("+8621555", "https://elsewhere.example/")
    done = run(here, "drill")
    assert done.exit_code == 1
    assert "+8621555: falls back to nothing" in done.output
    assert f"WRONG: the account has no number {NUMBER}" in done.output
