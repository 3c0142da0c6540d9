"""The commands about what is kept: backups, the keys it is sealed under, callers; made when they are asked for."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import click

from ivr.cli import Later
from ivr.parts import Parts
from ivr.store.audit import Trail
from ivr.store.crypto import Cipher
from ivr.telephony.spool import Spool

if TYPE_CHECKING:
    from ivr.store.backup.backups import Backups


def data_commands(parts: Parts, now: Callable[[], datetime]) -> Iterator[click.Command]:
    """Yield the commands."""
    data = Data(parts, now)
    yield Later("backup", "Take a backup, while calls go on, into a FILE or a folder; or check one.", data.backup)
    yield Later("restore", "Make the database what a backup FILE says.", data.restore)
    yield Later("keys", "Under which of the secrets in SECRET_KEY things are sealed.", data.keys)
    yield Later("caller", "What is kept of whoever calls from a number: shown, given to them, erased.", data.caller)
    yield Later("blocked", "Numbers whose calls are not taken.", data.blocked)


@dataclass(frozen=True, slots=True)
class Data:
    """Makes the groups of commands."""

    parts: Parts
    now: Callable[[], datetime]

    @property
    def _trail(self) -> Trail:
        return Trail(self.parts.engine, self.parts.settings.secrets, self.now)

    def backup(self) -> click.Group:
        """Return the commands that take and check backups."""
        from ivr.jobs.backup_commands import backup_commands

        return backup_commands(self._backups(), self._trail)

    def restore(self) -> click.Group:
        """Return the command that puts a backup back."""
        from ivr.jobs.backup_commands import restore_command

        return restore_command(self._backups(), self._trail)

    def _backups(self) -> "Backups":
        from ivr.store.backup.backups import Backups

        found, vault = self.parts.settings, self.parts.vault
        told = self.parts.engine, found.secrets, self.now, found.instance / "spool"
        return Backups(*told, vault.shelf, vault.before)

    def keys(self) -> click.Group:
        """Return the commands about secrets."""
        from ivr.console.factor_keys import FactorKeys
        from ivr.jobs.keys_commands import Keys, keys_commands
        from ivr.store.rotation import Rotation

        found, engine = self.parts.settings, self.parts.engine
        spool, rotation = found.instance / "spool", Rotation(engine, found.secrets, self.now)
        factors = FactorKeys(engine, found.secrets)
        return keys_commands(
            Keys(rotation, factors, self._trail, lambda: [one.read_text() for one in spool.glob("*.f*")])
        )

    def blocked(self) -> click.Group:
        """Return the commands about numbers whose calls are not taken."""
        from ivr.console.blocked_commands import Blocking, blocked_commands
        from ivr.store.blocked import Blocks

        blocks, home = Blocks(self.parts.engine, self.now), self.parts.flow.hotline.number
        return blocked_commands(Blocking(blocks, self._trail, self.now, home))

    def caller(self) -> click.Group:
        """Return the commands about a caller's data."""
        from ivr.console.caller_commands import Callers, caller_commands
        from ivr.console.caller_file import Sounds
        from ivr.store.personal import Registry

        found, parts = self.parts.settings, self.parts
        cipher, sounds = Cipher(found.secrets), Sounds(parts.vault)
        spool = Spool(found.instance / "spool", cipher)
        waiting, registry = (lambda: {fact.call for fact in spool.all()}), Registry(parts.engine)
        told = registry, cipher, self._trail, self.now, parts.flow, parts.live.of, sounds, waiting
        return caller_commands(Callers(*told, parts.board.rest.erase))
