"""Commands: under which secrets things are sealed, and sealing them anew."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Final, Protocol

import click

from ivr.store.audit import Trail
from ivr.store.rotation import BLOCKED, Rotation
from ivr.store.sealing_keys import name, since


class Factors(Protocol):
    """People's second factors, which are encrypted apart."""

    def old(self) -> int:
        """Return how many older secrets encrypt."""

    def rotate(self) -> int:
        """Encrypt them anew, and return how many."""


FADE: Final = "which go by themselves (limits on guessing)"
FADES: Final = {BLOCKED: "whose callers were erased: they are blocked no more once the older key is taken away"}


@dataclass(frozen=True, slots=True)
class Keys:
    """What the commands need: `spooled` are the texts that wait on disk, sealed."""

    rotation: Rotation
    factors: Factors
    trail: Trail
    spooled: Callable[[], Sequence[str]]


def keys_commands(keys: Keys) -> click.Group:
    """Return the commands `keys show` and `keys rotate`."""

    @click.group("keys")
    def group() -> None:
        """Under which of the secrets in SECRET_KEY things are sealed."""

    @group.command("show")
    def show() -> None:
        """Say how many rows are under which secret, and whether the older ones can be taken away."""
        _show(keys)

    @group.command("rotate")
    def rotate() -> None:
        """Seal under the first secret of SECRET_KEY all that older ones sealed; servers go on meanwhile.

        First start every server with SECRET_KEY=new,old, one after the other. Whoever ends it may begin again.
        """
        secrets = keys.rotation.secrets
        keys.trail.add("terminal", "keys.rotate", name(secrets[0]), "", older=[name(one) for one in secrets[1:]])
        for what, count in keys.rotation.rotate():
            if count:
                click.echo(f"{count} of {what} sealed anew")
        click.echo(f"{keys.factors.rotate()} second factors encrypted anew")
        click.echo("now let `flask --app app jobs` or a server digest the calls, and see `keys show`")

    return group


def _show(keys: Keys) -> None:
    rotation = keys.rotation
    names = [name(secret) for secret in rotation.secrets]
    for place, one in enumerate(names):
        known = since(rotation.engine, rotation.secrets[place])
        noted = f", in use since {known.astimezone(UTC).isoformat(' ', 'seconds')}" if known else ""
        click.echo(f"key {one}: {'current' if place == 0 else 'older'}{noted}")
    left = sum(_column(what, count, names) for what, count in rotation.show())
    spooled = Counter(rotation.cipher.under(one) for one in keys.spooled())
    left += _column("instance/spool", spooled, names)
    left += _column("people's second factors", Counter({1: keys.factors.old()}), names)
    for table, count in rotation.fading():
        if count:
            click.echo(f"{table}: {count} from before the current key, {FADES.get(table, FADE)}")
    if left:
        click.echo(f"{left} are still under older keys: keep those in SECRET_KEY")
    else:
        click.echo("nothing is under older keys: two days after `keys rotate` they can be taken out of SECRET_KEY")


def _column(what: str, count: Counter[int], names: Sequence[str]) -> int:
    """Say under which secrets a column's rows are; return how many are not under the current one."""
    told = [f"{count[place]} {_called(place, names)}" for place in sorted(count) if count[place]]
    if told:
        click.echo(f"{what}: {', '.join(told)}")
    return sum(number for place, number in count.items() if place)


def _called(place: int, names: Sequence[str]) -> str:
    return names[place] if place < len(names) else "under a key that is not in SECRET_KEY"
