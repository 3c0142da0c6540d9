"""Who a caller has proven to be: the facts that tell it, which a call forgets with its end."""

from collections.abc import Mapping
from typing import Final

PROVEN: Final = "proven"  # By what: pin or code.
TRIES: Final = "tries"  # How often in this call what was keyed was not right.
WHO: Final = "who"  # The account's number or the registered phone, as it was keyed.
PROVING: Final = "proving"  # What is asked for: who, way, pin, code.
BARRED: Final = "barred"  # By what it cannot be proven any more in this call, as too much was tried: pin, code.
WAYS: Final = ("pin", "code")


def ways(facts: Mapping[str, str]) -> tuple[str, ...]:
    """Return by what a call of these facts may yet prove who calls: pin, code."""
    barred = facts.get(BARRED, "").split()
    return tuple(way for way in WAYS if way not in barred)
