"""Commands: the audit log shown, and checked for changes."""

from datetime import UTC

import click

from ivr.store.audit import Trail


def audit_commands(trail: Trail) -> click.Group:
    """Return the commands `audit verify` and `audit show`."""

    @click.group("audit")
    def group() -> None:
        """What people did."""

    @group.command("verify")
    @click.option("--head", default="", help="A head that was printed earlier and noted elsewhere.")
    def verify(head: str) -> None:
        """Say whether every entry is as it was written; name the first that is not, and end with 1."""
        found = trail.check(head)
        click.echo(f"{found.count} entries are whole; head {found.head}")
        if found.wrong:
            raise click.ClickException(found.wrong)

    @group.command("show")
    @click.option("--last", default=50, show_default=True, type=click.IntRange(1, 10_000), help="So many entries.")
    @click.option("--who", default="", help="Of this person only.")
    @click.option("--act", default="", help="Of this kind only, such as number.show.")
    def show(last: int, who: str, act: str) -> None:
        """Print the last entries, the newest at the bottom."""
        for one in reversed(trail.page(last, who=who, act=act)):
            at = one.at.astimezone(UTC).isoformat(" ", "seconds")
            click.echo("  ".join((str(one.id), at, one.who or "-", one.act, one.subject, one.detail, one.remote)))

    return group
