"""How recordings are kept once they are here: older plain ones sealed, and none left with the carrier for ever."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BufferedReader
from pathlib import PurePath
from typing import Final

import structlog

from ivr.jobs import wav
from ivr.jobs.recordings import FetchError, Recordings
from ivr.store.messages import Message, Messages
from ivr.store.vault import SEALED, Vault, place, room

LATER: Final = timedelta(hours=1)
GIVE_UP: Final = timedelta(days=30)  # After so long somebody has to look at it, as the log says.
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Sealing:
    """Seals what lies plain, and brings what lies on the shelf before over to the one in use."""

    messages: Messages
    vault: Vault
    now: Callable[[], datetime]

    def take(self) -> int:
        """Do all that there is, and return how many; whatever kills it meanwhile, the next goes on.

        While there are several secrets, what an older one sealed is sealed by the first.
        """
        moved = sum(self._moved(name) for name in self.vault.astray())
        return moved + sum(self._renewed(name) for name in self.vault.outdated())

    def _renewed(self, name: str) -> bool:
        try:
            renewed = self.vault.renew(name)
            if renewed and not self._kept(name):
                self.vault.delete(name)  # It was read before it was deleted, and written again after that.
            return renewed
        except OSError as error:  # It may just have been deleted.
            log.warning("a recording is not sealed anew", recording=name, why=str(error))
            return False

    def _kept(self, name: str) -> bool:
        """Return whether somebody still knows of a recording."""
        message = self.messages.find(PurePath(name).stem)
        return message is not None and message.file == PurePath(name).name

    def _moved(self, old: str) -> bool:
        message = self.messages.find(PurePath(old).stem)
        if message is None or message.state != "fetched":
            return False  # Nobody knows of it: it is not ours to move.
        new = f"{room(message)}/{message.id}{SEALED}"
        try:
            if place(message) == old:
                self.vault.copy(old, new)
                self.messages.moved(message.id, PurePath(old).name, PurePath(new).name, self.now())
                if not self._kept(new):
                    self.vault.delete(new)
            self.vault.open(new).read(1)  # What is deleted is heard from elsewhere.
            self.vault.settle(old)
        except OSError as error:
            log.warning("a recording is not sealed yet", message=message.id, why=str(error))
            return False
        return True


@dataclass(frozen=True, slots=True)
class Clearing:
    """Deletes the carrier's copies of what is safely here; `erase` tells why it could not ("" where it is gone)."""

    recordings: Recordings
    erase: Callable[[str], str]

    def due(self) -> list[str]:
        """Return the ids of the messages whose time has come."""
        return self.recordings.messages.clearable(self.recordings.now())

    def take(self, message_id: str) -> None:
        """Delete the carrier's copy of one; where ours is not whole any more, ours is made anew of it first."""
        messages, now = self.recordings.messages, self.recordings.now()
        if (message := messages.claim_copy(message_id, now)) is None:
            return
        why = self._mended(message) or self.erase(message.recording_sid or "")
        again = now + LATER if why and now < message.created_at + GIVE_UP else None
        messages.cleared(message.id, why or None, again)
        if why:
            log.warning("the carrier keeps a recording", message=message.id, why=why, again=again)

    def _mended(self, message: Message) -> str:
        """Return why what is here is not whole, nor could be made so; "" where it is."""
        try:
            if _whole(self.recordings.vault, message):
                return ""
            log.error("a recording was not whole any more, and is fetched anew", message=message.id)
            self.recordings.bring(message)
        except (FetchError, wav.BadWavError, OSError) as error:
            return (error.strerror or type(error).__name__) if isinstance(error, OSError) else str(error)
        return ""


def _whole(vault: Vault, message: Message) -> bool:
    """Return whether each byte of a recording can be read as it was written."""
    try:
        sound = vault.open(place(message))
        wav.played(BufferedReader(sound), sound.length)
        sound = vault.open(place(message))
        while sound.read(1 << 20):
            pass
    except (OSError, wav.BadWavError):
        return False
    return sound.length == message.bytes
