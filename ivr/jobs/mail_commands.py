"""Commands about the daily mail."""

from datetime import datetime
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ivr.jobs.daily import Daily


def mail_commands(daily: "Daily | None") -> click.Group:
    """Return the group `mail`; without settings it says which are needed."""

    @click.group("mail")
    def mail() -> None:
        """The daily mail."""

    @mail.command("send")
    @click.argument("day", type=click.DateTime(["%Y-%m-%d"]))
    def send(day: datetime) -> None:
        """Mail the report of a DAY (2026-11-26) now, though it may have gone already."""
        from ivr.jobs.post import PostError

        if daily is None:
            raise click.ClickException("set MAIL_URL, MAIL_FROM and MAIL_TO first: .env.example says how")
        try:
            daily.post.send(daily.mail(day.date()))
        except PostError as error:
            raise click.ClickException(f"{error}: look at MAIL_URL, and at the server's own log") from error
        click.echo(f"sent to {', '.join(daily.letter.to)}")

    return mail
