"""What is different between menus is told in words, and nothing is left out."""

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ivr import folders
from ivr.editor import marks
from ivr.editor.change import read
from ivr.editor.differences import differences
from tests.small import small
from tests.test_edits import AWKWARD, TEXTS, done

MENUS = folders.menus(Path(__file__).parents[1] / "menus")


def told(new: Mapping[str, str], language: str = "en", old: Mapping[str, str] = MENUS) -> list[tuple[str, str]]:
    """Return (place, words) of all differences from the shipped menus."""
    return [(one.place, one.words) for one in differences(old, new, language)]


def replaced(file: str, before: str, after: str) -> dict[str, str]:
    """Return the shipped menus with one text changed."""
    assert before in MENUS[file]
    return {**MENUS, file: MENUS[file].replace(before, after, 1)}


def test_a_key_that_leads_elsewhere_is_told_with_both_ends_in_both_languages() -> None:
    made = done(MENUS, do="set", place="main.choose", path=["choices", "3", "go"], value="withdrawal")
    old, new = "账户冻结、密码和更改资料 (main.account)", "提现失败 (withdrawal.start)"
    assert told(made, "zh")[0] == ("main.choose", f"按 3 现在通往 {new}，原来通往 {old}")
    old, new = "Frozen account, passwor… (main.account)", "Withdrawal failed (withdrawal.start)"
    assert told(made)[0] == ("main.choose", f"key 3 now leads to {new}, before: {old}")


def test_keys_added_taken_away_renumbered_and_put_in_another_order() -> None:
    made = done(MENUS, do="choice", place="main.account", key="3", to_key="5")
    made = done(made, do="choice", place="main.account", key="1", to_key=None)
    made = done(made, do="choice", place="main.account", key="6", go="person", words={"zh-CN": "人工", "en-US": "P"})
    words = [words for _, words in told(made)]
    assert words[:2] == [
        "key 1 is gone: “账户冻结”, led to Account frozen (frozen.start)",
        "“更改手机号或其他资料” is now key 5, before: 3",
    ]
    assert words[2].startswith("key 6 is new: “人工”, leads to ")
    lines = "    8: {for: 英语, go: english}\n", "    7: {for: 中文, go: chinese}\n"
    turned = replaced("main.yaml", "".join(lines), "".join(reversed(lines)))
    order = "Choices: the order is now 7, 8, 1, 2, 3, 4, 5, before: 8, 7, 1, 2, 3, 4, 5"
    assert told(turned) == [("main.choose", order)]


def test_words_are_told_as_they_were_and_are_in_every_language() -> None:
    made = done(MENUS, do="words", language="zh-CN", place="main.more.say", value="还有事吗？")
    made = done(made, do="words", language="en-US", place="main.more.say", value="Anything else, please?")
    assert told(made, "zh") == [
        ("main.more", "普通话（播报）：原来说“还有什么可以帮您？”，现在说“还有事吗？”"),
        (
            "main.more",
            "英语（播报）：原来说“Is there anything else we can help with?”，现在说“Anything else, please?”",
        ),
    ]


def test_a_new_name_is_recognised_and_all_that_leads_there_is_no_difference() -> None:
    made = done(MENUS, do="move", place="main.money", to="main.cash")
    assert told(made, "zh") == [("main.cash", "支付、充值、提现和退款 (main.money) 改名为 main.cash")]
    carried = told(done(MENUS, do="move", place="person.survey", to="after.survey"))
    assert [place for place, _ in carried] == ["after.survey"]


def test_nodes_that_are_new_or_gone_are_told_by_their_names() -> None:
    made = done(MENUS, do="add", place="main.vip", kind="hangup", words={"say": {"zh-CN": "您好", "en-US": "Hi"}})
    assert told(made) == [("main.vip", "Hi (main.vip) is new (Goodbye)"), ("main.vip", "Says in English: says “Hi”")]
    gone = told(done(MENUS, do="remove", place="main.money"))
    assert ("main.money", "Payments, top-ups, with… (main.money) is gone, and its translations with it") in gone


def test_queues_hours_and_settings() -> None:
    made = done(MENUS, do="set", place="queues.fraud", path=["limit"], value=100)
    assert told(made) == [("queues.fraud", "queue fraud holds 100 instead of 200")]
    friday = 'general: {monday-thursday: "09:00-18:00", friday: "09:00-12:00"}'
    made = replaced("hours.yaml", 'general: {monday-friday: "09:00-18:00"}', friday)
    assert told(made) == [("hours.general", "hours of general on Friday: 09:00-12:00, before: 09:00-18:00")]
    assert told(made, "zh") == [("hours.general", "general 周五的时间：09:00-12:00，原来 09:00-18:00")]
    assert told(replaced("hotline.yaml", "misses: 3", "misses: 2")) == [("hotline.limits", "Misses is 2 instead of 3")]
    assert told(replaced("stolen.yaml", "queue: fraud", "queue: general")) == [
        ("stolen", "Queue is general instead of fraud")
    ]


def test_only_comments_only_spelling_and_broken_files_are_said_to_be_that() -> None:
    assert told(replaced("main.yaml", "# The greeting", "# A greeting")) == [
        ("", "in main.yaml only comments or the layout changed")
    ]
    assert told(replaced("main.yaml", "go: stolen}", "go: stolen.start}"))[0][1].startswith("in main.yaml names follow")
    assert told(replaced("main.yaml", "go: stolen}", "go: [}")) == [
        ("", "in main.yaml this line is gone:     1: {for: 钱包被盗、可疑交易, go: stolen}"),
        ("", "in main.yaml this line is new:     1: {for: 钱包被盗、可疑交易, go: [}"),
    ]
    assert told({**MENUS, "notes.yaml": "# nothing yet\n"}) == [("", "the file notes.yaml is new")]


def test_the_same_menus_have_no_differences() -> None:
    assert told(MENUS) == []


@pytest.mark.parametrize("seed", range(40))
def test_whatever_is_changed_is_told(seed: int) -> None:
    chance, files = random.Random(seed), MENUS if seed % 2 else dict(small())
    made: dict[str, str] = dict(files)
    for _ in range(chance.randrange(1, 4)):
        made = some_edit(chance, made)
    for language in ("zh", "en"):
        found = differences(files, made, language)
        explained = {file for one in found for file in one.files}
        assert {file for file in files.keys() | made.keys() if files.get(file) != made.get(file)} <= explained
        assert all(one.words for one in found)


def some_edit(chance: random.Random, files: dict[str, str]) -> dict[str, str]:
    """Return the files with an edit of any sort, or with a line taken out."""
    places = sorted(marks.nodes({name: read(name, text) for name, text in files.items()}))
    place, value = chance.choice(places), chance.choice(AWKWARD).replace("\n", " ")
    options: list[dict[str, Any]] = [
        {"do": "remove", "place": place},
        {"do": "move", "place": place, "to": f"{place}_{chance.randrange(99)}"},
        {"do": "set", "place": place, "path": ["kind"], "value": "say"},
        {"do": "set", "place": place, "path": ["odd"], "value": {"a": [1, value]}},
        {"do": "add", "place": f"main.new_{chance.randrange(99)}", "kind": "hangup"},
    ]
    name, path = chance.choice(TEXTS)
    if name in files and files[name] == MENUS[name]:
        options.append({"do": "set", "place": marks.stem(name), "path": path, "value": value})
    return done(files, **chance.choice(options))
