"""Whatever is told operations in English has its Chinese, and nothing else is in the catalogue."""

import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
import ruamel.yaml
from pydantic_core import _pydantic_core

from ivr.editor import labels
from ivr.editor.chinese import catalogues, chinese
from ivr.flow.hours import read
from ivr.flow.load import load
from ivr.flow.plain import lowered
from ivr.flow.prove.laws import Trap
from ivr.flow.prove.moments import moments
from ivr.flow.prove.told import steps
from ivr.flow.prove.walk import walk
from ivr.flow.questions import QUESTIONS
from tests import test_emergency, test_hours, test_load
from tests.desk_site import real_flow
from tests.sentences import SENTENCE, modules, shape, templates
from tests.small import small
from tests.world import OPEN

OURS = {
    english: told
    for name, one in catalogues().items()
    if name not in ("yaml", "pydantic")
    for english, told in one.items()
}
SOURCE = {text for module in modules() for text in templates(module)}
ANSWERS = sorted({outcome for question in QUESTIONS.values() for outcome in question.all})
# What the source puts together from pieces: the catalogue has the whole.
PIECES = {
    "there is no field {!r} here{}": (
        "there is no field {!r} here: did you mean {!r}?",
        "there is no field {!r} here: known are {}",
    ),
    ": did you mean {!r}?": (),
    ": known are {}": (),
    "a caller hears {} choices{}, but keeps at most {} in mind: make a submenu": (
        "a caller hears {} choices, but keeps at most {} in mind: make a submenu",
        "a caller hears {} choices with the one for another language, but keeps at most {} in mind: make a submenu",
    ),
    " with the one for another language": (),
    "none yet": ("there is no music {!r} in the folder music/ of the recordings: there is none yet",),
    "“until” {} {}": ("“until” {} must be later than “from”, by {} days at most",),
    "must be later than “from”, by {} days at most": (),
    "nobody would ever be rung back; write hours, for example ": (
        "nobody would ever be rung back; write hours, for example {}",
    ),
    "{} is not there any more: reload the page": ("{!r} is not there any more: reload the page",),
    "the call breaks off: {}": ("the call breaks off: {}: {}",),
    "{} goes round for ever: {}": (
        "who says nothing goes round for ever: {}",
        "who keys what is not offered goes round for ever: {}",
    ),
    "who says nothing": (),
    "who keys what is not offered": (),
    "> (silence)": ("(silence)",),
    "> (speaks {} s)": ("(speaks {} s)",),
    "> (hangs up)": ("(hangs up)",),
    "~ waits at {} for {} s{}{}": (
        "waits at {} for {} s",
        "waits at {} for {} s, {} to {} minutes more",
        "waits at {} for {} s, {} to {} minutes more ({})",
    ),
    ", {} to {} minutes more": (),
    "~ sent on: {}": ("sent on: {}", "level {}", "a number outside"),
    "a number outside": (),
    "~ the number outside: {}": (),
    "the wallet: {}": tuple(f"the wallet: {one}" for one in ANSWERS),
    "~ the wallet: {}": (),
    "~ left the queue: {}": ("left the queue: {}",),
    "~ SMS to …{}: {}": ("SMS to …{}: {}",),
    "~ will be rung back: {}": ("will be rung back: {}",),
    "{!r} is of kind {!r}: known kinds are {}": (
        "{!r} is of kind {!r}: known kinds are {}",
        "{!r} is of kind None: known kinds are {}",
    ),
    "{!r} is {!r}, but must have fields of its own, indented below it as `field: value`": (
        "{!r} is {!r}, but must have fields of its own, indented below it as `field: value`",
        "'this' is {!r}, but must have fields of its own, indented below it as `field: value`",
    ),
    "{} is a {}; only a Saturday or Sunday can be a weekend workday": (
        "{} is a {}; only a Saturday or Sunday can be a weekend workday",
        *("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"),
    ),
}
# What Python says, and what the pages of saved rehearsals have of words that are told in both languages.
OTHERS = {"Invalid isoformat string: {!r}", *(shape(one["en"]) for one in (labels.BREAKS, labels.UNFIT))}
# What operations never read: errors of ours, names of steps for the log, what YAML's reader says before we do.
UNSEEN = {
    "a call that has heard nothing has no time",
    "{} has no zone",
    "queue {!r} has no hours; queues with hours are {}",
    "{} cannot be written to the journal",
    "the journal holds a {!r}, which this release does not know: update it",
    "ruamel.yaml composed a {}",
    "cut off",
    "could not find expected ':'",
    "mapping values are not allowed here",
    "expected ',' or",
    "found unexpected end of stream",
    "record {}",
    "remove {}",
    "draft {}",
    "rehearsal {}",
    "version {}",
    "# What people have spoken: which sound says which words. Written where prompts are recorded.\n",
    "the menus do not pass the gate",
    "calls are being done again in draft {}",
    "calls could not be done again",
    "# What callers hear in {}: place -> words.\n",
    "{}:{}: a line begins with # @ < <! > ~ or =",
    "{}:1: the line `@ 2026-11-23 10:00 +8613800138000` is missing",
}


def test_every_sentence_of_the_source_has_its_chinese() -> None:
    have = {shape(one) for one in OURS}
    wanted = {text for text in SOURCE if SENTENCE.search(text) and not text.startswith("/") and text not in UNSEEN}
    wanted = {whole for text in wanted for whole in PIECES.get(text, (text,))}
    assert wanted - have == set()


def test_no_chinese_is_kept_for_a_sentence_that_is_gone() -> None:
    whole = {one for text in SOURCE for one in PIECES.get(text, (text,))} | OTHERS
    assert {one for one in OURS if shape(one) not in whole} == set()
    assert PIECES.keys() - SOURCE == set()
    assert set() == UNSEEN - SOURCE


def test_the_libraries_say_what_the_catalogue_has_of_them() -> None:
    theirs = {
        re.sub(r"\{\w+\}", "{}", lowered(one["message_template_python"])) for one in _pydantic_core.list_all_errors()
    }
    theirs |= {one.replace("'{}'", "{}") for one in theirs}
    assert {
        one
        for one in catalogues()["pydantic"]
        if shape(one).replace("{!r}", "{}") not in theirs | {"input should be {}"}
    } == set()
    source = "".join(one.read_text("utf-8") for one in Path(ruamel.yaml.__file__).parent.glob("*.py"))
    for one in catalogues()["yaml"]:
        longest = max((literal for literal, *_ in Formatter().parse(one)), key=len)
        assert longest.partition(" but found")[0].partition("'")[0] in source, one


@pytest.mark.parametrize("name", catalogues())
def test_the_chinese_fills_in_what_the_english_fills_in(name: str) -> None:
    for english, told in catalogues()[name].items():
        gaps = {gap for _, gap, _, _ in Formatter().parse(english) if gap and not gap.startswith("_")}
        assert gaps == {gap for _, gap, _, _ in Formatter().parse(told) if gap}, english
        assert english not in catalogues()["hours"] or name == "hours", english


def broken() -> Iterator[str]:
    """Yield what is told of all menus that other tests have broken."""
    for changed, *_ in (*test_load.BAD.values(), *test_load.TRAPS.values()):
        yield from (one.words for one in load(small(**changed))[1])
    for text, _ in test_load.UNREAD.values():
        yield from (one.words for one in load(small(frozen=text))[1])
    for text, *_ in test_emergency.BAD.values():
        yield from (one.words for one in load(small(emergency=text))[1])
    for text, *_ in test_hours.TROUBLES:
        yield from (one.words for one in read(test_hours.parsed(test_hours.whole(text)), "Asia/Shanghai")[1])
    for text in test_load.JUNK:
        for name in ("hotline", "main", "hours", "queues", "languages/en-US", "emergency", "prompts"):
            for junk in (
                text,
                f"start: {text}\n",
                f"start: {{kind: menu, say: {text}}}\n",
                f"number: {text}\nemail: x\n",
            ):
                yield from (one.words for one in load(small(**{name: junk}))[1])


def english_in(told: str) -> re.Match[str] | None:
    """Find three English words in a row that stand in no quotes."""
    return re.search(r"[A-Za-z]+ [a-z]+ [a-z]+", re.sub(r"“.*”|`[^`]*`", "", told))


@pytest.mark.filterwarnings("ignore::ruamel.yaml.error.ReusedAnchorWarning")
def test_all_that_is_told_of_broken_menus_is_told_in_chinese() -> None:
    found = sorted({*broken()})
    assert len(found) > 200
    assert [one for one in found if (told := chinese(one)) is None or english_in(told)] == []


@pytest.mark.parametrize(
    "text", ["'a' is 'b': " * 9_000, "“ is “”: " * 9_000, "'" * 9_000, "{" * 9_000 + "}" * 9_000, "a\n" * 9_000]
)
def test_what_people_wrote_stays_as_it_is_and_never_does_harm(text: str) -> None:
    assert chinese(f"'say' is {text!r}, but must be a list: put it in [ and ]") == (
        f"“say”写的是“{repr(text)[1:-1]}”，应当是列表：请用 [ 和 ] 括起来"
    )
    assert (chinese(f"this is not YAML: {text}") or "").startswith("YAML 写法不对：")


def test_each_step_of_a_call_into_a_trap_has_its_chinese() -> None:
    flow = real_flow()
    walked = walk(flow, list(moments(flow, OPEN).values()), 100_000)
    told = {
        step for ways in (walked.begun, *walked.ways) for way in ways for step, _ in steps(flow, Trap("", "", (way,)))
    }
    words = {one for one in told if not re.fullmatch(r"[0-9*#]+|\[.*\]", one)}
    assert len(words) > 15
    assert [one for one in words if (chinese(one) or "?").isascii()] == []
