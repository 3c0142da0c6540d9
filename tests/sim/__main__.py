"""Live through a day and print its figures: python -m tests.sim [callers] [agents] [seed]."""

import sys
from collections import Counter
from collections.abc import Iterable
from statistics import mean, quantiles
from time import perf_counter

from ivr.desk.estimate import Promise, hit_rate
from ivr.desk.line import Entry, overtakings
from tests.sim.audit import Books, audited
from tests.sim.callers import AGENTS, RULES, agents, callers
from tests.sim.day import Day, lived
from tests.sim.simpy_line import Modelled, modelled

SEED = 20261123
RANKS = {1: "fraud", 2: "complaint", 3: "normal"}


def main(count: int = 5000, on: int = AGENTS, seed: int = SEED) -> int:
    """Print what the day shows; return 1 if anything promised did not hold."""
    people = callers(count, seed)
    start = perf_counter()
    day = lived(people, agents(on))
    print(f"{count} callers, {on} agents, seed {seed}: lived in {perf_counter() - start:.1f} s")
    books = audited(day.log, [caller.id for caller in people], RULES)
    model = modelled(people, on)
    show_fate(day, books)
    show_waits(day, model)
    show_overtakings(day)
    show_promises("told in all", day.promises)
    show_promises("  of those, told at least 5 minutes", [one for one in day.promises if one.told.high >= 5])
    show_promises(
        "after a day like it", lived(people, agents(on), lived(callers(count, seed + 1), agents(on)).history).promises
    )
    print(f"audit: {books.dispatches} dispatches, {len(books.wrong)} faults", *books.wrong[:10], sep="\n  ")
    return 1 if books.wrong or apart(day, model) > 0.03 else 0


def apart(day: Day, model: Modelled) -> float:
    """Return by which share the mean waits of the line and of SimPy's model differ, in the rank where they do most."""
    ours, theirs = by_rank(day.waits), by_rank(model.waits)
    return max(abs(mean(ours[rank]) / mean(theirs[rank]) - 1) for rank in ours)


def by_rank(waits: Iterable[tuple[int, float]]) -> dict[int, list[float]]:
    """Sort (rank, seconds) into ranks."""
    ranked: dict[int, list[float]] = {}
    for rank, seconds in waits:
        ranked.setdefault(rank, []).append(seconds)
    return ranked


def show_fate(day: Day, books: Books) -> None:
    """Print how everybody ended."""
    what = Counter(line.what for line in day.log)
    print(f"answered {sum(books.talked.values())}, twice {sum(number > 1 for number in books.talked.values())}")
    print(f"gave up or not reached {sum(books.gone.values())}, lost {len(books.waiting)}")
    print(f"missed or refused by an agent {what['missed']}, agents sent away {what['away']}")
    back = {line.caller for line in day.log if line.entry and line.entry.kind == "callback"}
    again = {name for name, waiter in day.waiters.items() if waiter.attempt}
    kept = {line.caller for line in day.log if line.entry and line.entry.since < line.entry.joined} - back
    print(f"gave up at least once {len(again)}, redialled to their old place {len(kept)}, rung back {len(back)}")


def show_waits(day: Day, model: Modelled) -> None:
    """Print the waits of the line beside those of SimPy's model."""
    ours, theirs = by_rank(day.waits), by_rank(model.waits)
    for rank, waits in sorted(ours.items()):
        other = theirs[rank]
        print(
            f"{RANKS[rank]}: {len(waits)} waited {mean(waits):.2f} s (p90 {quantiles(waits, n=10)[-1]:.0f} s);"
            f" in SimPy {len(other)} waited {mean(other):.2f} s: {100 * (mean(waits) / mean(other) - 1):+.2f} %"
        )
    same = sorted(day.waits) == sorted(model.waits)
    print(f"largest difference {100 * apart(day, model):.2f} %; every wait the same to the millisecond: {same}")


def show_overtakings(day: Day) -> None:
    """Print why whoever was overtaken was, each time that a line of its longest was served from."""
    waiting: dict[str, Entry] = {}
    longest: list[Entry] = []
    for line in day.log:
        if line.what == "joins" and line.entry:
            waiting[line.caller] = line.entry
        elif line.what == "leaves":
            waiting.pop(line.caller, None)
        for found in line.matches:
            waiting.pop(found.entry.id, None)
        longest = list(waiting.values()) if len(waiting) > len(longest) else longest
    reasons = Counter(str(one.reason) for one in overtakings(longest, RULES))
    print(f"longest line {len(longest)}; overtakings in it: {dict(reasons)}")
    passed = sum(bool(found.reason) for line in day.log for found in line.matches)
    print(
        f"served past somebody whom nobody free could serve: {passed} of {sum(len(line.matches) for line in day.log)}"
    )


def show_promises(name: str, promises: list[Promise]) -> None:
    """Print how many ranges were told, how wide, how many held."""
    if promises:
        width = mean(one.told.high - one.told.low for one in promises)
        late = mean(one.took > 60 * one.told.high for one in promises)
        rate = hit_rate(promises) or 0
        print(f"{name}: {len(promises)} ranges, {width:.2f} minutes wide, held {rate:.1%}, late {late:.1%}")


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
