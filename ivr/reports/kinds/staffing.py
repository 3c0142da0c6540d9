"""Staffing: how many agents each half-hour needs for a target, from the load that was measured."""

from collections.abc import Mapping
from math import ceil
from typing import Final

from ivr.reports.counting import Sums
from ivr.reports.erlang import Load, Service, needed
from ivr.reports.figures import share
from ivr.reports.halves import DAYS, by_half
from ivr.reports.levels import LEVEL, TARGET, seconds
from ivr.reports.report import QUEUE, Asked, Cell, Chart, Choice, Column, Made, Report, Series, Table, Words

TITLE: Final = Words("人员配置", "Staffing")
AGENTS: Final = Words("所需坐席", "Agents needed")
ROSTER: Final = Words("排班人数", "To be rostered")
AIM: Final = Choice(
    "target", Words("目标", "Target"), {str(one): Words(f"{one}%", f"{one}%") for one in (80, 70, 75, 85, 90, 95)}
)
MODEL: Final = Choice(
    "model",
    Words("模型", "Model"),
    {
        "c": Words("Erlang C（无人放弃）", "Erlang C (nobody gives up)"),
        "a": Words("Erlang A（会放弃）", "Erlang A (callers give up)"),
    },
)
SHRINKAGE: Final = Choice(
    "shrinkage",
    Words("缺勤与休息", "Shrinkage"),
    {str(one): Words(f"{one}%", f"{one}%") for one in (30, 0, 10, 20, 25, 35, 40)},
)
BUSIEST: Final = Choice(
    "busiest",
    Words("最高占用率", "Most occupancy"),
    {str(one): Words(f"{one}%", f"{one}%") for one in (85, 80, 90, 95, 100)},
)
COLUMNS: Final = (
    Column(Words("时段", "Half-hour"), "half"),
    Column(Words("平均来电", "Calls"), "number"),
    Column(Words("平均处理", "Handle time"), "seconds"),
    Column(Words("话务量（爱尔兰）", "Erlangs"), "number"),
    Column(AGENTS),
    Column(ROSTER),
    Column(LEVEL, "share"),
    Column(Words("预计等候", "Mean wait"), "seconds"),
    Column(Words("占用率", "Occupancy"), "share"),
    Column(Words("预计放弃率", "Abandon rate"), "share"),
)


def make(asked: Asked) -> Made:
    """Return what each half-hour needs, whose load is the mean of the chosen days on which anybody called."""
    halves, days = by_half(asked)
    whole = _all(halves)
    patience, usual = _patience(whole), share(whole["talked"] + whole["wrapped"], whole["answered"])
    told = {label: _needs(asked, sums, days, patience, usual) for label, sums in halves.items()}
    found = {label: one for label, one in told.items() if one}
    rows = tuple(_row(asked, label, *one) for label, one in found.items())
    services = [service for _, _, service in found.values()]
    needs = Series(AGENTS, tuple(one.agents for one in services))
    roster = Series(ROSTER, tuple(_rostered(asked, one) for one in services))
    chart = Chart("bar", AGENTS, tuple(found), (needs, roster), by="half")
    return Made((Table(COLUMNS, rows),), (chart,) if rows else (), _formula(asked, days, patience))


def _all(halves: Mapping[str, Sums]) -> dict[str, int]:
    names = ("answered", "abandoned", "talked", "wrapped", "waited")
    return {name: sum(sums.get(name, 0) for sums in halves.values()) for name in names}


def _patience(whole: Mapping[str, int]) -> float | None:
    """Return the mean patience, in seconds: all that was waited by how many gave up; None where nobody did."""
    return share(whole["waited"], whole["abandoned"]) or None


def _needs(
    asked: Asked, sums: Sums, days: int, patience: float | None, usual: float | None
) -> tuple[float, Load, Service] | None:
    calls = sums.get("offered", 0) / days
    handled = share(sums.get("talked", 0) + sums.get("wrapped", 0), sums.get("answered", 0)) or usual
    if not calls or not handled:
        return None
    load, impatient = Load(2 * calls, handled), patience if asked.chosen["model"] == "a" else None
    target, busiest = int(asked.chosen["target"]) / 100, int(asked.chosen["busiest"]) / 100
    return calls, load, needed(load, target, seconds(asked), busiest, impatient)


def _rostered(asked: Asked, service: Service) -> int:
    return ceil(service.agents / (1 - int(asked.chosen["shrinkage"]) / 100))


def _row(asked: Asked, label: str, calls: float, load: Load, service: Service) -> tuple[Cell, ...]:
    measured = (Cell(label), Cell(calls), Cell(load.handled), Cell(load.erlangs))
    needs = (Cell(service.agents), Cell(_rostered(asked, service)))
    foreseen = (Cell(service.level), Cell(service.waited), Cell(service.occupancy), Cell(service.abandoned))
    return (*measured, *needs, *foreseen)


def _formula(asked: Asked, days: int, patience: float | None) -> Words:
    waits = round(patience or 0)
    impatient = asked.chosen["model"] == "a" and patience
    return Words(
        f"{days} 天的平均来电和处理时长；排班人数 = 所需坐席 ÷ (1 − 缺勤与休息)"
        + (f"；平均耐心 {waits} 秒" if impatient else ""),
        f"mean load of {days} days; to be rostered = needed ÷ (1 − shrinkage)"
        + (f"; mean patience {waits} s" if impatient else ""),
    )


REPORT: Final = Report(
    "staffing",
    TITLE,
    Words("每个半小时需要多少坐席才能达到目标", "How many agents each half-hour needs for a target"),
    make,
    (QUEUE, DAYS, MODEL, AIM, TARGET, BUSIEST, SHRINKAGE),
    order=120,
)
