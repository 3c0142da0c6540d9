"""The English sentences that our source tells operations, as templates, read from the source itself."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import Final

import ivr

ROOT: Final = Path(ivr.__file__).parent
SENTENCE: Final = re.compile(r"[A-Za-z’']+,? [a-z“{0-9]")
# Modules whose sentences no page of the menus shows: they tell both languages, or speak to callers or to a terminal.
ELSEWHERE: Final = re.compile(
    r"commands?\.py|texts|labels|importing|studio/|differences/|schema\.py|speech/|editor/voices/"
)


def modules() -> Iterator[Path]:
    """Yield every module that tells operations what is wrong with menus or drafts."""
    found = [one for room in ("flow", "editor") for one in sorted((ROOT / room).rglob("*.py"))]
    beside = ("telephony/voices.py", "transcript.py", "store/drafts.py", "store/library.py")
    found += [ROOT / name for name in beside]
    yield from (one for one in found if not ELSEWHERE.search(one.relative_to(ROOT).as_posix()))


def templates(module: Path) -> Iterator[str]:
    """Yield all texts of a module but documentation, f-strings with `{}` and `{!r}` for what is filled in."""
    tree = ast.parse(module.read_text("utf-8"))
    within = {id(part) for one in ast.walk(tree) if isinstance(one, ast.JoinedStr) for part in one.values}
    documented = {id(one.value) for one in ast.walk(tree) if isinstance(one, ast.Expr)}
    for one in ast.walk(tree):
        match one:
            case ast.JoinedStr(parts):
                yield "".join(map(_part, parts))
            case ast.Constant(str(text)) if id(one) not in within | documented:
                yield text


def _part(part: ast.expr) -> str:
    match part:
        case ast.Constant(str(text)):
            return text
        case ast.FormattedValue(conversion=conversion):
            return "{!r}" if conversion == ord("r") else "{}"
    raise TypeError(f"an f-string has a {part}")


def shape(template: str) -> str:
    """Return a template of the catalogue as `templates` has those of the source."""
    parts = Formatter().parse(template)
    return "".join(literal + ("{!r}" if conversion else "{}" if name else "") for literal, name, _, conversion in parts)
