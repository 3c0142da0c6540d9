"""What people's second factors are encrypted under, and encrypting them anew under the current secret."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from passlib.totp import TOTP, AppWallet

from ivr.console.factors import ISSUER, factor_settings, newest, wallet
from ivr.store.kept_factors import NAMES, exchange, factors

Factor = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class FactorKeys:
    """Counts and encrypts anew what is encrypted in a database; the first of the `secrets` is the current one."""

    engine: Any
    secrets: Sequence[str]

    def old(self) -> int:
        """Return how many app secrets and lists of recovery codes older secrets encrypt."""
        return sum(kept != self._anew(name)(kept) for name in NAMES for _, kept in factors(self.engine, name))

    def rotate(self) -> int:
        """Encrypt them anew; return how many were. What somebody changes meanwhile stays as they have it."""
        return sum(
            exchange(self.engine, name, person, kept, new)
            for name in NAMES
            for person, kept in factors(self.engine, name)
            if (new := self._anew(name)(kept)) != kept
        )

    def _anew(self, name: str) -> Factor:
        return {"tf_totp_secret": self._app, "mf_recovery_codes": self._codes}[name]

    def _app(self, kept: str) -> str:
        codes = TOTP.using(issuer=ISSUER, wallet=AppWallet(wallet(self.secrets), default_tag=newest(self.secrets)))
        found = codes.from_source(kept)
        return found.to_json(encrypt=True) if found.changed else kept

    def _codes(self, kept: str) -> str:
        keys = [Fernet(key) for key in factor_settings(self.secrets)["SECURITY_MULTI_FACTOR_RECOVERY_CODES_KEYS"]]
        codes = json.loads(kept)
        if all(_opens(keys[0], code) for code in codes):
            return kept
        return json.dumps([MultiFernet(keys).rotate(code.encode()).decode() for code in codes])


def _opens(key: Fernet, code: str) -> bool:
    try:
        key.decrypt(code)
    except InvalidToken:
        return False
    return True
