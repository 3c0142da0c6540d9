"""Values: frozen for whoever reads and checks the code, but as cheap to make as what is not."""

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value(kind: type[T]) -> type[T]:
    """Make a class a frozen dataclass with slots; that nobody changes one is seen by the type checker.

    To have each field guarded while the program runs, too, doubles the time that making one takes, and a turn makes
    twenty: see PEP 681.
    """
    return dataclass(slots=True, unsafe_hash=True)(kind)
