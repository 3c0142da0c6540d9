"""What is keyed in confidence is sealed before anything else hears of it."""

from ivr.flow.flow import GlobalKeys
from ivr.flow.inputs import Input, Pressed
from ivr.flow.secret import SEALED, Secret
from ivr.flow.waits import Keys, Wait

WRONG = "?"  # No key of a telephone, so it is wrong everywhere.


def sealed(wait: Wait | None, heard: Input, keys: GlobalKeys) -> Input:
    """Return what was heard with what is secret in it sealed; what of it is written down replays to the same.

    One key alone is no secret, and leads to what it means everywhere. A number that has not as many digits as are asked
    for is only told to be wrong, and whoever goes back in the middle of one goes back.
    """
    if not (isinstance(wait, Keys) and isinstance(heard, Pressed) and isinstance(heard.keys, str)):
        return heard
    pressed = heard.keys
    early = len(pressed) < wait.least
    if not (wait.secret or early) or pressed == SEALED or len(pressed) < 2:
        return heard
    if pressed.endswith(keys.back):
        return Pressed(keys.back)
    whole = not early and len(pressed) == wait.most and pressed.isdigit() and pressed.isascii()
    return Pressed(Secret(pressed)) if whole else Pressed(WRONG)
