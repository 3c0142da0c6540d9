"""All that is wrong with the settings, and what they are without that."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from dotenv import dotenv_values

from ivr import settings
from ivr.operations.doctor.finding import Finding, warning, well, wrong
from ivr.settings import Settings, SettingsError

MOST: Final = 50  # Far more than there are settings.
NAME: Final = re.compile(r"\b[A-Z][A-Z_]{3,}\b")
KNOWN: Final = re.compile(r"^#? ?([A-Z][A-Z_]+)=", re.MULTILINE)
NOWHERE: Final = "https://hotline.invalid"
DO: Final = "correct it in .env or in the environment; .env.example says what each setting means"


@dataclass(frozen=True, slots=True)
class Given:
    """The settings without what is wrong in them, None where that makes none; what is wrong, and in which of them."""

    found: Settings | None
    errors: tuple[str, ...]
    broken: frozenset[str]


def forgiving(environment: Mapping[str, str], root: Path | None) -> Given:
    """Return the settings, leaving out one after another what is wrong in them."""
    given, errors, broken = dict(environment), list[str](), set[str]()
    for _ in range(MOST):
        try:
            return Given(settings.read(given, root), tuple(errors), frozenset(broken))
        except SettingsError as error:
            named = {name for name in NAME.findall(str(error)) if given.get(name) or name in broken}
            if not named & broken:  # Else it only follows from what was left out.
                errors.append(str(error))
            if not _left_out(given, named, str(error)):
                break
            broken |= named or {"PUBLIC_URL"}
    return Given(None, tuple(errors), frozenset(broken))


def _left_out(given: dict[str, str], named: set[str], error: str) -> bool:
    """Leave out what is wrong; False where nothing is there to be left out."""
    if error.startswith("PUBLIC_URL is missing"):
        given["PUBLIC_URL"] = NOWHERE
        return True
    left_out = [given.pop(name, "") for name in named]
    return any(left_out)


def told(given: Given, root: Path) -> Iterator[Finding]:
    """Yield what is wrong with the settings."""
    yield from (wrong("settings", words, DO) for words in given.errors)
    yield from _strange(root)
    if given.errors or given.found is None:
        return
    yield well("settings", "all can be read")
    if given.found.practice:
        words = "without TWILIO_… the practice carrier is on: no real calls are answered"
        yield warning("settings", words, "set TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and PUBLIC_URL to go live")


def _strange(root: Path) -> Iterator[Finding]:
    """Yield the lines of `.env` that nothing reads, as their names are written otherwise."""
    example = root / ".env.example"
    known = KNOWN.findall(example.read_text("utf-8")) if example.exists() else []
    for name in dotenv_values(root / ".env") if known else ():
        if name not in known and (near := get_close_matches(name, known, 1, 0.8)):
            yield warning("settings", f".env has {name}, which nothing reads", f"write {near[0]}, if that is meant")
