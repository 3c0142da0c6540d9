"""What our rooms tell operations in English sentences, in Chinese: found by the templates that sentences are made of.

The templates stand in the text files here, each with its Chinese in the line below it. They have gaps as f-strings
have: `{name}`, or `{name!r}` for what stands in quotes as Python writes it. The Chinese has the same gaps: `{names:、}`
is a list of names, `{why:句}` a sentence of ours within the sentence, to be told in Chinese, too. A gap whose name
begins with _ is left out. All else in a sentence was written by people, and stays as it is.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from string import Formatter
from typing import Any, Final

QUOTED: Final = r"'(?:[^'\\]|\\.)*'" + r'|"(?:[^"\\]|\\.)*"'
LONGEST: Final = 1000  # Letters of a sentence within another; what people wrote may look like sentences without end.
GAPS: Final[Mapping[str | None, str]] = {"r": rf"{QUOTED}|\{{.*\}}|\[.*\]|[\w.+-]+", None: ".*?"}


@cache
def catalogues() -> dict[str, dict[str, str]]:
    """Return all templates with their Chinese, by the name of the file that they stand in."""
    texts = ((one.name, one.read_text("utf-8")) for one in files(__name__).iterdir() if one.name.endswith(".txt"))
    return {name.removesuffix(".txt"): dict(_pairs(text)) for name, text in texts}


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for block in text.strip().split("\n\n"):
        if not block.startswith("# "):
            english, told = block.split("\n")
            yield english, told


@lru_cache(maxsize=4096)
def chinese(sentence: str) -> str | None:
    """Return a sentence of ours in Chinese, None for what is none."""
    for template in _templates():
        if told := template.told(sentence):
            return told
    return None


@dataclass(frozen=True, slots=True)
class _Template:
    """A template, to be found again in a sentence."""

    pattern: re.Pattern[str]
    literals: tuple[str, ...]
    quoted: frozenset[str]
    chinese: str

    def told(self, sentence: str) -> str | None:
        """Return the Chinese of a sentence, None for another template's."""
        if not all(literal in sentence for literal in self.literals):  # This is quick, and the pattern may not be.
            return None
        if not (found := self.pattern.fullmatch(sentence)):
            return None
        values = {name: _bare(value) if name in self.quoted else value for name, value in found.groupdict().items()}
        return _Filled().vformat(self.chinese, (), values)


class _Filled(Formatter):
    """How the gaps of a Chinese sentence are filled."""

    def format_field(self, value: Any, spec: str) -> str:
        match spec:
            case "、":
                return str(value).replace(", ", "、").replace(" or ", " 或 ")
            case "句" if len(value) <= LONGEST:
                return chinese(value) or str(value)
        return str(value)


@cache
def _templates() -> tuple[_Template, ...]:
    """Return all templates, those first that are least likely to be found in another's sentence."""
    pairs = (pair for one in catalogues().values() for pair in one.items())
    return tuple(_template(english, told) for english, told in sorted(pairs, key=_loose))


def _loose(pair: tuple[str, str]) -> tuple[bool, bool, int]:
    """Return how loose a template is: whether it begins with a gap, one that takes anything, and how little it says."""
    parts = list(Formatter().parse(pair[0]))
    literal, _, _, conversion = parts[0]
    return not literal, not (literal or conversion), -sum(len(part[0]) for part in parts)


def _template(english: str, told: str) -> _Template:
    parts = list(Formatter().parse(english))
    pattern = "".join(
        re.escape(literal) + (f"(?P<{name}>{GAPS[conversion]})" if name else "")
        for literal, name, _, conversion in parts
    )
    quoted = frozenset(name for _, name, _, conversion in parts if name and conversion)
    return _Template(re.compile(pattern, re.DOTALL), tuple(part[0] for part in parts if part[0]), quoted, told)


def _bare(value: str) -> str:
    """Return a text without the quotes that Python writes around it; what is none, as a list, stays."""
    return value[1:-1] if re.fullmatch(QUOTED, value, re.DOTALL) else value
