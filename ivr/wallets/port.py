"""What the hotline expects of whoever answers its questions about wallets."""

from typing import Protocol

from ivr.flow.inputs import Found, NotFound
from ivr.flow.waits import Lookup


class Wallet(Protocol):
    """A back end of the wallet company; one contract test runs over all of them."""

    def answer(self, lookup: Lookup, request_id: str) -> Found | NotFound:
        """Return one of the question's outcomes with its facts, or NotFound("unavailable") or ("slow").

        The same `request_id` never acts twice: it is answered as it was the first time, in another process and after a
        crash, too. PINs and codes come as `Secret` and are shown to nobody. An unknown account takes as long as a wrong
        PIN, and is answered alike. Nothing is raised for whatever goes wrong, but ValueError for a question that no
        release knows.
        """
