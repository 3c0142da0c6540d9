"""What is keyed in confidence during a rehearsal, of which nothing is kept but that there was something."""

from typing import Final

from ivr.flow.inputs import Input, Pressed
from ivr.flow.nodes.verify import DIGITS
from ivr.flow.secret import SEALED, Secret

DOTS: Final = Pressed(SEALED)  # Replays as any secret does.


def dotted(heard: Input) -> Input:
    """Return what was heard, with dots in place of what was keyed in confidence."""
    return DOTS if isinstance(heard, Pressed) and isinstance(heard.keys, Secret) else heard


def unheard(told: Input) -> Input:
    """Return what nobody has heard yet, with dots in place of what may be meant in confidence."""
    match told:
        case Pressed(keys) if isinstance(keys, Secret) or len(keys) == DIGITS:
            return DOTS
    return told
