"""`numbers show` and `numbers sync`: what the account's numbers ask, and that they ask us after that."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ivr.carrier.company import Line
from ivr.carrier.signals import Request
from ivr.telephony.numbers import Ask, Number, changes
from ivr.telephony.render import RETRY_CALLBACK
from tests.talks import heard
from tests.world import NUMBER, World, world

ELSEWHERE = Request("https://demo.example/voice.xml", "GET")
FILES = "https://files.example/boat/fallback.xml"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as found:
        yield found


def run(here: World, *words: str) -> Result:
    """Run a command; each of its requests must keep Twilio's contract, as the world says when it ends."""
    return CliRunner().invoke(here.app.cli, ["numbers", *words])


def asks(here: World, number: str = NUMBER) -> list[tuple[str, str]]:
    """Return what a number asks at the carrier."""
    line = here.carrier.numbers[number]
    found = (line.voice, line.fallback, line.status_callback)
    return [(one.url, one.method) if one else ("", "") for one in found]


def test_sync_says_what_it_would_change_and_changes_it_when_it_is_told_to(here: World) -> None:
    url = here.parts.settings.public_url
    here.carrier.numbers[NUMBER] = Line(NUMBER, ELSEWHERE, None, None)
    here.carrier.number("+8621555", "https://elsewhere.example/")
    before = asks(here)
    would = run(here, "sync")
    assert would.exit_code == 0, would.output
    assert f"a call comes in: {ELSEWHERE.url} by GET -> {url}/voice/incoming by POST" in would.output
    assert f"primary handler fails: nothing -> {url}/voice/fallback by POST" in would.output
    assert "nothing was changed yet: say --yes" in would.output
    assert asks(here) == before
    done = run(here, "sync", "--yes")
    assert done.exit_code == 0, done.output
    assert asks(here) == [
        (f"{url}/voice/incoming", "POST"),
        (f"{url}/voice/fallback", "POST"),
        (f"{url}/voice/status{RETRY_CALLBACK}", "POST"),
    ]
    assert asks(here, "+8621555")[0] == ("https://elsewhere.example/", "POST"), "nobody else's number is touched"
    assert run(here, "sync").output == f"{NUMBER}: leads here already\n"
    assert "您好" in heard(here.caller())


def test_a_fallback_on_another_host_stays_or_is_set_by_get(here: World) -> None:
    run(here, "sync", "--yes", "--fallback", FILES)
    assert asks(here)[1] == (FILES, "GET")
    assert run(here, "sync").output == f"{NUMBER}: leads here already\n"
    assert run(here, "sync", "--fallback", "http://files.example/fallback.xml").exit_code == 2


def test_show_names_what_is_wrong_with_ours_and_no_others(here: World) -> None:
    url = here.parts.settings.public_url
    here.carrier.numbers[NUMBER] = replace(
        here.carrier.numbers[NUMBER], status_callback=Request(f"{url}/voice/status", "GET"), application="AP" + "1" * 32
    )
    here.carrier.number("+8621555", "https://elsewhere.example/")
    told = run(here, "show")
    assert f"WRONG: call status changes: should be {url}/voice/status{RETRY_CALLBACK} by POST" in told.output
    assert f"WRONG: AP{'1' * 32} takes its calls: take that away" in told.output
    assert "+8621555  (not ours)\n  a call comes in: https://elsewhere.example/ by POST" in told.output
    assert told.output.count("WRONG") == 2
    assert run(here, "sync", "--yes").exit_code == 1, "what an application takes does not come to us"


def test_a_number_that_the_account_lacks_is_told_with_those_that_it_has(here: World) -> None:
    here.carrier.numbers.clear()
    here.carrier.number("+8621555", "https://elsewhere.example/")
    for words in (["sync"], ["show"]):
        told = run(here, *words)
        assert told.exit_code == 1
        assert f"the account has no number {NUMBER}, which hotline.yaml names: it has +8621555" in told.output
    assert run(here, "sync", "+8613", "--yes").exit_code == 1
    assert run(here, "sync", "+8621555", "--yes").exit_code == 0
    assert asks(here, "+8621555")[0][0] == f"{here.parts.settings.public_url}/voice/incoming"


def test_whoever_cannot_be_asked_is_told_in_one_line(here: World) -> None:
    here.carrier.auth_token = "another"
    told = run(here, "sync", "--yes")
    assert told.exit_code == 1
    assert "numbers cannot be had: Twilio refuses TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN (401)" in told.output
    assert len(told.output.strip().splitlines()) == 1


@pytest.mark.parametrize("fallback", ["https://hotline.example/voice/fallback", "https://files.example/other"])
def test_only_a_file_on_another_host_may_stay_what_is_fallen_back_to(fallback: str) -> None:
    url = "https://hotline.example"
    good = (Ask(f"{url}/voice/incoming"), Ask(fallback, "GET"), Ask(f"{url}/voice/status{RETRY_CALLBACK}"))
    (change,) = changes(Number("PN1", NUMBER, good), url)
    assert change.after == Ask(f"{url}/voice/fallback", "POST")
