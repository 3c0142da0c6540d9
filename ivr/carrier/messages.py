"""Text messages (SMS) that the carrier has been given to deliver, as it keeps them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class TextMessage:
    """One SMS: queued when it is taken, then sent, then delivered."""

    sid: str
    from_: str
    to: str
    body: str
    status: str
    created: datetime
    sent: datetime | None = None
    service: str = ""  # The messaging service that chose `from_`.

    @property
    def segments(self) -> int:
        """How many SMS it takes: 160 letters or 70 others in one, 153 or 67 each in several."""
        single, several = (160, 153) if self.body.isascii() else (70, 67)
        return 1 if len(self.body) <= single else -(-len(self.body) // several)
