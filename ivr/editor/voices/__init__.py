"""Synthesisers on this machine, so that prompts can be heard before callers hear them: one module each in this folder.

Calls are spoken by the carrier's voices. Where there is no synthesiser, the browser's own voice speaks.
"""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol, cast


class Synthesiser(Protocol):
    """What every module here can do."""

    def speaks(self, language: str) -> bool:
        """Tell whether it is installed, and has a voice for a language such as "zh-CN"."""

    def heard(self, words: str, language: str) -> bytes | None:
        """Return the words as a WAV file; None where it does not speak this language, or fails, or takes too long."""


def speaks(language: str) -> bool:
    """Tell whether any of them speaks a language."""
    return any(one.speaks(language) for one in _all())


def heard(words: str, language: str) -> bytes | None:
    """Return the words as a WAV file by the first that speaks the language; None where none does."""
    return next((sound for one in _all() if one.speaks(language) and (sound := one.heard(words, language))), None)


def _all() -> Iterator[Synthesiser]:
    for module in iter_modules(__path__):
        yield cast("Synthesiser", import_module(f"{__name__}.{module.name}"))
