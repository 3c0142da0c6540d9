"""Real servers that log all they can, and are killed amid the checks of marked secrets."""

from pathlib import Path
from random import Random
from typing import Final

from ivr.carrier.web import http_sender
from ivr.parts import Parts
from tests.canary import Search
from tests.faults.canary import TO_PROOF, Callers, Faulty, holders
from tests.faults.checks import LOOKING
from tests.faults.dead_wallet import forget
from tests.faults.twice import Twice
from tests.openapi import Log
from tests.processes import Server, carrier_of
from tests.test_killed_freezes import TRAP, Traps
from tests.world import World

AT_DEBUG: Final = "import logging\nlogging.basicConfig(level=0)\nlogging.getLogger('sqlalchemy').setLevel(10)\n"
TRAPPED: Final = 0.5  # Of the calls.


def marked(project: Path, marks: dict[str, str]) -> None:
    """Have a copy of the project know the marks for right, log at DEBUG, and wait for a kill in the wallet's checks."""
    accounts, wallet, app = (
        project / name for name in ("ivr/wallets/demo/accounts.py", "ivr/wallets/demo/__init__.py", "app.py")
    )
    known = accounts.read_text("utf-8").replace('"246810"', f'"{marks["right pin"]}"')
    accounts.write_text(known.replace('"135790"', f'"{marks["right code"]}"'), "utf-8")
    wallet.write_text(wallet.read_text("utf-8") + TRAP.replace('("check_code"', '("check_pin", "check_code"'), "utf-8")
    app.write_text(AT_DEBUG + app.read_text("utf-8"), "utf-8")


def killed(servers: list[Server], parts: Parts, traps: Traps, search: Search, calls: int, seed: int) -> Callers:
    """Make calls at servers the first of which is killed again and again; return who made them."""
    carrier, marks = carrier_of(servers[0], http_sender()), dict(search.marks)
    here = World(None, carrier, parts, Log())  # type: ignore[arg-type]
    holders(servers[0].project / "instance" / "wallet.db", marks["right pin"])
    callers, looking = Callers(here, marks, Faulty(parts.wallet), search), parts.flow.words["zh-CN"][LOOKING]
    for number in range(calls):
        chance = Random(f"{seed} {number} killed")
        forget(parts)
        carrier.send = Twice(traps.mortal.sender(), chance, looking, [one.port for one in servers])
        how, caller = chance.choice([*TO_PROOF]), here.caller(f"+86136{number:08}")
        for keys in TO_PROOF[how]:
            caller.press(keys)
        if not number or chance.random() < TRAPPED:
            traps.trap.touch()
        callers.proves(caller, how, chance)
        traps.trap.unlink(missing_ok=True)
        traps.mortal.settle()
        carrier.send = http_sender()  # By which nobody is killed.
        callers.told_late(caller)
        caller.hang_up()
        callers.tally.update({"calls": 1, how: 1})
    callers.tally.update(kills=len(traps.mortal.deaths), amid_checks=traps.kills)
    return callers


def left_behind(search: Search, server: Server) -> None:
    """Search what a server left beside its database."""
    search.files("file", server.project / "instance")
    search.look("log", server.log.name, server.log.read_bytes())
