"""Commands for who keeps the menus in files: whether they are good, and whether they trap callers."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

import click

from ivr.flow.flow import Flow
from ivr.flow.problem import Problem
from ivr.flow.prove.proof import Proof, prove
from ivr.flow.prove.told import told

AHEAD: Final = 60  # days


def menus_commands(read: Callable[[], tuple[Flow | None, list[Problem]]], now: Callable[[], datetime]) -> click.Group:
    """Return the commands on what callers hear; `read` reads the menus anew, as `load` does."""

    @click.group("menus", help="What callers hear.")
    def menus() -> None:
        pass

    @menus.command("check")
    def check() -> None:
        """Say everything that is wrong with the menus, or walk all states of a call for traps in them."""
        flow, problems = read()
        for problem in problems:
            click.echo(str(problem))
        if flow is None or problems:
            raise SystemExit(1)
        click.echo(f"menus are good: {len(flow.nodes)} nodes, {len(flow.words)} languages")
        proof = prove(flow, now())
        for trap in proof.traps:
            click.echo(f"{trap.place}: {told(flow, trap)}")
        if proof.traps:
            raise SystemExit(1)
        for line in _figures(proof):
            click.echo(line)
        today = now().astimezone(flow.zone).date()
        if unknown := flow.schedule.unknown(today, AHEAD):
            words = f"the public holidays from {unknown[0]} on are not known yet: enter them in hours.yaml"
            click.echo(f"warning: {words}", err=True)

    return menus


def _figures(proof: Proof) -> Iterator[str]:
    yield f"no trap was found: {proof.states} states, {proof.steps} steps, {proof.hours} sets of open queues"
    slow, wide = proof.slow, proof.wide
    yield f"longest menu: {slow.place}, {slow.seconds:.0f} s; most choices: {wide.place}, {wide.choices}"
    goals = sorted(proof.goals.items(), key=lambda one: one[1])
    soonest = (f"{name} {spent:.0f} s ({keys} keys)" for name, (spent, keys) in goals)
    yield f"soonest, with all words heard: {', '.join(soonest)}"
