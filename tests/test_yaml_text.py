"""Menus are read by libyaml where that reads them as ruamel.yaml's own reader does, else by that."""

import os
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ivr.flow.text import compose, parse
from tests.world import ROOT

FILES = sorted((ROOT / "menus").rglob("*.yaml"))
LINES = [line for file in FILES for line in file.read_text("utf-8").split("\n")]
SIGNS = (
    *"a:{}[],'\" |>#%!=~`@\n\r\t。：😀\xa0\x85\u2028\u2029\ufeff\x7f\x00\x07\udc80",
    *("b: ", "- ", "? ", ": ", ", ", "''", "  ", " #", "\n  ", "\n    ", "\n- ", "\r\n", "> \n  ", "|-", "|+2"),
    *("&x ", "*x", "!!str ", "!t ", "%YAML 1.1\n", "---", "--- ", "\n---\n", "\n...\n", "<<: ", "..", "-1", "-a"),
    *("\\n", "\\x41", "\\u263a", "\\/", "\\ ", "\\\n", "null", "no", "0o7", "1_000", "22:30", "你好", "x:y", "a: 1"),
    *("x#y", "http://x.y/z?a=b&c"),
)
signs = st.lists(st.sampled_from(SIGNS), max_size=14).map("".join)


@st.composite
def changed(draw: st.DrawFn) -> str:
    """Return some lines of our menus with a few signs put in, instead of others."""
    first = draw(st.integers(0, len(LINES) - 1))
    text = "\n".join(LINES[first : first + draw(st.integers(1, 12))])
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(text)))
        text = text[:start] + draw(st.sampled_from(SIGNS)) + text[start + draw(st.integers(0, 2)) :]
    return text


@settings(max_examples=int(os.environ.get("YAML_TEXTS", "300")), deadline=None)
@given(signs | changed())
@example("a: b\n...\n\n...\n")
@example("a: |-#")
@example("!~!str kind: say")
@example("a#x: > \n  \n    *x/no")
@example("a: &x 1")
@example("[" * 3000)
@example("a:\n \x85b: 1")
def test_a_text_is_read_the_same_however_it_is_read(text: str) -> None:
    assert parse("main", text) == parse("main", text, compose)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_our_own_menus_are_read_quickly(file: Path) -> None:
    with patch("ivr.flow.text.compose", side_effect=AssertionError("it was read slowly")):
        found, problems = parse(file.name, file.read_text("utf-8"))
    assert found.data
    assert not problems
