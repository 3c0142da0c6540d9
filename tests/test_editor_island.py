"""What the editor's island promises in a real browser: all by keyboard, two languages, nothing typed lost."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, Route, expect

from ivr.carrier.rehearsal import served
from ivr.folders import menus
from tests.browser import launched
from tests.editor_draft import Draft, parsed
from tests.editor_site import editor_site
from tests.test_desk_page import PAIRS, looked_at
from tests.world import ROOT, free_port

HERE = "/desk/menus/drafts/7"
CHOOSE = "main.choose"
TRAP = {
    "place": CHOOSE,
    "words": "没有人接听也没有留言 · cut off",
    "told": "silent caller, after hours: 1, silence, silence",
    "at": "2026-11-22T01:59:00+00:00",
    "caller": "",
    "inputs": [{"input": {"is": "Pressed", "keys": "1"}, "at": "2026-11-22T02:00:00+00:00"}],
}


def kept(draft: Draft) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return what keeps a rehearsal in a file of the draft."""

    def keep(told: dict[str, Any]) -> dict[str, Any]:
        draft.change({**draft.files, "rehearsals.yaml": f"{told['name']}: {{}}\n"})
        return draft.state()

    return keep


def rehearsed(told: dict[str, Any]) -> dict[str, Any]:
    """Return a page of a call that goes as far as there are inputs."""
    said = [{"mark": "<", "words": "您好，欢迎致电。", "place": "main.start", "language": "zh-CN"}]
    keyed = [
        {"mark": ">", "words": one["input"].get("keys", "…"), "place": "", "language": ""} for one in told["inputs"]
    ]
    offers = [
        {"label": {"zh": "钱包被盗", "en": "Stolen wallet"}, "input": {"is": "Pressed", "keys": "1"}, "sort": "key"},
        {"label": {"zh": "没有按键", "en": "Silence"}, "input": {"is": "Silence"}, "sort": "time"},
        {"label": {"zh": "挂断", "en": "Hang up"}, "input": {"is": "HungUp"}, "sort": "outside"},
    ]
    over = told["inputs"] and told["inputs"][-1]["input"]["is"] == "HungUp"
    return {"lines": said + keyed, "ended": "caller" if over else "", "place": CHOOSE, "offers": offers}


@pytest.fixture(scope="module")
def browser(player: Playwright) -> Iterator[Browser]:
    with launched(player) as one:
        yield one


@pytest.fixture
def draft() -> Draft:
    return Draft(dict(menus(ROOT / "menus")))


@pytest.fixture
def answers(draft: Draft) -> dict[str, Any]:
    """Return what proof, rehearsal and the like answer here; a test may change it."""
    proof = {"holds": False, "problems": [], "traps": [TRAP], "figures": {"states": 1234}, "seconds": 0.4}
    lines = {"lines": [{"place": CHOOSE, "words": "key 3 now leads to merchant"}]}
    return {
        "proof": proof,
        "rehearse": rehearsed,
        "rehearsals": kept(draft),
        "differences": lines,
        "publish": {"version": 2},
    }


@pytest.fixture
def page(browser: Browser, draft: Draft, answers: dict[str, Any]) -> Iterator[Page]:
    """Return a page at which nothing goes wrong."""
    port = free_port()
    with served(editor_site(draft, answers), port), browser.new_context(base_url=f"http://127.0.0.1:{port}") as context:
        shown = context.new_page()
        wrong: list[str] = []
        shown.on("pageerror", lambda error: wrong.append(str(error)))
        shown.on("console", lambda line: wrong.append(line.text) if unexpected(line.type, line.text) else None)
        yield shown
        assert wrong == []


def unexpected(sort: str, text: str) -> bool:
    """Tell whether a line of the console speaks of a fault that is not tried on purpose."""
    return sort == "error" and not re.search("409|422|404|ERR_FAILED|ERR_INTERNET", text)


def opened(page: Page, place: str = CHOOSE, language: str = "en") -> None:
    """Open the editor at a place."""
    page.goto(f"{HERE}?lang={language}#{place}")
    expect(page.locator(".box-here")).to_be_visible()


def box(page: Page, place: str) -> Any:
    """Return a box of the picture."""
    return page.locator(f'.react-flow__node[data-id="{place}"]')


def saved(page: Page) -> None:
    """Wait until the page says that all is saved."""
    expect(page.locator(".saved")).to_have_text("All saved")


def words(draft: Draft, language: str, place: str) -> str:
    """Return what a translation says."""
    return str(parsed(draft.files[f"languages/{language}.yaml"])[place])


def test_words_in_both_languages_and_a_key_are_changed_by_keyboard_alone(page: Page, draft: Draft) -> None:
    opened(page)
    page.keyboard.press("/")
    page.keyboard.type("main.money")
    page.keyboard.press("Enter")
    expect(page.locator(".box-here")).to_contain_text("支付和资金")
    box(page, "main.money").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("say, 中文")).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("钱的事。")
    page.keyboard.press("Tab")
    expect(page.get_by_label("say, English")).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("Money.")
    page.keyboard.press("Control+S")
    saved(page)
    assert parsed(draft.files["main.yaml"])["money"]["say"] == "钱的事。"
    assert words(draft, "en-US", "main.money.say") == "Money."
    page.get_by_label("Choice 1: Key").focus()
    page.keyboard.type("6")
    expect(page.get_by_label("Choice 6: Key")).to_be_visible()
    saved(page)
    assert list(parsed(draft.files["main.yaml"])["money"]["choices"]) == [2, 3, 4, 6]
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


def test_a_change_that_somebody_overtook_is_kept_and_can_be_made_again(page: Page, draft: Draft) -> None:
    opened(page)
    draft.change(draft.edited([{"do": "set", "place": CHOOSE, "path": ["help"], "value": "别的帮助。"}]), by="bob")
    page.get_by_label("say, English").fill("Choose, please.")
    page.keyboard.press("Control+S")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("bob")
    expect(page.get_by_label("say, English")).to_have_value("Choose, please.")
    alert.get_by_role("button", name="Load the present state").click()
    expect(page.get_by_label("help, 中文")).to_have_value("别的帮助。")
    expect(page.get_by_role("region", name="Changes that were not saved").get_by_role("textbox")).to_have_value(
        re.compile("Choose, please.")
    )
    page.get_by_role("button", name="Make it again").click()
    saved(page)
    assert words(draft, "en-US", "main.choose.say") == "Choose, please."
    assert parsed(draft.files["main.yaml"])["choose"]["help"] == "别的帮助。"


def test_what_was_typed_outlives_a_lost_connection(page: Page, draft: Draft) -> None:
    opened(page)

    def lost(route: Route) -> None:
        route.abort()

    page.route("**/edits", lost)
    page.get_by_label("say, English").fill("Choose, please.")
    page.keyboard.press("Control+S")
    expect(page.get_by_role("alert")).to_contain_text("No connection")
    expect(page.locator(".saved")).to_have_text("Not saved")
    asked = []
    page.once("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.evaluate("window.location.reload()")
    expect(page.get_by_label("say, English")).to_have_value("Choose, please.")
    assert asked == ["beforeunload"]
    page.unroute("**/edits")
    page.get_by_role("button", name="Try again").click()
    saved(page)
    assert words(draft, "en-US", "main.choose.say") == "Choose, please."


def test_a_step_is_added_at_a_ways_end_renamed_and_removed(page: Page, draft: Draft) -> None:
    opened(page, "main.start")
    page.get_by_role("button", name="New step: then").click()
    page.get_by_label("Name").fill("hello")
    page.keyboard.press("Enter")
    expect(page.locator(".form-of h2")).to_contain_text("main.hello")
    assert parsed(draft.files["main.yaml"])["start"]["then"] == "hello"
    page.get_by_role("button", name="Rename").click()
    page.get_by_label("New place").fill("main.welcome")
    page.keyboard.press("Enter")
    expect(page.locator(".form-of h2")).to_contain_text("main.welcome")
    page.get_by_role("button", name="Remove").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(box(page, "main.welcome")).to_have_count(0)
    assert "welcome" not in parsed(draft.files["main.yaml"])


def test_the_file_is_edited_with_completion_and_marks(page: Page, draft: Draft) -> None:
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
    assert parsed(draft.files["main.yaml"])["extra"]["kind"] == "hangup"
    expect(page.locator(".cm-lint-marker-error")).to_be_visible()
    page.get_by_role("tab", name="Problems").click()
    page.locator(".problems button").first.click()
    expect(page.locator(".form-of h2")).to_contain_text("main.extra")


def test_a_file_that_changed_while_it_was_typed_in_is_not_covered_unasked(page: Page, draft: Draft) -> None:
    opened(page, "main.more")
    page.get_by_role("tab", name="YAML").click()
    page.locator(".cm-content").click()
    page.keyboard.press("Control+Home")
    page.keyboard.type("# mine\n")
    page.get_by_role("tab", name="Form").click()
    page.get_by_label("say, 中文").fill("还要什么？")
    page.keyboard.press("Tab")
    expect(page.locator(".unsent")).to_have_count(0)
    page.get_by_role("tab", name="YAML").click()
    expect(page.get_by_role("alert")).to_contain_text("has changed meanwhile")
    page.locator(".cm-content").click()
    page.keyboard.press("Control+S")
    assert parsed(draft.files["main.yaml"])["more"]["say"] == "还要什么？"
    page.get_by_role("button", name="Save anyway").click()
    saved(page)
    assert draft.files["main.yaml"].startswith("# mine")


def test_a_trap_is_played_in_the_rehearsal_which_is_saved(page: Page, draft: Draft) -> None:
    opened(page)
    page.get_by_role("tab", name="Proof").click()
    page.get_by_role("button", name="Prove").click()
    expect(page.locator(".trap")).to_contain_text("silent caller")
    page.get_by_role("button", name="Play it").click()
    lines = page.get_by_label("The call", exact=True)
    expect(lines.locator("li")).to_have_text(["您好，欢迎致电。", "1"])
    page.get_by_role("group", name="Keypad").get_by_role("button", name="1 Stolen").click()
    expect(lines.locator("li")).to_have_count(3)
    page.get_by_role("button", name="One step back").click()
    expect(lines.locator("li")).to_have_count(2)
    page.get_by_label("Name of the page").fill("silent")
    page.get_by_role("button", name="Save as page").click()
    expect(page.get_by_text("Saved; publishing will check it.")).to_be_visible()
    assert "silent" in draft.files["rehearsals.yaml"]
    page.get_by_role("button", name="Hang up").click()
    expect(page.get_by_text("The call is over: caller")).to_be_visible()


def test_publishing_tells_the_differences_and_what_the_gate_says(page: Page, answers: dict[str, Any]) -> None:
    opened(page)
    page.get_by_role("button", name="Publish").click()
    sheet = page.get_by_role("dialog")
    expect(sheet).to_contain_text("key 3 now leads to merchant")
    expect(sheet.get_by_role("button", name="Publish")).to_be_disabled()
    sheet.get_by_label("Note").fill("new key")
    sheet.get_by_role("button", name="Publish").click()
    expect(sheet).to_contain_text("Published as version 2.")


@pytest.mark.parametrize(("language", "size"), PAIRS)
def test_axe_finds_nothing_in_the_editor(page: Page, draft: Draft, language: str, size: str) -> None:
    seen = looked_at(page, language, size)
    page.emulate_media(reduced_motion="reduce")
    opened(page, language=language)
    seen("editor")
    for tab in ("yaml", "problems", "proof", "rehearse"):
        page.locator(f"#tab-{tab}").click()
        if tab == "proof":
            page.locator(".proof > .btn").click()
            expect(page.locator(".trap")).to_be_visible()
        if tab == "rehearse":
            page.locator(".setting .btn-primary").click()
            expect(page.locator(".keypad")).to_be_visible()
        seen(f"editor-{tab}")
    page.locator(".bar .btn-primary").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    seen("editor-publish")
    page.keyboard.press("Escape")
    draft.change({**draft.files}, by="bob")
    page.locator("#tab-form").click()
    page.locator(".words textarea").first.fill("bob?")
    page.keyboard.press("Control+S")
    expect(page.get_by_role("alert")).to_be_visible()
    seen("editor-stale")
