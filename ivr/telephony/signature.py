"""Is a request really Twilio's? Checked before anything else is looked at."""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from hmac import compare_digest, digest
from urllib.parse import urlparse

from twilio.request_validator import add_port, remove_port


class Signatures:
    """Checks requests against our auth tokens; during a rotation the old and the new one both count."""

    def __init__(self, public_url: str, tokens: Sequence[str]) -> None:
        # Twilio signs some requests with the port in the URL and some without; which ones, nobody tells.
        other = add_port if urlparse(public_url).port is None else remove_port
        self._urls = (public_url, other(urlparse(public_url)))
        self._tokens = [token.encode() for token in tokens]

    def good(self, path: str, query: str, fields: Iterable[tuple[str, str]], signature: str) -> bool:
        """Tell whether the signature is right for this path and query (as sent) below the configured public URL.

        Each of the `fields` is there once, as it counts once however often it is sent.
        """
        # Twilio's own check does the same, but takes ten times as long for it.
        told = "".join(map("".join, sorted(fields)))
        asked, given = f"{path}?{query}{told}" if query else f"{path}{told}", signature.encode()
        if not signature:
            return False
        for token in self._tokens:
            for url in self._urls:
                if compare_digest(b64encode(digest(token, (url + asked).encode(), "sha1")), given):
                    return True
        return False
