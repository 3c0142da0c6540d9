"""The rows of faults.md, each with what shows that it behaves as told there: the storm, named tests, or both."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).with_name("rows.txt")
HEAD: Final = re.compile(r"(\d+) (.+)")
STORM: Final = "storm"
OUTSIDE: Final = "outside"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its name, and what shows it: `storm`, or a test as `file.py::test`; `outside`: a probe elsewhere."""

    name: str
    shown: tuple[str, ...]


def rows(text: str) -> Mapping[int, Row]:
    """Return the rows by number; what is indented belongs to the row above it."""
    found = dict[int, Row]()
    number = 0
    for written in text.splitlines():
        if head := HEAD.fullmatch(written):
            number = int(head[1])
            found[number] = Row(head[2], ())
        elif written.startswith("  "):
            found[number] = Row(found[number].name, (*found[number].shown, written.strip()))
    return found


ROWS: Final = rows(FILE.read_text("utf-8"))
