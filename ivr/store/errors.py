"""What can go wrong with the database, in one line that says what to do about it."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy.exc import DataError, IntegrityError

# What databases say, in small letters -> what to do.
ADVICE: Final[Mapping[str, str]] = {
    "readonly database": "make the file and its folder writable for whoever runs the hotline",
    "unable to open": "make the folder and the file readable and writable for whoever runs the hotline",
    "is locked": "end the other program that writes to it",
    "not a database": "DATABASE_URL names another file, or a damaged one: correct it or restore the backup",
    "disk is full": "make room on the disk",
    "connection refused": "start PostgreSQL, or correct host and port in DATABASE_URL",
    "could not translate host": "correct the host in DATABASE_URL",
    "failed to resolve host": "correct the host in DATABASE_URL",
    "timeout expired": "see that PostgreSQL runs and can be reached, or correct the host in DATABASE_URL",
    "password authentication failed": "correct user and password in DATABASE_URL",
    "no password supplied": "add the password to DATABASE_URL",
    "unrecognized configuration parameter": "update PostgreSQL to 14 or newer",
    "does not exist": "create it in PostgreSQL, or correct DATABASE_URL",
}


# What says that the fault is with what is to be written; also what the drivers raise before they ask.
REFUSALS: Final = (DataError, IntegrityError, TypeError, ValueError, OverflowError)


class StoreError(Exception):
    """The database cannot be used, or did not answer in time; the message is one line and holds no secret."""


class NewerError(StoreError):
    """The database was brought up by a newer release; nothing but updating the program helps."""


class SecretError(StoreError):
    """Another secret sealed what the database holds; nothing but adding that one helps."""


class Busy(StoreError):  # noqa: N818 - a state to answer with an apology, which its reader knows by this word
    """More turns wait to be written than can be written in time; the caller is to be told to try again."""


class Refused(StoreError):  # noqa: N818 - a state as `Busy` is
    """The database works, but will never take this, however often it is told: it cannot hold it, or it contradicts."""


def failed(error: BaseException, what: str) -> StoreError:
    """Return what it is that went wrong with `what`: `Refused` where that is at fault."""
    return (Refused if isinstance(error, REFUSALS) else StoreError)(f"{what}: {advised(told(error))}")


def told(error: BaseException) -> str:
    """Return what the database driver said, on one line and without the statement or its values."""
    said = str(getattr(error, "orig", None) or error).strip()
    return said.splitlines()[0].strip() if said else type(error).__name__


def advised(said: str) -> str:
    """Return what a driver said, followed by what to do where that is known."""
    advice = next((words for sign, words in ADVICE.items() if sign in said.lower()), "")
    return f"{said}: {advice}" if advice else said
