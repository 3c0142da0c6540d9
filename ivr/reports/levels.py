"""Service level by the four formulas in use, each printed beside its figure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from ivr.flow.flow import WITHIN
from ivr.reports.counting import Sums
from ivr.reports.figures import Figure, share
from ivr.reports.report import Asked, Choice, Words
from ivr.reports.tallies import Tally

LEVEL: Final = Words("服务水平", "Service level")
T = TypeVar("T")
OWN: Final = "own"  # Within the seconds that each queue's own target says.


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula: its words, and the figures that it divides, of sums and within how many seconds (or OWN)."""

    words: Words
    part: Callable[[Sums, str], int]
    whole: Callable[[Sums, str], int]


def _got(name: str) -> Callable[[Sums, str], int]:
    return lambda sums, _: sums.get(name, 0)


def _in(*names: str) -> Callable[[Sums, str], int]:
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
            "{x} 秒内接通 ÷ （全部进线 − 短时放弃）",
            "answered within {x} s ÷ (offered − short abandons)",
        ),
        _in("answered"),
        lambda sums, _: sums.get("offered", 0) - sums.get("abandoned_short", 0),
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


def level(sums: Sums, formula: str, within: str) -> float | None:
    """Return the service level, a share of 1, by a formula of FORMULAS, of sums that `read` gave; None of nothing."""
    one = FORMULAS[formula]
    return share(one.part(sums, within), one.whole(sums, within))


def read(asked: Asked, key: str | None = None) -> list[Tally]:
    """Return the tallies of queues, with sums by the queue's own target (`answered_own`) and of `abandoned_short`."""
    return [replace(one, sums=owned(asked, one.key, one.sums)) for one in asked.read("queue", key)]


def seconds(asked: Asked) -> int:
    """Return the target in seconds that was chosen: its own is the chosen queue's, or of all the general one's."""
    within = asked.chosen["within"]
    queue = asked.flow.queues[asked.chosen.get("queue") or asked.flow.hotline.queue]
    return queue.service_seconds if within == OWN else int(within)


def owned(asked: Asked, key: str, sums: Mapping[str, T]) -> dict[str, T]:
    """Return these sums of a queue, or their shapes, with those by its own target."""
    queue = asked.flow.queues.get(key) or asked.flow.queues[asked.flow.hotline.queue]
    found = {f"{name}_{OWN}": f"{name}_{queue.service_seconds}" for name in ("answered", "abandoned", "callback")}
    found["abandoned_short"] = f"abandoned_{queue.short_seconds}"
    return {**sums, **{name: sums[counted] for name, counted in found.items() if counted in sums}}


def level_figure(formula: str, within: str) -> Figure:
    """Return the service level as a figure; it opens who was answered in time, where that is the same for all."""
    return Figure(
        LEVEL, "share", lambda sums: level(sums, formula, within), "" if within == OWN else f"answered_{within}"
    )


def printed(formula: str, within: str) -> Words:
    """Return the formula as it stands beside the figure."""
    zh, en = ("目标", "the target's") if within == OWN else (within, within)
    words = FORMULAS[formula].words
    return Words(words.zh.format(x=zh), words.en.format(x=en))


FORMULA: Final = Choice("formula", Words("算法", "Formula"), {name: printed(name, "X") for name in FORMULAS})
TARGET: Final = Choice(
    "within",
    Words("目标秒数", "Within"),
    {OWN: Words("各队列的目标", "each queue's target"), **{str(one): Words(f"{one} 秒", f"{one} s") for one in WITHIN}},
)
