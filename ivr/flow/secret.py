"""Digits that may be used but never shown: PINs, one-time codes, identity numbers."""

from dataclasses import InitVar, dataclass
from typing import Final

SEALED: Final = "••••"


@dataclass(frozen=True, eq=False, repr=False)
class Secret:
    """What a caller keyed in confidence; printing, logging or storing it shows only that there was something."""

    __slots__ = ("_keys",)  # No field, as whoever writes a dataclass out, asdict say, would write its fields.
    keys: InitVar[str]

    def __post_init__(self, keys: str) -> None:
        """Take the keys."""
        object.__setattr__(self, "_keys", keys)

    def reveal(self) -> str:
        """Return the keys; only the wallet's question may ask for them."""
        keys: str = object.__getattribute__(self, "_keys")
        return keys

    def __str__(self) -> str:
        return SEALED

    def __repr__(self) -> str:
        return f"Secret({SEALED})"

    def __reduce__(self) -> tuple[type["Secret"], tuple[str]]:
        return Secret, (SEALED,)
