"""Measure how long it takes to prove the shipped menus, and menus of 500 nodes: `python -m tests.bench.proof`."""

import argparse
import re
import resource
import time
from collections.abc import Iterator
from itertools import cycle
from typing import Final

from ivr.flow.flow import Flow
from ivr.flow.load import load
from ivr.flow.prove.proof import Proof, prove
from ivr.folders import menus
from tests.world import OPEN, ROOT

NODES: Final = 500
MATTERS: Final = ("payment", "topup", "withdrawal", "frozen", "merchant", "password", "profile", "refund")
MOST: Final = 6  # Choices of a menu.
ENGLISH: Final = "languages/en-US.yaml"


def grown(nodes: int = NODES) -> dict[str, str]:
    """Return the shipped menus with as many copies of their matters as make so many nodes, one at least."""
    files = menus(ROOT / "menus")
    have, copies = len(good(files).nodes), list[str]()
    for number, name in enumerate(cycle(MATTERS)):
        if copies and have >= nodes:
            break
        copy = f"{name}_{number}"
        copies.append(copy)
        files[f"{copy}.yaml"] = files[f"{name}.yaml"]
        mine = re.findall(rf"^{name}\..*$", files[ENGLISH], re.MULTILINE)
        files[ENGLISH] += "".join(f"{line.replace(name, copy, 1)}\n" for line in mine)
        have += len(re.findall(r"^  kind:", files[f"{name}.yaml"], re.MULTILINE))
    for line, words in _menus(copies):
        files["main.yaml"] += line
        files[ENGLISH] += words
    files["main.yaml"] = files["main.yaml"].replace("go: contact}", "go: contact}\n    6: {for: 其他服务, go: area}", 1)
    files[ENGLISH] += 'main.other.choices.area: "For other services"\n'
    return files


def _menus(ahead: list[str], level: int = 0) -> Iterator[tuple[str, str]]:
    """Yield the menus, lowest first, that lead to all of these places, with their words in English."""
    several = [ahead[at : at + MOST] for at in range(0, len(ahead), MOST)]
    names = ["area"] if len(several) == 1 else [f"area_{level}_{number}" for number in range(len(several))]
    for name, places in zip(names, several, strict=True):
        choices = "".join(f"    {key}: {{for: 第{key}类业务, go: {place}}}\n" for key, place in enumerate(places, 1))
        words = "".join(f'main.{name}.choices.{place}: "For service {place[-1]}"\n' for place in places)
        yield (
            f"\n{name}:\n  kind: menu\n  say: 其他服务。\n  choices:\n{choices}",
            f'main.{name}.say: "Services."\n{words}',
        )
    if len(several) > 1:
        yield from _menus(names, level + 1)


def good(files: dict[str, str]) -> Flow:
    """Return the flow that menus make; raise ValueError with the first problem of bad ones."""
    flow, problems = load(files)
    if flow is None:
        raise ValueError(str(problems[0]))
    return flow


def measured(flow: Flow) -> tuple[Proof, float, float]:
    """Return the proof of a flow, the seconds that it took, and those of the processor's time."""
    clock, worked = time.perf_counter(), time.process_time()
    proof = prove(flow, OPEN)
    return proof, time.perf_counter() - clock, time.process_time() - worked


def told(name: str, flow: Flow) -> str:
    """Return what the proof of a flow took, as a line."""
    proof, took, worked = measured(flow)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    size = f"{len(flow.nodes)} nodes, {proof.states} states, {proof.steps} steps, {len(proof.traps)} traps"
    return f"{name:<8} {size}: {took:.2f} s, {worked:.2f} s of the processor, {most} MB"


def main() -> None:
    """Print a line each for the shipped menus and for grown ones."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=NODES)
    nodes = parser.parse_args().nodes
    print(told("shipped", good(menus(ROOT / "menus"))))
    print(told("grown", good(grown(nodes))))


if __name__ == "__main__":
    main()
