"""Digits that may be used but never shown: PINs, one-time codes, identity numbers."""

from dataclasses import dataclass, field
from typing import Final

SEALED: Final = "••••"


@dataclass(frozen=True, slots=True, eq=False)
class Secret:
    """What a caller keyed in confidence; printing, logging or storing it shows only that there was something."""

    _keys: str = field(repr=False)

    def reveal(self) -> str:
        """Return the keys; only the wallet's question may ask for them."""
        return self._keys

    def __str__(self) -> str:
        return SEALED

    def __repr__(self) -> str:
        return f"Secret({SEALED})"

    def __reduce__(self) -> tuple[type["Secret"], tuple[str]]:
        return Secret, (SEALED,)
