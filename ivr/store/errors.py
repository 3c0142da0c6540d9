"""What can go wrong with the database, in one line that says what to do about it."""


class StoreError(Exception):
    """The database cannot be used, or did not answer in time; the message is one line and holds no secret."""


class Busy(StoreError):  # noqa: N818 - a state to answer with an apology, which its reader knows by this word
    """More turns wait to be written than can be written in time; the caller is to be told to try again."""


def told(error: BaseException) -> str:
    """Return what the database driver said, on one line and without the statement or its values."""
    said = str(getattr(error, "orig", None) or error).strip()
    return said.splitlines()[0].strip() if said else type(error).__name__
