"""A flow of Twilio Studio becomes menus as far as our kinds reach; all the rest is told, each with its place."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr import folders, transcript
from ivr.editor.studio import NoFlowError, read
from ivr.editor.studio.prompts import by_language, cut
from ivr.editor.studio.ways import NODES, QUEUES
from ivr.factory import create_app
from ivr.flow.load import load
from ivr.flow.prove.proof import prove
from tests.pages import call, moment
from tests.small import small
from tests.world import OPEN, ROOT, ZONE, hotline_settings, world

FLOWS = Path(__file__).parent / "studio"
SAMPLES = sorted(FLOWS.glob("*.json"))
EMPTY = re.compile(r"^( *)([\w.-]+):$(?!\n\1 )", re.MULTILINE)
TOLD = {
    "set_1": "variables are not kept",
    "http_1": "nothing outside is asked during a call",
    "function_1": "nothing outside is asked during a call",
    "subflow_1": "import that flow, too",
    "record_1": "record: true in queues.yaml",
    "fork_1": "the sound is not sent elsewhere",
    "redirect_1": "calls are not handed to another application",
    "agent_1": "no virtual agent talks here",
    "new_1": "'quantum-widget' are not known",
    "hours_1": "goes by the hour (is_after_time 09:00)",
    "vip": "all go on to menu; no way leads to desk from here",
    "menu": "key 9 means 'again' everywhere here: what it led to has key 4",
    "key": "goes to boss if equal_to 77: here one key is one choice",
    "spoken": "no call comes here",
    "billing": "leads to survey upon callComplete",
    "pay": "no card is taken by keypad",
    "receipt_sms": "no text message is sent",
    "card": "takes a number of any length",
    "card_told": "translate 'Bonjour, votre carte.'",
    "address": "plays https://example.com/address.mp3",
    "boss": "no call comes here",
    "voicemail": "somebody listens to it",
    "sorry": "it says 'Sorry.'",
    "survey": "it says 'How was it?'",
    "desk": "no call comes here",
    "sms": "this hotline takes calls only",
    "outgoing": "the flow rings nobody",
}


def flow(name: str) -> str:
    """Return one of the flows that lie here as Studio saves them."""
    return (FLOWS / f"{name}.json").read_text("utf-8")


def completed(files: Mapping[str, str], **gaps: str) -> dict[str, str]:
    """Return menus with words written wherever they were left empty; `gaps` are what a place's words must mention."""
    done = dict(files)
    for name, text in files.items():
        words = "Words" if "/" in name else "词语"
        done[name] = EMPTY.sub(
            lambda empty, words=words: f"{empty[1]}{empty[2]}: {words}{gaps.get(empty[2], '')}", text
        )
    return done


@pytest.mark.parametrize(
    ("name", "gap"),
    [
        ("shop", ("repair_line.yaml", "say: 词语", "{repair_number:digits}")),
        ("courier", ("languages/en-US.yaml", "", "")),
    ],
)
def test_a_plain_flow_is_proven_once_its_words_are_complete(name: str, gap: tuple[str, str, str]) -> None:
    files, _ = read(flow(name), small())
    empty = {problem.words for problem in load(files)[1]}
    assert all("is empty" in words or "are missing" in words or "other facts" in words for words in empty)
    done = completed(files, **{"main.parcel_told.say": "{parcel:digits}"})
    file, words, mentioned = gap
    done[file] = done[file].replace(words, words + mentioned, 1)
    made, problems = load(done)
    assert made is not None, problems
    assert [trap.words for trap in prove(made, OPEN).traps] == []


def test_words_go_into_the_language_that_the_flow_says_them_in() -> None:
    english, chinese = (read(flow(name), small())[0] for name in ("shop", "courier"))
    assert "main.main_menu.choices.sales_line: For sales\n" in english["languages/en-US.yaml"]
    assert "sales_line.matter: Sales\n" in english["languages/en-US.yaml"]
    assert "'1':\n      for:\n      go: sales_line" in english["main.yaml"]
    assert "'1':\n      for: 查快件\n      go: parcel" in chinese["main.yaml"]
    assert "say: 您的运单号是{parcel:digits}，正在派送。" in chinese["main.yaml"]
    assert "main.main_menu.choices.parcel:\n" in chinese["languages/en-US.yaml"]
    assert "matter: 投诉" in chinese["complaints.yaml"]
    assert "start:\n  kind: say\n  say: 请稍候，正在为您转接投诉专员。\n  then: person" in chinese["complaints.yaml"]


def test_a_message_without_words_of_its_own_has_the_notice_of_the_house() -> None:
    files, _ = read(flow("courier"), small())
    notice = "message:\n  kind: voicemail\n  say: 请在提示音后留言，本次留言会被录音。\n  seconds: 90\n  then: bye\n"
    assert notice in files["main.yaml"]
    assert "main.message.say: Speak after the tone. Your message is recorded.\n" in files["languages/en-US.yaml"]


def test_of_the_house_all_but_its_matters_is_kept_and_what_is_cut_is_told() -> None:
    house = folders.menus(ROOT / "menus")
    files, left = read(flow("courier"), house)
    cut = [(one.line, one.words) for one in left if one.file == "person.yaml"]
    lines = house["person.yaml"].split("\n")
    assert [(lines[line - 1].strip(), words.split(",")[0]) for line, words in cut] == [
        ("3: {for: 自助服务, go: main.choose}", "key 3 of person.choice led to main.choose"),
        ("4: {for: 钱包被盗，二十四小时有人接听, go: stolen}", "key 4 of person.choice led to stolen"),
    ]
    assert not any(go in "".join(files.values()) for go in ("main.choose", "go: stolen", "choices.stolen"))
    assert "# After a talk, for whoever stays on the line." in files["person.yaml"]
    assert all(line in files["hours.yaml"] for line in house["hours.yaml"].split("\n"))
    assert not {"stolen.yaml", "topup.yaml"} & files.keys()


def test_a_call_through_an_imported_flow_goes_as_its_page(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    files = completed(read(flow("courier"), small())[0], **{"main.parcel_told.say": "{parcel:digits}"})
    for name, text in files.items():
        (tmp_path / "menus" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "menus" / name).write_text(text, "utf-8")
    page = FLOWS / "courier.txt"
    script, does = transcript.read(page.read_text("utf-8"), page.name)
    with world(tmp_path, moment(script, ZONE).at, menus=tmp_path / "menus") as here:
        went = call(here, script, does)
        assert here.wrong() == []
    if request.config.getoption("--update"):
        page.write_text(went, "utf-8")
    assert went == page.read_text("utf-8")


def test_everything_that_our_menus_have_not_is_told_with_its_line() -> None:
    text = flow("unlike")
    files, left = read(text, small())
    lines = text.split("\n")
    told = {name: [one.words for one in left if one.widget == name] for name in TOLD}
    assert all(any(TOLD[name] in words for words in told[name]) for name in TOLD), told
    assert all(f'"name": "{one.widget}"' in lines[one.line] for one in left if one.widget)
    made, problems = load(completed(files))
    assert made is not None, problems
    assert [trap.words for trap in prove(made, OPEN).traps] == []


@pytest.mark.parametrize("file", SAMPLES, ids=lambda file: file.stem)
def test_every_widget_is_carried_or_told(file: Path) -> None:
    files, left = read(file.read_text("utf-8"), small())
    texts, told = "".join(files.values()), {one.widget for one in left}
    for state in json.loads(file.read_text("utf-8"))["states"][1:]:
        name, said = state["name"], state["properties"].get("say")
        carried = f"\n{name}:" in files["main.yaml"] or f"{name}.yaml" in files or state["type"] == "split-based-on"
        assert carried or name in told or (said and said[:9] in texts), name


def test_a_flow_that_goes_round_is_told_by_the_check() -> None:
    made, problems = load(completed(read(flow("round"), small())[0]))
    assert made is None
    assert [problem.words for problem in problems] == [
        "this goes round for ever without asking the caller anything: main.first → main.second → main.first"
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "this is not JSON"),
        ("{", "this is not JSON"),
        ("[" * 100_000, "this is not JSON"),
        ('{"a": "\\ud800"}', "this is not JSON"),
        ("\ud800", "this is not JSON"),
        ("[1, 2]", "no flow of Twilio Studio (the whole:"),
        ('{"openapi": "3.1.0"}', "no flow of Twilio Studio (states:"),
        ('{"states": [{"name": "a"}], "initial_state": "a"}', "no flow of Twilio Studio (states.0.type:"),
        ('{"states": [], "initial_state": "a"}', "no flow of Twilio Studio (states:"),
        ('{"states": [{"name": "a", "type": "trigger"}], "initial_state": "b"}', "no widget is called 'b'"),
        ('{"states": [{"name": "a", "type": "trigger"}], "initial_state": "a"}', "no call comes in by this flow"),
        (
            '{"states": [{"name": "a", "type": "trigger"}, {"name": "a", "type": "say-play"}], "initial_state": "a"}',
            "two widgets are called 'a'",
        ),
    ],
)
def test_what_is_no_flow_is_refused_with_one_reason(text: str, words: str) -> None:
    with pytest.raises(NoFlowError, match=re.escape(words)):
        read(text, small())


def test_a_flow_as_the_rest_api_answers_it_is_read_alike() -> None:
    whole = json.dumps({"sid": "FW1", "definition": json.loads(flow("shop"))}, indent=2)
    (files, left), (plain, same) = read(whole, small()), read(flow("shop"), small())
    assert files == plain
    assert [(one.widget, one.line) for one in left if one.widget] == [
        (one.widget, one.line + 2) for one in same if one.widget
    ]


@pytest.mark.parametrize(
    ("said", "left", "keys"),
    [
        ("For sales, press 1. For help press two, or press 3 to wait.", "", ["For sales", "For help", "To wait"]),
        (
            "Hello. Press 1 for English, 2 for French or 3 to leave.",
            "Hello.",
            ["For English", "For French", "To leave"],
        ),
        ("您好，查余额请按1，转账请按2，人工请按三。", "您好", ["查余额", "转账", "人工"]),
        ("您好，请按1查余额，按2转账，按3找人工。", "您好", ["查余额", "转账", "找人工"]),
        ("For English press 1，中文请按2，留言请按3", "", ["For English", "中文", "留言"]),
    ],
)
def test_the_words_of_each_key_are_cut_from_the_prompt(said: str, left: str, keys: list[str]) -> None:
    assert cut(said) == (left, dict(zip("123", keys, strict=True)))


def test_sentences_in_two_languages_are_told_apart() -> None:
    said = by_language("欢迎致电。Welcome to us. 请打开 APP。", "en-GB", ["zh-CN", "en-US"])
    assert said == {"zh-CN": "欢迎致电。请打开 APP。", "en-US": "Welcome to us."}


def test_the_command_begins_a_draft_or_writes_a_folder_and_lists_all(tmp_path: Path) -> None:
    folders.write_menus(tmp_path / "menus", small())
    app = create_app(hotline_settings(tmp_path, 8000, "", tmp_path / "menus"), lambda: OPEN)
    shop, out = str(FLOWS / "shop.json"), tmp_path / "out"

    def run(*words: str) -> Result:
        return app.test_cli_runner().invoke(args=["menus", "import", *words])

    done = run(shop, "--into", str(out))
    assert done.exit_code == 0, done.output
    assert f"{shop}:191: sales_line: the queue 'sales' has the hours of 'general'" in done.output
    assert "\nmain.yaml:4: 'say' is empty: fill it in\n" in done.output
    assert folders.menus(out) == read(flow("shop"), small())[0]
    assert "draft 1 is terminal's: open /desk/menus/drafts/1" in run(shop).output
    (tmp_path / "bad.json").write_bytes(b"\xff\xfe{")
    for file, told in (("bad.json", "this is not UTF-8"), ("menus/main.yaml", "this is not JSON")):
        failed = run(str(tmp_path / file), "--into", str(tmp_path / "new"))
        assert failed.exit_code == 1
        assert told in failed.output
        assert not (tmp_path / "new").exists()
    app.extensions["hotline"].close()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
NAMES = st.sampled_from(["a", "b", "Main Menu", "person", "matter", "菜单", "1", "hours", "a.b", "x\ny", "__"])
TYPES = st.sampled_from(["trigger", "nothing", "run-function", "split-based-on", "connect-call-to", *NODES, *QUEUES])
EVENTS = ["incomingCall", "audioComplete", "keypress", "timeout", "match", "noMatch", "recordingComplete", "success"]
SAID = st.sampled_from(["", "Hi {{widgets.a.Digits}}", "Press 1 for {x}", "查询请按1，{% if %}转人工请按0", "\x00\x1b"])
CONDITIONS = st.lists(
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(["equal_to", "regex", "is_before_time"]),
            "value": st.sampled_from(["1", "0", "9", "*"]),
        }
    ),
    max_size=2,
)
STATES = st.lists(
    st.fixed_dictionaries(
        {
            "name": NAMES,
            "type": TYPES,
            "transitions": st.lists(
                st.fixed_dictionaries(
                    {"event": st.sampled_from(EVENTS), "next": NAMES | st.none(), "conditions": CONDITIONS}
                ),
                max_size=6,
            ),
            "properties": st.dictionaries(st.sampled_from(["play", "language", "loop", "queue_name"]), JSON)
            | st.fixed_dictionaries(
                {
                    "say": SAID,
                    "number_of_digits": st.sampled_from([None, 1, "6", 400]),
                    "input": NAMES.map("{{{{widgets.{}.Digits}}}}".format),
                }
            ),
        }
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda state: state["name"],
)


@settings(deadline=None)
@given(JSON)
def test_any_json_is_refused_in_words(data: Any) -> None:
    with pytest.raises(NoFlowError, match=r"JSON|no flow of Twilio Studio"):
        read(json.dumps(data), small())


@settings(deadline=None)
@given(STATES)
def test_any_flow_is_read_or_refused_and_what_is_read_can_be_checked(states: list[dict[str, Any]]) -> None:
    states[0] |= {"type": "trigger"}
    try:
        files, left = read(json.dumps({"states": states, "initial_state": states[0]["name"]}), small())
    except NoFlowError:
        return
    assert all(one.words and one.line for one in left)
    _, problems = load(files)
    assert not [problem for problem in problems if "not YAML" in problem.words or "known kinds" in problem.words]
