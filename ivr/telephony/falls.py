"""Where a call that we move falls back to: the carrier forgets, as it moves one, where its number does."""

from dataclasses import dataclass, field
from time import monotonic
from typing import Final

import structlog

from ivr.telephony.rest import Rest

SECONDS: Final = 300.0
log = structlog.get_logger()


@dataclass
class Falls:
    """Asks the carrier where our number falls back to, once in a while; as long as nobody knows it is to us."""

    rest: Rest
    number: str
    url: str
    _where: tuple[str, str] = field(init=False)
    _until: float = 0.0

    def __post_init__(self) -> None:
        """Begin with our own lifeboat."""
        self._where = (f"{self.url}/voice/fallback", "POST")

    def ask(self) -> tuple[str, str]:
        """Return the URL, and the method by which it is asked for; within four seconds."""
        if monotonic() >= self._until:
            self._until = monotonic() + SECONDS
            try:
                told = [one for one in self.rest.numbers() if one.number == self.number and one.fallback]
            except Exception as error:
                log.warning("the number's fallback is not known", why=type(error).__name__)
            else:
                self._where = (told[0].fallback, told[0].fallback_method) if told else self._where
        return self._where
