"""Service level by the four formulas in use, each printed beside its figure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from ivr.reports.figures import Figure, share
from ivr.reports.measures import WITHIN
from ivr.reports.report import Choice, Words
from ivr.reports.tallies import Sums

LEVEL: Final = Words("服务水平", "Service level")
SHORT: Final = 5  # Seconds; who hangs up sooner has hardly waited.


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula: its words, and the figures that it divides, of sums and a number of seconds."""

    words: Words
    part: Callable[[Sums, int], int]
    whole: Callable[[Sums, int], int]


def _got(name: str) -> Callable[[Sums, int], int]:
    return lambda sums, _: sums.get(name, 0)


def _in(*names: str) -> Callable[[Sums, int], int]:
    return lambda sums, within: sum(sums.get(f"{name}_{within}", 0) for name in names)


FORMULAS: Final[Mapping[str, Formula]] = {
    "offered": Formula(
        Words("{x} 秒内接通 ÷ 全部进线", "answered within {x} s ÷ offered"),
        _in("answered"),
        _got("offered"),
    ),
    "answered": Formula(
        Words("{x} 秒内接通 ÷ 全部接通", "answered within {x} s ÷ answered"),
        _in("answered"),
        _got("answered"),
    ),
    "short": Formula(
        Words(
            "{x} 秒内接通 ÷ （全部进线 − 5 秒内放弃）",
            "answered within {x} s ÷ (offered − abandoned within 5 s)",
        ),
        _in("answered"),
        lambda sums, _: sums.get("offered", 0) - sums.get(f"abandoned_{SHORT}", 0),
    ),
    "amazon": Formula(
        Words(
            "{x} 秒内接通、放弃或要求回拨 ÷ 全部进线（亚马逊的算法）",
            "answered, abandoned or asked to be rung back within {x} s ÷ offered (as Amazon counts)",
        ),
        _in("answered", "abandoned", "callback"),
        _got("offered"),
    ),
}


def level(sums: Sums, formula: str, within: int) -> float | None:
    """Return the service level, a share of 1, by a formula of FORMULAS; None of nothing."""
    one = FORMULAS[formula]
    return share(one.part(sums, within), one.whole(sums, within))


def level_figure(formula: str, within: int) -> Figure:
    """Return the service level as a figure."""
    return Figure(LEVEL, "share", lambda sums: level(sums, formula, within), f"answered_{within}")


def printed(formula: str, within: int | str) -> Words:
    """Return the formula as it stands beside the figure."""
    words = FORMULAS[formula].words
    return Words(*(one.format(x=within) for one in words))


FORMULA: Final = Choice("formula", Words("算法", "Formula"), {name: printed(name, "X") for name in FORMULAS})
TARGET: Final = Choice(
    "within",
    Words("目标秒数", "Within"),
    {str(one): Words(f"{one} 秒", f"{one} s") for one in (20, *(one for one in WITHIN if one != 20))},
)
