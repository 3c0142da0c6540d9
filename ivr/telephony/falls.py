"""Where a call that we move falls back to: the carrier forgets, as it moves one, where its number does."""

import json
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Final

import structlog

from ivr.folders import replace
from ivr.telephony.rest import Rest, why

SECONDS: Final = 300.0
AGAIN: Final = 5.0  # Where the carrier did not tell.
FILE: Final = "fallback.json"
log = structlog.get_logger()


@dataclass
class Falls:
    """Asks the carrier where our number falls back to, once in a while; as long as nobody knows it is to us.

    `run` does a job in the background, as no caller is to wait for it.
    """

    rest: Rest
    number: str
    url: str
    run: "Callable[[Callable[[], bool]], Future[bool]]"
    where: tuple[str, str] = field(init=False)  # The URL, and the method by which it is asked for.
    _until: float = 0.0
    _file: Path | None = None

    def __post_init__(self) -> None:
        """Begin with our own lifeboat."""
        self.where = (f"{self.url}/voice/fallback", "POST")

    def remember(self, folder: Path) -> None:
        """Keep in a file there what the carrier told, and begin with it: one that was killed knows it at once."""
        self._file = folder / FILE
        with suppress(OSError, ValueError, TypeError):  # There is none yet, or nothing that can be read.
            number, *where = json.loads(self._file.read_text("utf-8"))
            url, method = map(str, where)
            if number == self.number:
                self.where = url, method

    def look(self) -> None:
        """Ask, where what is known is old."""
        if monotonic() >= self._until:
            self._until = monotonic() + AGAIN
            self.run(self._ask)

    def _ask(self) -> bool:
        try:
            told = [one for one in self.rest.numbers() if one.number == self.number and one.fallback]
        except Exception as error:
            log.warning("the number's fallback is not known", why=why(error))
            return False
        self._until = monotonic() + SECONDS
        if told and self.where != (now := (told[0].fallback, told[0].fallback_method)):
            self.where = now
            with suppress(OSError):  # A full disk costs this memory, nothing else.
                if self._file:
                    replace(self._file, json.dumps([self.number, *now]))
        return True
