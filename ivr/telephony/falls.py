"""Where a call that we move falls back to: the carrier forgets, as it moves one, where its number does."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

import structlog

from ivr.telephony.rest import Rest

SECONDS: Final = 300.0
AGAIN: Final = 5.0  # Where the carrier did not tell.
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

    def __post_init__(self) -> None:
        """Begin with our own lifeboat."""
        self.where = (f"{self.url}/voice/fallback", "POST")

    def look(self) -> None:
        """Ask, where what is known is old."""
        if monotonic() >= self._until:
            self._until = monotonic() + AGAIN
            self.run(self._ask)

    def _ask(self) -> bool:
        try:
            told = [one for one in self.rest.numbers() if one.number == self.number and one.fallback]
        except Exception as error:
            log.warning("the number's fallback is not known", why=type(error).__name__)
            return False
        self.where = (told[0].fallback, told[0].fallback_method) if told else self.where
        self._until = monotonic() + SECONDS
        return True
