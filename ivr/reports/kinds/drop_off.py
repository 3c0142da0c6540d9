"""Drop-off: where callers leave the menus, and which ways they took."""

from collections import Counter
from typing import Final

from ivr.reports.facts import STEP
from ivr.reports.figures import share
from ivr.reports.report import Asked, Cell, Chart, Choice, Column, Made, Report, Table, Words
from ivr.reports.tallies import together

TITLE: Final = Words("菜单流失", "Where callers leave the menus")
MOST: Final = 40  # The Sankey's widest ways; more could not be read.
VERSION: Final = Choice("version", Words("菜单版本", "Version"), {"": Words("最新", "newest")}, "version")
COLUMNS: Final = (
    Column(Words("位置", "Place"), "place"),
    Column(Words("到达", "Came")),
    Column(Words("在此挂机", "Hung up here")),
    Column(Words("流失率", "Drop-off"), "share"),
)


def make(asked: Asked) -> Made:
    """Return each place with who came and who hung up there, and the ways between them, of one version."""
    places, steps = together(asked.read("place")), together(asked.read("step"))
    version = asked.chosen["version"] or max((key.partition(STEP)[0] for key in places), key=int, default="")
    came = {key.partition(STEP)[2]: sums for key, sums in places.items() if key.startswith(f"{version}{STEP}")}
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
    return Made((Table(COLUMNS, table),), _ways(steps, version), formula)


def _ways(steps: dict[str, Counter[str]], version: str) -> tuple[Chart, ...]:
    """Return the widest ways, without those that lead back, which a Sankey cannot show."""
    links, ahead = list[tuple[str, str, int]](), dict[str, set[str]]()
    theirs = sorted(
        ((sums["calls"], key) for key, sums in steps.items() if key.startswith(f"{version}{STEP}")), reverse=True
    )
    for number, key in theirs[:MOST]:
        _, one, two = key.split(STEP)
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
