"""Drop-off: where callers leave the menus, and which ways they took."""

from collections import Counter
from collections.abc import Mapping
from typing import Final

from ivr.reports.facts import STEP
from ivr.reports.figures import share
from ivr.reports.report import Asked, Cell, Chart, Choice, Column, Made, Report, Table, Traffic, Words
from ivr.reports.tallies import together

TITLE: Final = Words("菜单流失", "Where callers leave the menus")
MOST: Final = 40  # The Sankey's widest ways; more could not be read.
VERSION: Final = Choice("version", Words("菜单版本", "Version"), {"": Words("来电最多", "most calls")}, "version")
COLUMNS: Final = (
    Column(Words("位置", "Place"), "place"),
    Column(Words("到达", "Came")),
    Column(Words("在此挂机", "Hung up here")),
    Column(Words("流失率", "Drop-off"), "share"),
)


def make(asked: Asked) -> Made:
    """Return each place with who came and who hung up there, and the ways between them, of one version."""
    version = asked.chosen["version"] or _busiest(together(asked.read("version")))
    places, steps = (together(asked.read(cut, begins=f"{version}{STEP}")) for cut in ("place", "step"))
    came = {key.partition(STEP)[2]: sums for key, sums in places.items()}
    rows = sorted(came.items(), key=lambda row: (-row[1]["left"], -row[1]["came"], row[0]))
    table = tuple(
        (
            Cell(place),
            Cell(sums["came"], asked.counted("came", "place", f"{version}{STEP}{place}", "facts")),
            Cell(sums["left"], asked.counted("left", "place", f"{version}{STEP}{place}", "facts")),
            Cell(share(sums["left"], sums["came"])),
        )
        for place, sums in rows
    )
    formula = Words(
        "流失率：在此挂机（未排队）÷ 到达；同一通来电在一处只计一次。",
        "drop-off: hung up here, never in line ÷ came; a call counts once for a place, however often it came by.",
    )
    ways = {(key.split(STEP)[1], key.split(STEP)[2]): sums["calls"] for key, sums in steps.items()}
    traffic = Traffic(version, {str(row[0].value): (row[1], row[2]) for row in table}, ways) if table else None
    return Made((Table(COLUMNS, table),), _ways(ways), formula, traffic=traffic)


def _busiest(versions: Mapping[str, Counter[str]]) -> str:
    """Return the version with the most calls, the newest of several; "" where there is none."""
    calls = ((sums["calls"], int(version)) for version, sums in versions.items())
    return str(max(calls, default=(0, ""))[1])


def _ways(ways: Mapping[tuple[str, str], int]) -> tuple[Chart, ...]:
    """Return the widest ways, without those that lead back, which a Sankey cannot show."""
    links, ahead = list[tuple[str, str, int]](), dict[str, set[str]]()
    for number, (one, two) in sorted(((number, way) for way, number in ways.items()), reverse=True)[:MOST]:
        if one not in ahead.get(two, set()):
            links.append((one, two, number))
            beyond = {two} | ahead.get(two, set())
            for place in [one, *(place for place, found in ahead.items() if one in found)]:
                ahead.setdefault(place, set()).update(beyond)
    chart = Chart("sankey", Words("来电者走的路", "The ways that callers took"), links=tuple(links), by="place")
    return (chart,) if links else ()


REPORT: Final = Report(
    "drop-off",
    TITLE,
    Words(
        "来电者在菜单哪一处挂机，走了哪些路", "At which place of the menus callers hang up, and which ways they took"
    ),
    make,
    (VERSION,),
    order=80,
)
