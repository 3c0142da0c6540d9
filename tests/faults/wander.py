"""A caller who does what chance says: the same chance and the same answers make the same call."""

from collections.abc import Callable
from random import Random
from typing import Final

from ivr.carrier.caller import Caller
from ivr.carrier.cues import Recording

MOVES: Final = 25
KEYS: Final = [*"11122233344558", "9", "*", "0", "7", "#", "6200123456", "13812345678", "0305", "128#", "12#"]


def wander(caller: Caller, chance: Random, enough: Callable[[], bool] = lambda: False) -> bool:
    """Act until the call is over, or the caller has enough of it; return whether it was the caller who hung up."""
    for _ in range(MOVES):
        caller.listen()
        if caller.over or enough() or chance.random() < 0.02:
            break
        act(caller, chance)
    gone = not caller.over
    caller.hang_up()
    return gone


def act(caller: Caller, chance: Random) -> None:
    """Do one thing: speak where that is recorded; else say nothing, or press keys."""
    if isinstance(caller.cue, Recording):
        _speak(caller, chance)
    elif chance.random() < 0.1:
        caller.silence()
    else:
        caller.press(chance.choice(KEYS), interrupt=chance.random() < 0.3)


def _speak(caller: Caller, chance: Random) -> None:
    if chance.random() < 0.8:
        caller.speak(chance.choice([0.2, 3, 20]))
    match chance.choice(["#", "silence", "go on"]):
        case "#":
            caller.press("#")
        case "silence":
            caller.silence()
