"""What people have spoken is played for as long as the words are theirs, and else the voice speaks."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ivr import folders
from ivr.flow.call import Call
from ivr.flow.events import Heard, Said
from ivr.flow.flow import Flow
from ivr.flow.inputs import Answered
from ivr.flow.load import load
from ivr.flow.move import Prompt
from ivr.flow.prove.proof import prove
from ivr.flow.spoken import Line, lines, places
from tests.small import small

MENUS = Path(__file__).parent.parent / "menus"
CALL = Call(language="zh-CN").after(Heard(Answered("+8613800138000"), datetime(2026, 11, 26, tzinfo=UTC)))
SOUND, OTHER = "a" * 64, "b" * 64
HELLO = f'zh-CN/main.start.say: {{file: {SOUND}.wav, words: "您好。"}}\n'


def flow(prompts: str = HELLO, recorded: frozenset[str] | None = None, **changed: str) -> Flow:
    made, problems = load(small(prompts=prompts, **changed), recorded)
    assert made, problems
    return made


def said(made: Flow, language: str = "zh-CN") -> Said:
    return made.say(Prompt("main.start.say"), Call(language=language))


def line(made: Flow, name: str) -> Line:
    (found,) = (one for one in lines(made) if one.name == name)
    return found


def test_a_recording_of_these_words_is_played_and_its_words_stand_in_the_journal() -> None:
    assert (said(flow()).audio, said(flow()).words) == (SOUND, "您好。")
    assert said(flow(), "en-US").audio == ""


def test_a_recording_of_other_words_is_not_played_but_listed() -> None:
    made = flow(HELLO.replace("您好。", "你好。"))
    assert said(made).audio == ""
    found = line(made, "zh-CN/main.start.say")
    assert (found.state, found.words, found.was, found.audio) == ("outdated", "您好。", "你好。", SOUND)


def test_a_recording_by_its_name_is_played_as_ever_until_a_newer_one_says_more() -> None:
    old = frozenset({"zh-CN/main.start.say"})
    assert said(flow("", old)).audio == "zh-CN/main.start.say"
    assert said(flow(HELLO, old | {SOUND})).audio == SOUND
    assert said(flow(HELLO.replace("您好。", "你好。"), old | {SOUND})).audio == ""


def test_words_with_gaps_are_never_a_sounds_whatever_is_recorded() -> None:
    words = "现在休息，{opening:moment}开始服务。"
    for prompts in ("", f'zh-CN/person.closed.say: {{file: {SOUND}.wav, words: "{words}"}}\n'):
        made = flow(prompts, frozenset({SOUND, "zh-CN/person.closed.say"}))
        assert made.words["zh-CN"]["person.closed.say"] == words
        told = made.say(Prompt("person.closed.say", facts={"opening": "2026-11-26T09:00:00+08:00"}), CALL)
        assert (told.audio, "{" in told.words) == ("", False)


def test_a_sound_that_is_not_there_is_a_problem_with_its_line() -> None:
    made, problems = load(small(prompts="# Spoken by people.\n" + HELLO), frozenset({OTHER}))
    assert made is None
    (problem,) = problems
    assert str(problem).startswith("prompts.yaml:2: there is no aaaa")
    assert line(flow(), "zh-CN/main.start.say").state == "lost"
    assert line(flow(recorded=frozenset({SOUND})), "zh-CN/main.start.say").state == "recorded"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("zh-CN/main.start.say: {file: ../../x.wav, words: 您好。}\n", "write the sound's file as it was named"),
        ("zh-CN/main.start.say: {words: 您好。}\n", "'file' is missing"),
        ("zh-CN/main.start.say: hello\n", "must have fields of its own"),
        ("- no\n", "the file must be `name: value` lines"),
        (HELLO + HELLO, "stands here twice"),
    ],
)
def test_a_manifest_that_is_none_is_told_in_plain_words(text: str, told: str) -> None:
    made, problems = load(small(prompts=text))
    assert made is None
    assert [problem.file for problem in problems] == ["prompts.yaml"]
    assert told in str(problems[0])


def test_a_recording_of_a_prompt_that_is_gone_harms_nobody_and_is_listed() -> None:
    made = flow(HELLO.replace("main.start.say", "main.gone.say"))
    found = line(made, "zh-CN/main.gone.say")
    assert (found.state, found.was) == ("orphan", "您好。")


def test_what_has_gaps_or_names_a_key_cannot_be_recorded() -> None:
    states: Mapping[str, str] = {one.place: one.state for one in lines(flow()) if one.language == "en-US"}
    assert states["person.closed.say"] == states["hotline.phrases.keyed_digits"] == "gap"
    keyed = ("main.start.choices.frozen", "person.line.leave", "person.callback.this", "hotline.phrases.right")
    assert {states[place] for place in keyed} == {"key"}
    assert states["main.start.say"] == states["hotline.phrases.silence"] == "voice"


class Listening(Flow):
    """A flow that notes which places were said, and whether a key was named after them."""

    def say(self, prompt: Prompt, call: Call) -> Said:
        HEARD.add((prompt.place, bool(prompt.keys)))
        return super().say(prompt, call)


HEARD: set[tuple[str, bool]] = set()


def test_in_all_that_can_happen_a_key_is_named_after_no_other_words_than_those_that_say_so() -> None:
    made, _ = load(folders.menus(MENUS))
    assert made
    HEARD.clear()
    prove(Listening(**{one.name: getattr(made, one.name) for one in fields(made)}), datetime(2026, 11, 26, tzinfo=UTC))
    states = {one.place: one.state for one in lines(made)}
    assert {(place, states[place] == "key") for place, _ in HEARD} == HEARD
    assert len(HEARD) > 150


def test_words_for_agents_are_no_prompts() -> None:
    heard = places(flow())
    assert not [place for place in heard if place.startswith(("queues.", "hotline.tongues.")) or ".matter" in place]
    assert "person.callback.say" in heard


def test_sounds_lie_by_prompt_or_by_what_they_sound_like(tmp_path: Path) -> None:
    for name in (f"{SOUND}.wav", "zh-CN/main.start.say.wav"):
        (tmp_path / "prompts" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "prompts" / name).write_bytes(b"")
    assert folders.prompts(tmp_path) == {SOUND, "zh-CN/main.start.say"}
