"""Shapes of days: the sums of each half-hour by the clock, as lists, so that days add up quickly."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import chain, repeat
from operator import add
from typing import Final

HALVES: Final = 48  # Of a day by the clock; those of an hour that the clock shows twice stand behind them, at + 48.
SECOND: Final = " (2)"
Shape = Mapping[str, list[int]]


def position(at: datetime) -> int:
    """Return where the half-hour stands that begins then, by the clock of its zone."""
    return at.hour * 2 + at.minute // 30 + HALVES * at.fold


def label(position: int) -> str:
    """Return how the half-hour is written: 09:30; the second time that the clock shows it, 09:30 (2)."""
    fold, half = divmod(position, HALVES)
    return f"{half // 2:02}:{half % 2 * 30:02}{SECOND * fold}"


def shaped(halves: Mapping[int, Mapping[str, int]]) -> dict[str, list[int]]:
    """Return the shape of the sums of half-hours, by where these stand."""
    made: dict[str, list[int]] = {}
    for at, sums in sorted(halves.items()):
        for name, number in sums.items():
            numbers = made.setdefault(name, [])
            numbers.extend([0] * (at - len(numbers)))
            numbers.append(number)
    return made


def together(shapes: Iterable[Shape]) -> dict[str, list[int]]:
    """Return what shapes come to together."""
    made: dict[str, list[int]] = {}
    for shape in shapes:
        for name, numbers in shape.items():
            made[name] = plus(made[name], numbers) if name in made else numbers
    return made


def plus(one: list[int], other: list[int]) -> list[int]:
    """Return the sums of half-hours of two; no 0 is at the end."""
    short, long = sorted((one, other), key=len)
    made = list(map(add, long, chain(short, repeat(0))))  # Of a year so many that each one's time counts.
    while made and not made[-1]:
        made.pop()
    return made


def negative(shape: Shape) -> dict[str, list[int]]:
    """Return what takes a shape away where it is added."""
    return {name: [-number for number in numbers] for name, numbers in shape.items()}


def halves(shape: Shape) -> dict[int, dict[str, int]]:
    """Return the sums of each half-hour, by where it stands, in order."""
    made: dict[int, dict[str, int]] = {}
    for name, numbers in shape.items():
        for at, number in enumerate(numbers):
            if number:
                made.setdefault(at, {})[name] = number
    return dict(sorted(made.items()))
