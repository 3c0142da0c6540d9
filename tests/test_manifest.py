"""Recordings as files: sounds are written whole, and the manifest keeps what people wrote into it."""

import os
import stat
from pathlib import Path

import pytest

from ivr.editor import voices
from ivr.editor.manifest import HEAD, keep, with_spoken, without_spoken
from ivr.editor.moves import moved
from ivr.editor.sheets import Sheets
from ivr.editor.voices import espeak_ng
from ivr.flow.flow import Spoken
from ivr.flow.load import load
from tests.small import small
from tests.voices import about

ONE, TWO = (
    Spoken(file=f"{letter * 64}.wav", words=words) for letter, words in (("a", "您好。"), ("b", "null: 'x' # 1"))
)


def test_a_sound_has_one_name_and_is_written_once(tmp_path: Path) -> None:
    name = keep(tmp_path, b"RIFF one")
    path = tmp_path / "prompts" / name
    before = path.stat().st_mtime_ns
    assert (keep(tmp_path, b"RIFF one"), path.read_bytes(), path.stat().st_mtime_ns) == (name, b"RIFF one", before)
    assert keep(tmp_path, b"RIFF two") != name
    assert sorted(path.parent.glob("*.part")) == []


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        keep(tmp_path, b"RIFF")
    assert list((tmp_path / "prompts").iterdir()) == []


def test_the_manifest_is_begun_added_to_and_ended() -> None:
    files = with_spoken(small(), "zh-CN/main.start.say", ONE)
    assert files["prompts.yaml"].startswith(HEAD)
    more = with_spoken(files, "zh-CN/person.goodbye.say", TWO)
    flow, problems = load(more)
    assert flow, problems
    assert flow.spoken == {"zh-CN/main.start.say": ONE, "zh-CN/person.goodbye.say": TWO}
    less = without_spoken(more, "zh-CN/person.goodbye.say")
    flow, _ = load(less)
    assert flow
    assert flow.spoken == {"zh-CN/main.start.say": ONE}
    assert without_spoken(less, "zh-CN/main.start.say") == small()
    assert without_spoken(small(), "zh-CN/main.start.say") == small()


def test_a_recording_follows_its_prompt_to_another_name() -> None:
    files = with_spoken(small(), "zh-CN/person.goodbye.say", ONE)
    flow, problems = load(moved(Sheets(files), "person.goodbye", "person.bye").texts)
    assert flow, problems
    assert flow.spoken == {"zh-CN/person.bye.say": ONE}


def test_comments_and_the_order_of_lines_stay() -> None:
    text = (
        "# Ours.\n\n"
        f"zh-CN/person.goodbye.say:   # Spoken by Ming.\n  file: {TWO.file}\n  words: 再见。\n"
        f'zh-CN/main.start.say: {{file: {TWO.file}, words: "您好。"}}  # too fast\n'
    )
    said = with_spoken({"prompts.yaml": text}, "zh-CN/main.start.say", ONE)["prompts.yaml"]
    before, after = text.splitlines(), said.splitlines()
    assert after[:5] == before[:5]
    assert after[5:] == [before[5].replace(TWO.file, ONE.file)]


@pytest.fixture
def espeak(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where a program called espeak-ng can be put, before all others."""
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return tmp_path / "espeak-ng"


def written(program: Path, body: str) -> None:
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)


def test_the_synthesiser_is_told_words_and_voice_and_none_is_an_option(espeak: Path) -> None:
    written(espeak, 'printf "%s %s %s|" "$1" "$2" "$5" > "$4"; cat >> "$4"')
    assert voices.heard("--help; 您好", "zh-CN") == b"-v cmn --stdin|" + "--help; 您好".encode()
    assert voices.heard("hello", "en-US") == b"-v en-us --stdin|hello"
    assert (voices.speaks("fr-FR"), voices.heard("bonjour", "fr-FR")) == (False, None)


@pytest.mark.parametrize("body", ["exit 1", "exit 0", 'sleep 2; printf RIFF > "$4"'])
def test_a_synthesiser_that_fails_or_hangs_leaves_it_to_the_browser(
    espeak: Path, body: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(espeak_ng, "SECONDS", 0.3)
    written(espeak, body)
    assert voices.heard("您好", "zh-CN") is None


def test_where_none_is_installed_none_speaks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert (voices.speaks("zh-CN"), voices.heard("您好", "zh-CN")) == (False, None)


@pytest.mark.parametrize(("language", "words"), [("zh-CN", "您好，欢迎致电。"), ("en-US", "Hello, and welcome.")])
def test_the_real_one_speaks_both_languages(language: str, words: str) -> None:
    if not voices.speaks(language):
        if os.environ.get("CI") == "true":
            pytest.fail("espeak-ng is not installed")
        pytest.skip("espeak-ng is not installed")
    sound = voices.heard(words, language)
    assert sound
    assert about(sound).duration > 0.8
