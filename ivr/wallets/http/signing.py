"""How requests to the wallet company are signed: HTTP Message Signatures (RFC 9421) by a secret that both know."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from http_message_signatures import HTTPMessageSigner, HTTPSignatureKeyResolver, algorithms

KEY_ID: Final = "hotline"
TAG: Final = "hotline-wallet"
COVERED: Final = ("@method", "@target-uri", "content-type", "content-digest", "idempotency-key")


class SharedKey(HTTPSignatureKeyResolver):
    """The one secret, by which both sides sign and check."""

    def __init__(self, secret: str) -> None:
        """Take the secret."""
        self._key = secret.encode()

    def resolve_private_key(self, key_id: str) -> bytes:
        """Return the key to sign by."""
        return self._key

    def resolve_public_key(self, key_id: str) -> bytes | None:
        """Return the key to check by, None for a key that is not ours."""
        return self._key if key_id == KEY_ID else None


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    url: str
    headers: dict[str, str]


def signed(secret: str, url: str, headers: Mapping[str, str], body: bytes, at: datetime) -> dict[str, str]:
    """Return the headers of a POST with its digest and its signature, which is another one each time."""
    request = _Request("POST", url, dict(headers))
    signer = HTTPMessageSigner(signature_algorithm=algorithms.HMAC_SHA256, key_resolver=SharedKey(secret))
    nonce = secrets.token_urlsafe(16)
    signer.sign(
        request,
        key_id=KEY_ID,
        created=at,
        nonce=nonce,
        tag=TAG,
        label="sig",
        covered_component_ids=COVERED,
        body=body,
    )
    return request.headers
