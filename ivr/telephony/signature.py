"""Is a request really Twilio's? Checked before anything else is looked at."""

from collections.abc import Sequence
from typing import Any

from twilio.request_validator import RequestValidator


class Signatures:
    """Checks requests against our auth tokens; during a rotation the old and the new one both count."""

    def __init__(self, public_url: str, tokens: Sequence[str]) -> None:
        self._url = public_url
        self._validators = [RequestValidator(token) for token in tokens]

    def good(self, path: str, query: str, form: Any, signature: str) -> bool:
        """Tell whether the signature is right for this path and query (as sent) below the configured public URL."""
        url = f"{self._url}{path}?{query}" if query else f"{self._url}{path}"
        return bool(signature) and any(validator.validate(url, form, signature) for validator in self._validators)
