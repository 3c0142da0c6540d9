"""What the editor's island promises in a real browser: all by keyboard, two languages, nothing typed lost."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect
from ruamel.yaml import YAML

from ivr.carrier.rehearsal import served
from ivr.editor.edits import Set, apply
from tests.browser import caught, let_in, watched
from tests.desk_site import Clock, Site, desk_site
from tests.pages import until
from tests.test_desk_page import PAIRS, looked_at
from tests.world import free_port

CHOOSE = "main.choose"
ON_PURPOSE = "409|422|ERR_FAILED|ERR_INTERNET"
LONG_MS = 60_000  # A proof walks all states, on machines that test do other things, too.


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def site(tmp_path: Path, port: int) -> Iterator[Site]:
    """Return a site on which olga has draft 1."""
    made = desk_site(tmp_path, f"http://127.0.0.1:{port}", Clock())
    made.publishing.drafts.begin("olga", made.publishing.last().version, made.clock(), "Spring")
    with served(made.app, port):
        yield made
    made.close()


@pytest.fixture
def page(browser: Browser, port: int, site: Site) -> Iterator[Page]:
    """Return olga's page, at which nothing goes wrong."""
    with watched(browser, f"http://127.0.0.1:{port}", ON_PURPOSE) as shown:
        let_in(shown, "olga", site.hire("olga", "operations"))
        yield shown


def edited(site: Site, place: str, path: tuple[str, ...], value: str) -> None:
    """Change the draft as olga would in another tab."""
    drafts = site.publishing.drafts
    files = apply(drafts.files(1), Set(do="set", place=place, path=path, value=value))
    drafts.edit(1, drafts.draft(1).revision, files, "olga", site.clock(), "elsewhere")


def trapped(site: Site) -> None:
    """Have no first key lead to the theft line any more."""
    edited(site, CHOOSE, ("choices", "1", "go"), "contact")


def node(site: Site, place: str) -> dict[str, Any]:
    """Return a node of the draft as it is written."""
    file, name = place.split(".")
    found: dict[str, Any] = YAML().load(site.publishing.drafts.files(1)[f"{file}.yaml"])[name]
    return found


def opened(page: Page, place: str = CHOOSE, language: str = "en") -> None:
    """Open the editor at a place."""
    page.goto(f"/desk/menus/drafts/1?lang={language}#{place}")
    expect(page.locator(".box-here")).to_be_visible()


def box(page: Page, place: str) -> Locator:
    """Return a box of the picture."""
    return page.locator(f'.react-flow__node[data-id="{place}"]')


def saved(page: Page) -> None:
    """Wait until the page says that all is saved."""
    expect(page.locator(".saved")).to_have_text("All saved")


def words(site: Site, place: str) -> str:
    """Return what the English translation says."""
    return str(YAML().load(site.publishing.drafts.files(1)["languages/en-US.yaml"])[place])


def test_words_in_both_languages_and_a_key_are_changed_by_keyboard_alone(page: Page, site: Site) -> None:
    opened(page)
    page.keyboard.press("/")
    page.keyboard.type("main.money")
    page.keyboard.press("Enter")
    expect(page.locator(".box-here")).to_contain_text("Payments and money.")
    box(page, "main.money").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Says, 中文")).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("钱的事。")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Says, English")).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("Money.")
    page.keyboard.press("Control+S")
    saved(page)
    assert node(site, "main.money")["say"] == "钱的事。"
    assert words(site, "main.money.say") == "Money."
    page.get_by_label("Choice 1: Key").focus()
    page.keyboard.type("6")
    expect(page.get_by_label("Choice 6: Key")).to_be_visible()
    saved(page)
    assert list(node(site, "main.money")["choices"]) == [6, 2, 3, 4]  # in its place
    page.locator("h2").first.click()
    page.keyboard.press("Control+z")
    expect(page.get_by_label("Choice 1: Key")).to_be_visible()
    page.keyboard.press("Control+Shift+z")
    expect(page.get_by_label("Choice 6: Key")).to_be_visible()


def test_arrow_keys_walk_along_the_ways_and_matters_open_and_close(page: Page) -> None:
    opened(page, "main.start")
    box(page, "main.start").focus()
    page.keyboard.press("ArrowRight")
    expect(box(page, CHOOSE)).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(box(page, "main.english")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(box(page, "main.chinese")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(box(page, "file:stolen.yaml")).to_be_focused()
    page.keyboard.press("Enter")
    expect(box(page, "stolen.start")).to_be_focused()
    page.keyboard.press("Escape")
    expect(box(page, "file:stolen.yaml")).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Walk along the ways")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_change_that_somebody_overtook_is_kept_and_can_be_made_again(page: Page, site: Site) -> None:
    opened(page)
    edited(site, CHOOSE, ("help",), "别的帮助。")
    page.get_by_label("Says, English").fill("Choose, please.")
    page.keyboard.press("Control+S")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("olga")
    expect(page.get_by_label("Says, English")).to_have_value("Choose, please.")
    alert.get_by_role("button", name="Load the present state").click()
    expect(page.get_by_label("Help, when not understood, 中文")).to_have_value("别的帮助。")
    expect(page.get_by_role("region", name="Changes that were not saved").get_by_role("textbox")).to_have_value(
        re.compile("Choose, please.")
    )
    page.get_by_role("button", name="Make it again").click()
    saved(page)
    assert words(site, "main.choose.say") == "Choose, please."
    assert node(site, "main.choose")["help"] == "别的帮助。"


def test_what_was_typed_outlives_a_lost_connection(page: Page, site: Site) -> None:
    opened(page)

    def lost(route: Route) -> None:
        route.abort()

    caught(page, "**/edits", lost)
    page.get_by_label("Says, English").fill("Choose, please.")
    page.keyboard.press("Control+S")
    expect(page.get_by_role("alert")).to_contain_text("No connection")
    expect(page.locator(".saved")).to_have_text("Not saved")
    asked = []
    page.once("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.evaluate("window.location.reload()")
    until(lambda: page.evaluate("1") and asked)
    assert asked == ["beforeunload"]
    expect(page.get_by_label("Says, English")).to_have_value("Choose, please.")
    page.unroute("**/edits")
    page.get_by_role("button", name="Try again").click()
    saved(page)
    assert words(site, "main.choose.say") == "Choose, please."


def test_a_step_is_added_at_a_ways_end_renamed_and_removed(page: Page, site: Site) -> None:
    opened(page, "main.start")
    page.get_by_role("button", name="New step: Then").click()
    page.get_by_label("Name").fill("hello")
    page.keyboard.press("Enter")
    expect(page.locator(".form-of h2")).to_contain_text("main.hello")
    assert node(site, "main.start")["then"] == "hello"
    page.get_by_role("button", name="Rename").click()
    page.get_by_label("New place").fill("main.welcome")
    page.keyboard.press("Enter")
    expect(page.locator(".form-of h2")).to_contain_text("main.welcome")
    page.get_by_role("button", name="Remove").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(box(page, "main.welcome")).to_have_count(0)
    assert "\nwelcome:" not in site.publishing.drafts.files(1)["main.yaml"]


def test_the_file_is_edited_with_completion_and_marks(page: Page, site: Site) -> None:
    opened(page, "main.more")
    page.get_by_role("tab", name="YAML").click()
    text = page.locator(".cm-content")
    expect(page.locator(".cm-activeLine")).to_contain_text("more:")
    text.click()
    page.keyboard.press("Control+End")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+[")  # Enter went in as far as the line before.
    page.keyboard.type("extra:\n")
    page.keyboard.type("kind: ha")
    page.locator(".cm-tooltip-autocomplete li", has_text="hangup").click()
    page.keyboard.press("Control+S")
    saved(page)
    assert node(site, "main.extra")["kind"] == "hangup"
    expect(page.locator(".cm-lint-marker-error")).to_be_visible()
    page.get_by_role("tab", name="Problems").click()
    page.locator(".problems button").first.click()
    expect(page.locator(".form-of h2")).to_contain_text("main.extra")


def test_a_file_that_changed_while_it_was_typed_in_is_not_covered_unasked(page: Page, site: Site) -> None:
    opened(page, "main.more")
    page.get_by_role("tab", name="YAML").click()
    page.locator(".cm-content").click()
    page.keyboard.press("Control+Home")
    page.keyboard.type("# mine\n")
    page.get_by_role("tab", name="Form").click()
    page.get_by_label("Says, 中文").fill("还要什么？")
    page.keyboard.press("Tab")
    expect(page.locator(".unsent")).to_have_count(0)
    page.get_by_role("tab", name="YAML").click()
    expect(page.get_by_role("alert")).to_contain_text("has changed meanwhile")
    page.locator(".cm-content").click()
    page.keyboard.press("Control+S")
    assert node(site, "main.more")["say"] == "还要什么？"
    page.get_by_role("button", name="Save anyway").click()
    saved(page)
    assert site.publishing.drafts.files(1)["main.yaml"].startswith("# mine")


def test_a_trap_is_played_in_the_rehearsal_which_is_saved(page: Page, site: Site) -> None:
    trapped(site)
    opened(page)
    page.get_by_role("tab", name="Proof").click()
    page.get_by_role("button", name="Prove").click()
    trap = page.locator(".trap").first
    expect(trap).to_be_visible(timeout=LONG_MS)
    trap.get_by_role("button", name="Play it").click()
    lines = page.get_by_label("The call", exact=True).locator("li")
    expect(lines.filter(has_text="您好，数字钱包热线").first).to_be_visible()
    count = lines.count()
    page.get_by_role("group", name="Keypad").get_by_role("button", name=re.compile("^1")).click()
    expect(lines.filter(has_text="除了打电话").first).to_be_visible()
    page.get_by_role("button", name="One step back").click()
    expect(lines).to_have_count(count)
    page.get_by_label("Name of the page").fill("trapped")
    page.get_by_role("button", name="Save as page").click()
    expect(page.get_by_text("Saved; publishing will check it.")).to_be_visible()
    assert "trapped" in site.publishing.drafts.files(1)["rehearsals.yaml"]


def test_a_call_is_rehearsed_by_keypad(page: Page) -> None:
    opened(page)
    page.get_by_role("tab", name="Rehearse").click()
    page.get_by_label("Pretended moment").fill("2026-11-23T10:00")
    page.get_by_role("button", name="Begin").click()
    keypad = page.get_by_role("group", name="Keypad")
    keypad.get_by_role("button", name=re.compile("^1")).click()
    expect(page.locator(".line-said", has_text="别急，马上冻结。")).to_be_visible()
    expect(page.locator(".form-of, .box-here").first).to_contain_text("Stolen wallet")
    page.get_by_role("button", name="One step back").click()
    expect(page.locator(".line-said", has_text="别急，马上冻结。")).to_have_count(0)


def test_the_pretended_moment_is_on_the_hotlines_clock(browser: Browser, port: int, site: Site) -> None:
    with watched(browser, f"http://127.0.0.1:{port}", timezone_id="America/New_York") as page:
        let_in(page, "olga", site.hire("olga", "operations"))
        opened(page)
        page.get_by_role("tab", name="Rehearse").click()
        page.get_by_label("Pretended moment on the hotline's clock (Asia/Shanghai)").fill("2026-11-23T22:00")
        with page.expect_request("**/rehearse") as asked:
            page.get_by_role("button", name="Begin").click()
        assert asked.value.post_data_json["at"] == "2026-11-23T14:00:00.000Z"
        expect(page.get_by_label("Pretended moment")).to_have_value("2026-11-23T22:00")


def test_publishing_tells_the_differences_and_lets_the_draft_answer(page: Page, site: Site) -> None:
    edited(site, CHOOSE, ("help",), "按数字就行。")
    opened(page)
    page.get_by_role("button", name="Publish").click()
    sheet = page.get_by_role("dialog")
    expect(sheet).to_contain_text("按数字就行")
    expect(sheet.get_by_role("button", name="Publish")).to_be_disabled()
    sheet.get_by_label("Note").fill("shorter help")
    sheet.get_by_role("button", name="Publish").click()
    expect(sheet).to_contain_text("Published as version 2.", timeout=LONG_MS)
    assert site.publishing.last().version == 2


@pytest.mark.parametrize(("language", "size"), PAIRS)
def test_axe_finds_nothing_in_the_editor(page: Page, site: Site, language: str, size: str) -> None:
    trapped(site)
    seen = looked_at(page, language, size)
    page.emulate_media(reduced_motion="reduce")
    opened(page, language=language)
    seen("editor")
    for tab in ("yaml", "problems", "proof", "rehearse"):
        page.locator(f"#tab-{tab}").click()
        if tab == "proof":
            page.locator(".proof > .btn").click()
            expect(page.locator(".trap").first).to_be_visible(timeout=LONG_MS)
        if tab == "rehearse":
            page.locator(".setting .btn-primary").click()
            expect(page.locator(".keypad")).to_be_visible()
        seen(f"editor-{tab}")
    page.locator(".bar .btn-primary").click()
    expect(page.locator(".differences li").first).to_be_visible()
    seen("editor-publish")
    page.keyboard.press("Escape")
    edited(site, CHOOSE, ("help",), "别的帮助。")
    page.locator("#tab-form").click()
    page.locator(".words textarea").first.fill("?")
    page.keyboard.press("Control+S")
    expect(page.get_by_role("alert")).to_be_visible()
    seen("editor-stale")
