"""Is a request really Twilio's? Checked before anything else is looked at."""

from collections.abc import Mapping, Sequence
from hmac import compare_digest
from urllib.parse import urlparse

from twilio.request_validator import RequestValidator, add_port, remove_port


class Signatures:
    """Checks requests against our auth tokens; during a rotation the old and the new one both count."""

    def __init__(self, public_url: str, tokens: Sequence[str]) -> None:
        # Twilio signs some requests with the port in the URL and some without; which ones, nobody tells.
        other = add_port if urlparse(public_url).port is None else remove_port
        self._urls = (public_url, other(urlparse(public_url)))
        self._validators = [RequestValidator(token) for token in tokens]

    def good(self, path: str, query: str, fields: Mapping[str, list[str]], signature: str) -> bool:
        """Tell whether the signature is right for this path and query (as sent) below the configured public URL."""
        asked, given = f"{path}?{query}" if query else path, signature.encode()
        values = _Values(fields)
        return bool(signature) and any(
            compare_digest(validator.compute_signature(url + asked, values).encode(), given)
            for validator in self._validators
            for url in self._urls
        )


class _Values(dict[str, list[str]]):
    """A form as Twilio's own check reads it fastest."""

    def getall(self, name: str) -> list[str]:
        return self[name]
