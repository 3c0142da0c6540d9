"""What the doctor says of one thing: well, to be watched, or to be mended, and what to do."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["well", "warning", "wrong"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, how it is, and what is to be done about it; nothing where it is well."""

    level: Level
    about: str
    words: str
    do: str = ""

    def __str__(self) -> str:
        """Return it as a terminal shows it."""
        sign = {"well": "well   ", "warning": "WARNING", "wrong": "WRONG  "}[self.level]
        return f"{sign}  {self.about}: {self.words}" + (f"\n         do: {self.do}" if self.do else "")


def well(about: str, words: str) -> Finding:
    """Return that something is as it should be."""
    return Finding("well", about, words)


def warning(about: str, words: str, do: str) -> Finding:
    """Return that something may become wrong, or is wrong for some."""
    return Finding("warning", about, words, do)


def wrong(about: str, words: str, do: str) -> Finding:
    """Return that something must be mended."""
    return Finding("wrong", about, words, do)
