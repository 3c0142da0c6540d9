"""The card, the page of a call and the wallboard with a wallet's answers, in a real browser, for everybody to read."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ivr.carrier.rehearsal import served
from ivr.console.texts import TEXTS
from tests.browser import at_the_desk, let_in
from tests.desk_site import Clock, Site
from tests.test_desk_page import PAIRS, host, looked_at, page, port, stands
from tests.wallet_site import ACCOUNT, CODE, PIN, TO_FREEZE, TO_REASON, WRONG_PIN, Teller, called, hire, wallet_site

__all__ = ["host", "page", "port"]

OTHER = "+8613900009876"


@pytest.fixture
def site(tmp_path: Path, port: int, host: str) -> Iterator[Site]:
    made = wallet_site(tmp_path, f"http://{host}:{port}", Clock(), Teller())
    with served(made.app, port):
        yield made
    made.close()


@pytest.mark.parametrize(("language", "size"), PAIRS)
def test_axe_finds_nothing_where_callers_are_proven_refused_and_under_attack(
    site: Site, page: Page, language: str, size: str
) -> None:
    seen, texts = looked_at(page, language, size), TEXTS[language]
    page.emulate_media(reduced_motion="reduce")
    assert isinstance(site.clock, Clock)
    called(site, "1", ACCOUNT, "1", WRONG_PIN, WRONG_PIN, ACCOUNT, "1", WRONG_PIN, caller=OTHER)
    site.clock.on(minutes=4)
    attacked = called(site, *TO_FREEZE, WRONG_PIN, "12", CODE)
    site.clock.on(seconds=35)
    let_in(page, "sam", hire(site, "sam", "supervisor", "agent"), language)
    page.goto("/desk/wallboard")
    expect(page.locator("[data-alarm]").first).to_be_visible()
    seen("wallet-wallboard")
    page.goto("/desk/wallboard?full=1")
    seen("wallet-wallboard-full")
    page.goto("/desk")
    at_the_desk(page)
    page.keyboard.press("a")
    stands(page, texts["state_ringing"])
    expect(page.locator("#caller .mark").first).to_be_visible()
    seen("wallet-ringing")
    page.keyboard.press("1")
    stands(page, texts["state_talking"])
    seen("wallet-attacked")
    page.keyboard.press("s")
    expect(page.locator("#caller .back")).not_to_contain_text("••••")
    site.hotline.hang_up(attacked)
    page.goto(f"/desk/calls/{attacked}")
    seen("wallet-call")
    for name, keys in {"refused": ("0",), "proven": (*TO_REASON, WRONG_PIN, PIN)}.items():
        call_id = called(site, *keys)
        page.goto(f"/desk/calls/{call_id}")
        seen(f"wallet-call-{name}")


@pytest.mark.parametrize(("language", "size"), PAIRS)
def test_axe_finds_nothing_in_the_card_of_a_caller_who_was_refused_or_told_why(
    site: Site, page: Page, language: str, size: str
) -> None:
    seen, texts = looked_at(page, language, size), TEXTS[language]
    page.emulate_media(reduced_motion="reduce")
    let_in(page, "alice", hire(site), language)
    at_the_desk(page)
    page.keyboard.press("a")
    stands(page, texts["state_available"])
    for name, keys in {
        "why": (*TO_REASON, WRONG_PIN, PIN),
        "refused": (*TO_REASON, WRONG_PIN, WRONG_PIN, ACCOUNT, "1", WRONG_PIN),
    }.items():
        call_id = called(site, *keys)
        site.ring()
        stands(page, texts["state_ringing"])
        page.keyboard.press("1")
        stands(page, texts["state_talking"])
        seen(f"wallet-card-{name}")
        page.keyboard.type("hh")
        stands(page, texts["state_wrapping"])
        site.hotline.hang_up(call_id)
        page.keyboard.press("1")
        page.keyboard.press("Control+Enter")
        stands(page, texts["state_available"])
