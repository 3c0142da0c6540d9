"""Menus are refused with every problem at once, each with file, line and plain words."""

import random

import pytest

from ivr.flow.load import load
from tests.small import ENGLISH, FROZEN, HOTLINE, MAIN, PERSON, QUEUES, small

ENGLISH_FILE = small()["languages/en-US.yaml"]
CUT_OFF = "choices: {1: {for: 留言, go: message}}, missed: goodbye"
ROUND = "a: {kind: say, say: 一, then: b}\nb: {kind: hours, open: a, closed: person}\n"


def problems(**changed: str) -> list[str]:
    flow, found = load(small(**changed))
    assert (flow is None) == bool(found)
    return [str(problem) for problem in found]


def test_good_menus_have_no_problem() -> None:
    assert problems() == []


BAD = {
    "a key told twice": (
        {"main": MAIN + "english: {kind: language, to: en-US, then: start}\n"},
        "main.yaml:9",
        "twice",
    ),
    "a menu's key twice": ({"main": MAIN.replace("    8:", "    1:")}, "main.yaml:7", "'1' stands here twice"),
    "an unknown field": ({"main": MAIN.replace("  say:", "  sya:")}, "main.yaml:3", "did you mean 'say'?"),
    "a missing field": ({"main": MAIN.replace("  say: 您好。\n", "")}, "main.yaml:1", "'say' is missing"),
    "an unknown kind": ({"main": MAIN.replace("kind: menu", "kind: meun")}, "main.yaml:2", "known kinds are agent"),
    "no kind": ({"main": MAIN.replace("  kind: menu\n", "")}, "main.yaml:1", "known kinds are"),
    "a missing target": ({"main": MAIN.replace("go: frozen", "go: frosen")}, "main.yaml:6", "'frosen' leads nowhere"),
    "a missing start": ({"hotline": HOTLINE.replace("start: main", "start: mein")}, "hotline.yaml:6", "leads nowhere"),
    "a global key": ({"main": MAIN.replace("    1:", "    9:")}, "main.yaml:6", "key 9 means 'again' everywhere"),
    "no such key": ({"main": MAIN.replace("    1:", "    12:")}, "main.yaml:6", "'12' cannot stand here: a key"),
    "two keys, one way": (
        {"main": MAIN.replace("    8:", "    2: {for: 冻, go: frozen}\n    8:")},
        "main.yaml:7",
        "two keys",
    ),
    "an anchor": ({"main": MAIN.replace("say: 您好。", "say: &hello 您好。")}, "main.yaml:3", "anchor"),
    "a tab": ({"main": MAIN.replace("  say:", "\tsay:")}, "main.yaml:3", "tab"),
    "no YAML": ({"main": MAIN + "x: [1\n"}, "main.yaml", "not YAML"),
    "an unreachable node": (
        {
            "person": PERSON + "lost: {kind: hangup, say: 再见。}\n",
            "languages/en-US": small()["languages/en-US.yaml"] + "person.lost.say: Bye.\n",
        },
        "person.yaml:38",
        "nothing leads to person.lost",
    ),
    "a missing translation": (
        {"languages/en-US": small()["languages/en-US.yaml"].replace("main.start.say", "#")},
        "languages/en-US.yaml:",
        "main.start.say are missing",
    ),
    "a translation of nothing": (
        {"languages/en-US": small()["languages/en-US.yaml"] + "main.end.say: Bye.\n"},
        f"languages/en-US.yaml:{len(ENGLISH) + 1}",
        "remove it",
    ),
    "a gap that nothing fills": (
        {"frozen": FROZEN.replace("{account:digits}", "{order:digits}")},
        "frozen.yaml:12",
        "nothing tells 'order'",
    ),
    "a gap of no format": (
        {"frozen": FROZEN.replace("{account:digits}", "{account}")},
        "frozen.yaml:12",
        "not understood",
    ),
    "a number spoken as a date": (
        {"frozen": FROZEN.replace("{account:digits}", "{account:date}")},
        "frozen.yaml:12",
        "{account:date} cannot be spoken so: write {account:digits}",
    ),
    "a moment spoken as a number, in a translation": (
        {"languages/en-US": ENGLISH_FILE.replace("We open {opening:moment}", "We open {opening:number}")},
        "languages/en-US.yaml:",
        "{opening:number} cannot be spoken so: write {opening:moment}",
    ),
    "an amount that was keyed, read back as a date": (
        {"hotline": HOTLINE.replace("{keyed:amount}", "{keyed:date}")},
        "hotline.yaml:",
        "{keyed:date} cannot be spoken so: write {keyed:amount}",
    ),
    "a lone brace": (
        {"frozen": FROZEN.replace("{account:digits}", "{account:digits")},
        "frozen.yaml:12",
        "single { or }",
    ),
    "an unknown queue": (
        {"frozen": FROZEN.replace("queue: accounts", "queue: acounts")},
        "frozen.yaml:2",
        "no queue 'acounts'",
    ),
    "a router without a workflow": (
        {"queues": QUEUES.replace("{name: 账户,", "{name: 账户, router: taskrouter,")},
        "queues.yaml:2",
        "goes with a workflow",
    ),
    "a workflow that is none": (
        {"queues": QUEUES.replace("{name: 账户,", "{name: 账户, router: taskrouter, workflow: WW12,")},
        "queues.yaml:2",
        "'workflow' is 'WW12'",
    ),
    "a queue's name untranslated": (
        {"languages/en-US": small()["languages/en-US.yaml"].replace("queues.general.name", "#")},
        "languages/en-US.yaml:",
        "queues.general.name are missing",
    ),
    "a call back that leads nowhere": (
        {"person": PERSON.replace('打给您。"\n  then: goodbye', '打给您。"\n  then: goodby')},
        "person.yaml:",
        "'goodby' leads nowhere",
    ),
    "a survey that leads nowhere": (
        {"person": PERSON.replace("讲，会被录音。, then: goodbye}", "讲，会被录音。, then: goodby}")},
        "person.yaml:",
        "'goodby' leads nowhere",
    ),
    "a way out of the line that leads nowhere": (
        {"person": PERSON.replace("  callback: callback", "  callback: calback")},
        "person.yaml:",
        "'calback' leads nowhere",
    ),
    "nothing after the talk": (
        {"person": PERSON.replace("  then: survey\n", "")},
        "person.yaml:",
        "what comes after the talk?",
    ),
    "a score that means a person": (
        {"hotline": HOTLINE.replace('person: "0"', 'person: "5"')},
        "person.yaml:",
        "but is a score here",
    ),
    "a prefix that is none": (
        {"hotline": HOTLINE.replace("phrases:\n", 'callbacks: {prefixes: ["86"]}\nphrases:\n')},
        "hotline.yaml:",
        "'prefixes' is '86': write how numbers begin",
    ),
    "a queue without hours": ({"queues": QUEUES + "late: {name: 晚}\n"}, "hours.yaml:1", "'late' has no hours"),
    "a number too short": ({"frozen": FROZEN.replace('"10"', '"1"')}, "frozen.yaml:8", "at least 2 digits"),
    "a number without length": ({"frozen": FROZEN.replace('  digits: "10"\n', "")}, "frozen.yaml:3", "how many digits"),
    "a language unknown": ({"main": MAIN.replace("to: en-US", "to: fr-FR")}, "main.yaml:8", "no language 'fr-FR'"),
    "a speechless language": ({"hotline": HOTLINE.replace("en-US:", "fr-FR:")}, "hotline.yaml:4", "cannot be spoken"),
    "a zone that is none": (
        {"hotline": HOTLINE.replace("Asia/Shanghai", "Asia/Peking")},
        "hotline.yaml:3",
        "time zone",
    ),
    "words too long": ({"main": MAIN.replace("您好。", "您" * 501)}, "main.yaml:3", "501 characters"),
    "an empty file": ({"main": ""}, "hotline.yaml:6", "'main' leads nowhere"),
    "a node named as a file": ({"main": MAIN.replace("english", "person")}, "main.yaml:8", "like the file person.yaml"),
    "a node that is none": ({"main": MAIN + "x: 5\n"}, "main.yaml:9", "is no node"),
    "words left empty": ({"main": MAIN.replace("say: 您好。", "say:")}, "main.yaml:3", "is empty"),
    "a choice left empty": (
        {"main": MAIN.replace("1: {for: 账户冻结, go: frozen}", "1:")},
        "main.yaml:6",
        "'1' is empty",
    ),
    "a choice that is text": (
        {"main": MAIN.replace("1: {for: 账户冻结, go: frozen}", "1: frozen")},
        "main.yaml:6",
        "fields of its own",
    ),
    "a number too small": ({"queues": QUEUES.replace("limit: 2", "limit: 0")}, "queues.yaml:2", "at least 1"),
    "a part of a hundred too large": (
        {"queues": QUEUES.replace("limit: 2", "service_percent: 101")},
        "queues.yaml:2",
        "at most 100",
    ),
    "a target without a number": (
        {"queues": QUEUES.replace("limit: 2", "service_seconds: soon")},
        "queues.yaml:2",
        "service_seconds",
    ),
    "an alarm that nobody could heed": (
        {"queues": QUEUES.replace("limit: 2", "alarm_wait: 0")},
        "queues.yaml:2",
        "at least 5",
    ),
    "a hotline's number": (
        {"hotline": HOTLINE.replace('"+864001234567"', "4001234567")},
        "hotline.yaml:2",
        "with + and the country in front",
    ),
    "a place with a capital": ({"main": MAIN.replace("go: frozen", "go: Frozen")}, "main.yaml:6", "small letters"),
    "bad hours": ({"hours": small()["hours.yaml"].replace("09:00-18:00", "18:00-09:00x")}, "hours.yaml:2", ""),
}


@pytest.mark.parametrize("name", BAD)
def test_a_problem_is_told_with_file_line_and_what_to_do(name: str) -> None:
    changed, where, words = BAD[name]
    found = problems(**changed)
    assert any(problem.startswith(where) and words in problem for problem in found), found


def test_seven_choices_are_too_many() -> None:
    more = "".join(
        f"    {key}: {{for: 账户, go: {place}}}\n"
        for key, place in zip(
            "234567",
            ("frozen.advice", "frozen.amount", "frozen.paid_on", "frozen.phone", "person", "person.message"),
            strict=True,
        )
    )
    found = problems(main=MAIN.replace("    8:", more + "    8:"))
    said = "main.yaml:5: a caller hears 8 choices with the one for another language, but keeps at most 6 in mind"
    assert any(said in problem for problem in found), found


TRAPS = {
    "a way out that ends the call": (
        {"person": PERSON.replace("choices: {1: {for: 留言, go: message}}, missed: message", CUT_OFF)},
        "person.yaml:16: 'missed' leads to 'goodbye', where the caller finds no person",
    ),
    "a full queue that ends the call": (
        {"person": PERSON.replace("  full: full", "  full: goodbye")},
        "person.yaml:13: 'full' leads to 'goodbye', where the caller finds no person",
    ),
    "a person who is none": (
        {"hotline": HOTLINE.replace("person: person\n", "person: frozen\n")},
        "hotline.yaml:7: 'person' leads to 'frozen', where the caller finds no person",
    ),
    "a round without a question": (
        {
            "frozen": FROZEN.replace("then: person}", "then: a}") + ROUND,
            "languages/en-US": small()["languages/en-US.yaml"] + "frozen.a.say: One\n",
        },
        "frozen.yaml:18: this goes round for ever without asking the caller anything: frozen.a → frozen.b → frozen.a",
    ),
    "one key for two things": (
        {"hotline": HOTLINE.replace('back: "*"', 'back: "0"')},
        "hotline.yaml:9: key 0 already means 'person'",
    ),
    "the key that ends a number": (
        {"hotline": HOTLINE.replace('back: "*"', 'back: "#"')},
        "hotline.yaml:9: key # ends a number",
    ),
}


@pytest.mark.parametrize("name", TRAPS)
def test_a_trap_is_told_and_nothing_else(name: str) -> None:
    changed, words = TRAPS[name]
    found = problems(**changed)
    assert len(found) == 1, found
    assert found[0].startswith(words)


def test_a_way_out_may_lead_to_a_choice_of_message_or_call_back_but_not_past_another_menu() -> None:
    out = "  help: 请在键盘上按一个数字。\n"
    assert problems(main=MAIN.replace(out, out + "  missed: person.full\n")) == []
    far = PERSON.replace(
        "choices: {1: {for: 留言, go: message}}, missed: message", "choices: {1: {for: 留言, go: full}}"
    )
    english = small()["languages/en-US.yaml"].replace("choice.choices.message", "choice.choices.full")
    found = problems(person=far, **{"languages/en-US": english})
    assert [problem.partition(",")[0] for problem in found] == [
        "hotline.yaml:7: 'person' leads to 'person'",
        "person.yaml:12: 'closed' leads to 'closed'",
    ]


def test_music_that_is_not_there_is_told() -> None:
    _, found = load(
        small(queues=QUEUES.replace("limit: 2", "limit: 2, music: none.wav")), music=frozenset({"hold.wav"})
    )
    assert [str(problem) for problem in found] == [
        "queues.yaml:2: there is no music 'none.wav' in the folder music/ of the recordings: there is hold.wav"
    ]


UNREAD = {
    "another encoding": (FROZEN.encode("gbk").decode("utf-8", "surrogateescape"), "frozen.yaml:1: this is not UTF-8"),
    "a tab": (FROZEN.replace("  kind: say", "\tkind: say"), "frozen.yaml:11: there is a tab"),
    "a full-width colon": (
        FROZEN.replace("must: ", "must："),
        "frozen.yaml:13: the colon after the name is a full-width",
    ),
    "no space after a colon": (FROZEN.replace("must: ", "must:"), "frozen.yaml:13: this is not YAML: here is no `name"),
    "a brace left open": (
        FROZEN.replace("then: person}", "then: person"),
        "frozen.yaml:17: this is not YAML: a bracket",
    ),
    "a list": ("- a\n", "frozen.yaml:1: the file must be"),
    "a name twice": (FROZEN.replace("paid_on: {", "amount: {"), "frozen.yaml:16: 'amount' stands here twice"),
    "a field missing": (FROZEN.replace("  must: true\n  then: amount\n", ""), "frozen.yaml:10: 'then' is missing"),
}


@pytest.mark.parametrize("name", UNREAD)
def test_what_cannot_be_read_hides_under_no_advice_about_what_is_good(name: str) -> None:
    text, words = UNREAD[name]
    found = problems(frozen=text)
    assert len(found) == 1, found
    assert found[0].startswith(words)


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"queues": QUEUES.replace("name: 综合", "limit: 0, name: 综合")}, "queues.yaml:1: 'limit' is '0'"),
        ({"queues": "\t" + QUEUES}, "queues.yaml:1: there is a tab"),
        ({"queues": ""}, "queues.yaml:1: the file is empty"),
        ({"hours": ""}, "hours.yaml:1: the file is empty"),
        ({"hotline": ""}, "hotline.yaml:1: the file is empty"),
        ({"languages/en-US": "\ta: b\n"}, "languages/en-US.yaml:1: there is a tab"),
        ({"frozen": FROZEN.replace("matter: 账户冻结", "matter:")}, "frozen.yaml:1: 'matter' is empty"),
    ],
)
def test_one_mistake_is_one_problem(changed: dict[str, str], where: str) -> None:
    found = problems(**changed)
    assert len(found) == 1, found
    assert found[0].startswith(where)


def test_a_language_without_a_file_is_one_problem_and_words_left_empty_are_missing() -> None:
    _, found = load({name: text for name, text in small().items() if "/" not in name})
    assert [str(problem) for problem in found] == [
        "languages/en-US.yaml:1: the file is missing: it holds the words in en-US, which hotline.yaml names"
    ]
    empty = small()["languages/en-US.yaml"].replace('main.start.say: "Hello."', "main.start.say:")
    assert problems(**{"languages/en-US": empty}) == [
        "languages/en-US.yaml:1: the words for main.start.say are missing"
    ]


def test_all_problems_come_at_once() -> None:
    found = problems(
        main=MAIN.replace("go: frozen", "go: frosen"),
        frozen=FROZEN.replace("  must: true", "  most: true"),
        hours="queues:\n  general: sometimes\n",
    )
    assert {problem.partition(":")[0] for problem in found} >= {"main.yaml", "frozen.yaml", "hours.yaml"}, found


JUNK = [
    "",
    "x",
    "[1, 2]",
    "{a: {b: c}}",
    "!!python/object:os.system x",
    "&a b",
    "*a",
    "|",
    "null",
    "true",
    "- 1",
    "22:30",
    "\t",
]


def test_no_text_makes_the_loader_fail() -> None:
    chance = random.Random(20261122)
    for _ in range(400):
        files = dict(small())
        for _ in range(chance.randint(1, 3)):
            name = chance.choice(sorted(files))
            lines = files[name].split("\n")
            number = chance.randrange(len(lines))
            field, colon, _ = lines[number].partition(":")
            lines[number] = chance.choice(
                [f"{field}{colon} {chance.choice(JUNK)}", chance.choice(JUNK), lines[number] * 2]
            )
            files[name] = "\n".join(lines)
        flow, found = load(files)
        assert (flow is None) == bool(found)
        assert all(problem.file in files and problem.line >= 1 and problem.words for problem in found)


def test_a_missing_file_is_told() -> None:
    files = {name: text for name, text in small().items() if name != "queues.yaml"}
    flow, found = load(files)
    assert flow is None
    assert "queues.yaml:1: the file is missing" in map(str, found)
