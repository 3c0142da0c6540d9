"""Commands: a backup taken, checked, and put back."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from typing import Final

import click

from ivr.store.audit import Trail
from ivr.store.backup.backups import Backups
from ivr.store.backup.manifest import Manifest
from ivr.store.backup.restoring import FullError
from ivr.store.errors import StoreError

BESIDE: Final = (
    "SECRET_KEY is not in it: keep it elsewhere, as nobody can open the backup without it. Nor are .env, and what lies"
    " in recordings/prompts and recordings/music."
)


class OfFile(click.Group):
    """A group of commands, of which every word that names none is a file with which to do what is mostly wanted."""

    def __init__(self, name: str, make: Callable[[Path], click.Command]) -> None:
        super().__init__(name)
        self._made = make

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of this name, or the one for a file of this name."""
        return super().get_command(ctx, cmd_name) or self._made(Path(cmd_name))


def backup_commands(backups: Backups, trail: Trail) -> click.Group:
    """Return the commands `backup FILE` and `backup check FILE`."""
    group = OfFile("backup", lambda file: _take(backups, trail, file))

    @group.command("check")
    @click.argument("file", type=click.Path(path_type=Path))
    def check(file: Path) -> None:
        """Read all of a backup, and say what is in it, or what is wrong with it."""
        with _plainly():
            click.echo(_told(backups.check(file)))

    return group


def _take(backups: Backups, trail: Trail, target: Path) -> click.Command:
    @click.command("take")
    @click.option("--recordings", is_flag=True, help="With callers' messages and recorded talks.")
    def take(recordings: bool) -> None:
        """Write a backup."""
        at = backups.now().astimezone(UTC)
        file = target / f"hotline-{at:%Y%m%d-%H%M%S}.backup" if target.is_dir() else target
        with _plainly():
            trail.add("terminal", "backup.take", file.name, "", recordings=recordings)
            made = backups.take(file, recordings=recordings)
        click.echo(f"{file}: {_told(made)}")
        click.echo(BESIDE if recordings else f"Callers' recordings are not in it: --recordings adds them. {BESIDE}")

    return take


def restore_command(backups: Backups, trail: Trail) -> click.Group:
    """Return the command `restore FILE`."""
    return OfFile("restore", lambda file: _restore(backups, trail, file))


def _restore(backups: Backups, trail: Trail, file: Path) -> click.Command:
    @click.command("restore")
    @click.option("--replace", is_flag=True, help="Though the database holds something, which is lost.")
    def restore(replace: bool) -> None:
        """Make the database what a backup FILE says. No server may use it meanwhile."""
        with _plainly():
            try:
                made, left = backups.restore(file, anyway=replace)
            except FullError as error:
                raise click.ClickException(f"{error}, or say --replace to lose that") from None
            trail.add("terminal", "backup.restore", file.name, "", moment=made.moment.isoformat())
        click.echo(f"restored: {_told(made)}")
        _whole(trail, left)

    return restore


def _whole(trail: Trail, left: Sequence[str]) -> None:
    """Say what a person should know of a database that was restored."""
    if left:
        click.echo(f"{len(left)} files were there already, and stay as they were: {', '.join(left[:5])} …", err=True)
    found = trail.check()
    if found.wrong:
        raise click.ClickException(f"the audit log was not whole when the backup was taken: {found.wrong}")
    click.echo(f"the audit log is whole: {found.count} entries")


def _told(made: Manifest) -> str:
    rows = {name: one.rows for name, one in made.tables.items() if one.rows}
    counts = ", ".join(f"{count} {name}" for name, count in rows.items())
    at = made.moment.astimezone(UTC).isoformat(" ", "seconds")
    head = f"{made.database} at {made.migration} as of {at}, by program {made.program or 'unknown'}"
    return f"{head}: {counts}; {len(made.files)} files"


@contextmanager
def _plainly() -> Iterator[None]:
    try:
        yield
    except StoreError as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        words = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        raise click.ClickException(words) from None
