"""What the terminal phone promises: a call by typing, on a page of text that is a test as it stands."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from ivr import transcript
from ivr.carrier.caller import Caller
from ivr.carrier.rehearsal import rehearsal
from ivr.carrier.rest import rest
from ivr.cli import CUSTOMER, Rehearsal, Tools, commands
from ivr.factory import create_app
from ivr.flow.events import Texted
from ivr.transcript import Script
from tests import pages
from tests.world import ACCOUNT, NUMBER, ROOT, TOKEN, ZONE, hotline_settings, world

OPEN = "2026-11-23 10:00"
CLOSED = "2026-11-22 10:00"


@pytest.fixture
def tools(tmp_path: Path) -> Tools:
    @contextmanager
    def rehearse(script: Script) -> Iterator[Rehearsal]:
        def make(port, now):  # type: ignore[no-untyped-def]
            return create_app(hotline_settings(tmp_path, port), now)

        with rehearsal(make, script.at, ACCOUNT, TOKEN, NUMBER) as (app, carrier):
            app.register_blueprint(rest(carrier))
            parts = app.extensions["hotline"]
            parts.desk.staff_all(parts.flow.queues, parts.flow.hotline.languages)
            caller = Caller(carrier, script.caller, NUMBER)
            yield Rehearsal(caller, lambda: parts.journal.events(caller.leg.sid))
            parts.close()
            assert carrier.log.codes == []

    (tmp_path / "calls").mkdir()
    return Tools(
        rehearse,
        now=lambda: datetime(2026, 11, 23, 2, 0, 42, tzinfo=UTC),
        zone=ZONE,
        base="zh-CN",
        pages=tmp_path / "calls",
        work=lambda: None,
        promised=lambda: (0, 0),
        rebuild=lambda: iter([]),
    )


def run(tools: Tools, *words: str, typed: str = "") -> Result:
    """Run a command, with these lines typed and then Ctrl-D."""
    group = click.Group("flask", {command.name or "": command for command in commands(tools)})
    return CliRunner().invoke(group, words, input=typed)


def test_a_call_by_typing_reads_like_a_page(tools: Tools) -> None:
    done = run(tools, "call", "--at", CLOSED, typed="5\n4\n1\nsay 5\n")
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[:2] == ["# A call", f"@ {CLOSED} {CUSTOMER}"]
    assert [line for line in lines if line.startswith(">")] == ["> 5", "> 4", "> 1", "> (speaks 5 s)"]
    assert any(line.startswith("<! 留言会被录音") for line in lines)
    assert lines[-2:] == ["< 谢谢您，我们会尽快听取您的留言。再见。", "= message"]


def test_an_sms_that_comes_is_shown_but_no_part_of_the_page(tools: Tools) -> None:
    code = "您的验证码是 135790。"

    @contextmanager
    def rehearse(script: Script) -> Iterator[Rehearsal]:
        with tools.rehearse(script) as made:
            yield replace(made, texts=lambda: [code] if len(made.phone.heard) > 2 else [])  # type: ignore[attr-defined]

    done = run(replace(tools, rehearse=rehearse), "call", "--at", CLOSED, "--save", "code", typed="5\n4\n")
    assert [line for line in done.stdout.splitlines() if line.startswith("~")] == [f"~ SMS: {code}"]
    assert "SMS" not in (tools.pages / "code.txt").read_text("utf-8")


def test_an_sms_of_the_menus_is_a_line_with_four_digits_of_its_number() -> None:
    sent = Texted("+8613800138000", "frozen.receipt", "您的受理编号是\n20260302。", "zh-CN")
    assert list(transcript.lines([sent], "zh-CN")) == ["~ SMS to …8000: 您的受理编号是 20260302。"]


def test_the_end_of_what_is_typed_hangs_up(tools: Tools) -> None:
    done = run(tools, "call", typed="8\n")
    assert done.stdout.splitlines()[-2:] == ["> (hangs up)", "= hung-up"]
    assert "< [en-US] Please choose." in done.stdout


def test_an_empty_line_is_silence_and_a_round_of_waiting(tools: Tools) -> None:
    done = run(tools, "call", "--at", OPEN, typed="\n0\n\nhang up\n")
    does = [line for line in done.stdout.splitlines() if line.startswith((">", "~", "="))]
    assert does[:2] == ["> (silence)", "> 0"]
    assert "> (waits)" in does
    assert does[-1] == "= hung-up"


def test_what_cannot_be_done_now_is_said_and_changes_nothing(tools: Tools) -> None:
    done = run(tools, "call", "--at", OPEN, typed="say 5\nhello\nhang up\n")
    assert "Nothing is being recorded now." in done.stderr
    assert "Type keys" in done.stderr
    assert [line for line in done.stdout.splitlines() if line.startswith(">")] == ["> (hangs up)"]


@pytest.mark.parametrize("at", [OPEN, CLOSED])
def test_the_first_call_of_the_readme_stands_in_a_queue_at_any_hour(tools: Tools, at: str) -> None:
    _, _, rest = (ROOT / "README.md").read_text("utf-8").partition("## Your first call")
    keys = re.findall(r"`([0-9#]+)`", rest.partition("you stand in the queue")[0])
    assert keys
    done = run(tools, "call", "--at", at, typed="\n".join([*keys, "", ""]))
    rounds = [line for line in done.stdout.splitlines() if line.startswith("~ waits")]
    assert rounds[0] == "~ waits at 1 for 0 s"
    assert len(rounds) == 2


def test_a_fault_of_ours_is_heard_and_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = create_app(hotline_settings(tmp_path, 8000))
    monkeypatch.setattr("ivr.flow.engine.HOPS", 0)
    done = app.test_cli_runner().invoke(args=["call", "--at", OPEN], input="\n")
    heard = [line for line in done.stdout.splitlines() if line.startswith("<")]
    assert heard[0].startswith("< 抱歉，系统出了点问题")
    assert heard[1].startswith("< Sorry, something went wrong")
    assert "> (silence)" in done.stdout
    told = [line for line in done.stderr.splitlines() if "Type keys" not in line]
    assert told[0] == "! a turn failed: FlowError: : 0 nodes passed without asking the caller anything"
    assert all(line.startswith("! ") for line in told)


def test_a_page_tells_no_pin_but_those_of_practice_and_goes_again(tools: Tools, tmp_path: Path) -> None:
    typed = ["3", "1", "1", "583917#", "8800000001#", "1", "583917", "58391#", "246810"]
    done = run(tools, "call", "--at", OPEN, "--save", "pins", typed="\n".join(typed) + "\n")
    assert done.exit_code == 0, done.output
    assert not [keys for keys in ("583917", "58391") if keys in done.output]
    written = (tools.pages / "pins.txt").read_text("utf-8")
    script, does = transcript.read(written, "pins.txt")
    assert does[3:9] == ["?", "8800000001#", "1", "••••", "?", "246810"]
    again = tmp_path / "again"
    again.mkdir()
    with world(again, script.at.replace(tzinfo=ZONE)) as here:
        assert pages.call(here, script, does) == written


@pytest.mark.parametrize(
    "typed", ["5\n4\n1\nsay 5\n", "8\n0\n1\n\n", "7\n\n\n\n", "3\n1\n4\n8800000001\n1\n", "0\n"], ids=str.split
)
@pytest.mark.parametrize("at", [OPEN, CLOSED])
def test_a_saved_page_is_a_test_that_passes(tools: Tools, tmp_path: Path, typed: str, at: str) -> None:
    done = run(tools, "call", "--at", at, "--from", "+8613900000007", "--save", "my-call", typed=typed)
    assert done.exit_code == 0, done.output
    written = (tools.pages / "my-call.txt").read_text("utf-8")
    assert written == done.stdout
    script, does = transcript.read(written, "my-call.txt")
    assert (script.title, script.caller) == ("my call", "+8613900000007")
    again = tmp_path / "again"
    again.mkdir()
    with world(again, script.at.replace(tzinfo=ZONE)) as here:
        assert pages.call(here, script, does) == written


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--save", "../up"], "small letters"),
        (["--save", "there"], "there already"),
        (["--at", "tomorrow"], "write a moment like"),
    ],
)
def test_a_wrong_option_is_said_before_anything_rings(tools: Tools, words: list[str], told: str) -> None:
    (tools.pages / "there.txt").write_text("kept", "utf-8")
    done = run(tools, "call", *words)
    assert done.exit_code == 2
    assert told in done.output
    assert [file.read_text("utf-8") for file in tools.pages.iterdir()] == ["kept"]


@pytest.mark.parametrize(
    ("promised", "said"),
    [
        ((81, 100), "81 of 100 ranges of minutes that were told in the last 28 days came true: 81%"),
        ((0, 0), "0 of 0 ranges of minutes that were told in the last 28 days came true"),
    ],
)
def test_how_many_of_the_told_waits_came_true_can_be_seen(tools: Tools, promised: tuple[int, int], said: str) -> None:
    done = run(replace(tools, promised=lambda: promised), "desk", "promises")
    assert (done.exit_code, done.stdout.strip()) == (0, said)
