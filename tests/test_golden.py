"""A call becomes a page of tests/calls that goes as it is written, and names nobody."""

import re
from pathlib import Path

import pytest

from ivr import transcript
from ivr.console.golden import golden
from ivr.console.practice import Practice
from ivr.console.stage import NoTestError
from ivr.flow.call import fold
from ivr.flow.engine import step
from ivr.flow.events import Event
from ivr.flow.inputs import Answered, Pressed, Rescued
from ivr.flow.secret import Secret
from tests.desk_site import ACCOUNT, Clock, desk_site, log_in, real_flow
from tests.pages import Page, call, moment, told_by_the_desk
from tests.world import OPEN, ZONE, world

CALLS = Path(__file__).parent / "calls"
MADE = (
    *("callback-other-number-en", "complaint-message", "sent-outside-en", "sent-to-queue", "wait-range", "queue-full"),
    *("hangs-up-queue", "hangs-up-talking", "hangs-up-message", "hangs-up-collect", "wrong-numbers", "survey-silent"),
    *("wallet/withdrawal-why-over_once-code-zh", "wallet/stolen-hold-frozen-pin-en", "wallet/proof-short-pin-zh"),
    *("wallet/proof-pin-wrong-once-en", "wallet/payment-further-limit-pin-zh", "wallet/topup-state-credited-code-en"),
    *("wallet/proof-code-again-zh", "wallet/refund-state-slow-code-zh", "wallet/proof-pin-limited-en"),
    *("closing-while-waiting", "nobody-on", "anonymous", "payment-open-en", "silence-and-wrong", "back-and-again"),
)


SECRET = re.compile(r"^> ([0-9]{6})$", re.MULTILINE)


def happened(page: str, folder: Path) -> list[Event]:
    """Return the events of a call that is made as a page says."""
    script, does = transcript.read(page, "page")
    folder.mkdir()
    with world(folder, moment(script, ZONE).at) as here:
        made = Page(here, script, here.caller(script.caller), transcript.head(script))
        with told_by_the_desk(made):
            for action in does:
                made.do(action)
            made.caller.listen()
            made.note()
    return made.happened


@pytest.mark.parametrize("name", MADE)
def test_a_call_made_a_test_goes_as_it_is_written(name: str, tmp_path: Path) -> None:
    page = (CALLS / f"{name}.txt").read_text("utf-8")
    events = happened(page, tmp_path / "first")
    written = golden(real_flow(), events, "Made from a call")
    script, does = transcript.read(written, name)
    assert not [secret for secret in SECRET.findall(page) if secret in written], "it was keyed in confidence"
    (tmp_path / "second").mkdir()
    with world(tmp_path / "second", moment(script, ZONE).at) as here:
        assert call(here, script, does).splitlines() == written.splitlines()


def test_a_call_over_http_is_downloaded_with_nothing_that_names_anybody(tmp_path: Path) -> None:
    site = desk_site(tmp_path, "http://127.0.0.1:8000", Clock())
    place = site.queued("3", "1", "5", ACCOUNT, "1", caller="+8613912345678")
    sam = site.app.test_client()
    log_in(sam, "sam", site.hire("sam", "auditor"), "/desk/calls")
    way = f"/desk/calls/{place.call_id}"
    assert f'href="{way}/test"' not in sam.get(way).text
    assert sam.get(f"{way}/test").status_code == 409, "it goes on"
    site.hotline.hang_up(place.call_id)
    assert f'href="{way}/test"' in sam.get(way).text
    told = sam.get(f"{way}/test")
    assert told.headers["Content-Disposition"] == "attachment; filename=call-20261123-100000.txt"
    assert "+8613800138000" in told.text
    assert "> 8800000000\n" in told.text
    assert not any(number in told.text for number in (ACCOUNT, "13912345678", place.call_id, "sam"))
    assert [one.subject for one in site.app.extensions["audit"].page(9, act="calls.export")] == ["test"]
    (tmp_path / "again").mkdir()
    script, does = transcript.read(told.text, "downloaded")
    with world(tmp_path / "again", moment(script, ZONE).at) as here:
        assert call(here, script, does).splitlines() == told.text.splitlines()
    site.close()


def test_a_call_with_a_fault_of_ours_is_no_test() -> None:
    flow, number = real_flow(), "+8613800138000"
    events = [*step(flow, flow.new_call(), Answered(number), OPEN).events]
    events += step(flow, fold(flow.new_call(), events), Rescued(number), OPEN).events
    with pytest.raises(NoTestError, match="Rescued"):
        golden(flow, events, "A fault")


@pytest.mark.parametrize(
    ("number", "practice"),
    [("13912345678", "13800138000"), ("02155512345", "02155555550"), ("12345", "88000"), ("1234", "1234")],
)
def test_a_number_is_taken_or_refused_as_the_one_it_stands_for(number: str, practice: str) -> None:
    made, call = Practice(real_flow()), real_flow().new_call()
    assert made.of(Pressed(number), call) == Pressed(practice)
    assert made.of(Pressed(number), call) == Pressed(practice), "the same one for the same one"
    assert made.of(Pressed(Secret("123456")), call) != Pressed("123456")


@pytest.mark.parametrize(
    ("caller", "practice"),
    [
        ("+8613912345678", "+8613800138000"),
        ("+14155550100", "+12025550123"),
        ("anonymous", "anonymous"),
        ("", "anonymous"),
    ],
)
def test_who_rings_becomes_a_practice_number(caller: str, practice: str) -> None:
    assert Practice(real_flow()).of(Answered(caller), real_flow().new_call()) == Answered(practice)
