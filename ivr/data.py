"""The commands about what is kept: backups of it, and the keys it is sealed under; made when they are asked for."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Final

import click

from ivr.cli import Later
from ivr.parts import Parts
from ivr.store.audit import Trail

if TYPE_CHECKING:
    from ivr.store.backup.backups import Backups

FOLDERS: Final = ("messages", "calls")


def data_commands(parts: Parts, now: Callable[[], datetime]) -> Iterator[click.Command]:
    """Yield the commands."""
    found, folder = parts.settings, parts.settings.recordings
    trail = Trail(parts.engine, found.secrets, now)

    def backups() -> "Backups":
        from ivr.store.backup.backups import Backups

        recordings = {name: folder / name for name in FOLDERS}
        return Backups(parts.engine, found.secrets, now, found.instance / "spool", recordings)

    def backup() -> click.Group:
        from ivr.jobs.backup_commands import backup_commands

        return backup_commands(backups(), trail)

    def restore() -> click.Group:
        from ivr.jobs.backup_commands import restore_command

        return restore_command(backups(), trail)

    def keys() -> click.Group:
        from ivr.console.factor_keys import FactorKeys
        from ivr.jobs.keys_commands import Keys, keys_commands
        from ivr.store.rotation import Rotation

        spool = found.instance / "spool"
        factors = FactorKeys(parts.engine, found.secrets)
        rotation = Rotation(parts.engine, found.secrets, now)
        return keys_commands(Keys(rotation, factors, trail, lambda: [one.read_text() for one in spool.glob("*.f*")]))

    yield Later("keys", "Under which of the secrets in SECRET_KEY things are sealed.", keys)
    yield Later("backup", "Take a backup, while calls go on, into a FILE or a folder; or check one.", backup)
    yield Later("restore", "Make the database what a backup FILE says.", restore)
