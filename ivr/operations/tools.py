"""The commands of whoever runs the machines."""

from collections.abc import Iterator

import click

from ivr.cli import Later
from ivr.parts import Parts


def tools(parts: Parts) -> Iterator[Later]:
    """Yield the groups of commands, which are made when one of them is asked for."""
    yield Later("numbers", "Where the account's numbers lead.", lambda: _numbers(parts))


def _numbers(parts: Parts) -> click.Group:
    from ivr.telephony.numbers import Numbers
    from ivr.telephony.numbers_commands import numbers_commands
    from ivr.telephony.rest import Rest

    found = parts.settings
    rest = Rest(found.account, found.tokens[0], found.api_url)
    return numbers_commands(Numbers(rest, lambda: parts.flow.hotline.number, found.public_url))
