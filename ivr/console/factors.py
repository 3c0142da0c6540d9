"""Second factors by Flask-Security: codes of an authenticator app, recovery codes, passkeys; wrong ones count."""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final

from flask import Flask
from flask_security import (
    MfRecoveryCodesForm,
    MfRecoveryForm,
    Totp,
    TwoFactorVerifyCodeForm,
    UserMixin,
    VerifyForm,
    WebauthnUtil,
    current_user,
    tf_disabled,
    tf_profile_changed,
    wan_deleted,
    wan_registered,
)
from passlib.totp import TOTP, AppWallet
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from werkzeug.exceptions import HTTPException

from ivr.console.audit import audit
from ivr.console.doorkeeper import Doorkeeper
from ivr.store.people import People

ISSUER: Final = "Hotline"
FRESH: Final = timedelta(minutes=15)  # Who logged in longer ago proves again who they are before they change this.
ACCOUNT: Final = "/desk/account"


def factor_settings(secrets: Sequence[str]) -> dict[str, Any]:
    """Return what Flask-Security is to be told."""
    keys = [urlsafe_b64encode(_key(secret, b"ivr: recovery codes")) for secret in secrets]
    return {
        "SECURITY_TWO_FACTOR": True,
        "SECURITY_TWO_FACTOR_ENABLED_METHODS": ["authenticator"],
        "SECURITY_TWO_FACTOR_AUTHENTICATOR_VALIDITY": 30,  # Seconds to either side.
        "SECURITY_TWO_FACTOR_RESCUE_EMAIL": False,
        "SECURITY_TWO_FACTOR_SETUP_TEMPLATE": "factor_setup.html",
        "SECURITY_TWO_FACTOR_VERIFY_CODE_TEMPLATE": "factor_code.html",
        "SECURITY_TWO_FACTOR_SELECT_TEMPLATE": "factor_select.html",
        "SECURITY_TWO_FACTOR_POST_SETUP_VIEW": ACCOUNT,
        "SECURITY_TOTP_ISSUER": ISSUER,
        "SECURITY_TOTP_SECRETS": wallet(secrets),
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES": True,
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES_N": 8,
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES_KEYS": keys,
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES_TEMPLATE": "factor_recovery_codes.html",
        "SECURITY_MULTI_FACTOR_RECOVERY_TEMPLATE": "factor_recovery.html",
        "SECURITY_WEBAUTHN": True,
        "SECURITY_WAN_RP_NAME": ISSUER,
        "SECURITY_WAN_ALLOW_USER_HINTS": False,  # They would tell who exists.
        "SECURITY_WAN_REGISTER_TEMPLATE": "passkey_register.html",
        "SECURITY_WAN_SIGNIN_TEMPLATE": "passkey_login.html",
        "SECURITY_WAN_VERIFY_TEMPLATE": "passkey_verify.html",
        "SECURITY_WAN_POST_REGISTER_VIEW": ACCOUNT,
        "SECURITY_VERIFY_TEMPLATE": "verify.html",
        "SECURITY_FRESHNESS": FRESH,
        "SECURITY_FRESHNESS_GRACE_PERIOD": timedelta(0),
    }


def factor_parts(keeper: Doorkeeper, url: str, secrets: Sequence[str]) -> dict[str, Any]:
    """Return our own forms and tools for Flask-Security; `url` is how browsers reach us."""
    return {
        "two_factor_verify_code_form": _counting(TwoFactorVerifyCodeForm, keeper, "code"),
        "mf_recovery_form": _counting(MfRecoveryForm, keeper, "recovery code"),
        "verify_form": _counting(VerifyForm, keeper, "password"),
        "mf_recovery_codes_form": NewCodesForm,
        "totp_cls": _codes(keeper.people, secrets),
        "webauthn_util_cls": _keys(url),
    }


class NewCodesForm(MfRecoveryCodesForm):
    """The wish for new recovery codes."""

    def validate(self, **more: Any) -> bool:
        """Write it down."""
        right = bool(super().validate(**more))
        if right:
            audit("factor.codes", current_user.name)
        return right


def note_changes(app: Flask, people: People) -> None:
    """Write down whoever changes their second factors; what cannot be written is not changed."""

    def noted(act: str, **told: Any) -> None:
        try:
            audit(act, current_user.name, **told)
        except HTTPException:
            people.session.rollback()
            raise

    tf_profile_changed.connect(lambda *_, **__: noted("factor.app"), app, weak=False)
    tf_disabled.connect(lambda *_, **__: noted("factor.off"), app, weak=False)
    wan_registered.connect(lambda *_, name, **__: noted("factor.passkey", key=name), app, weak=False)
    wan_deleted.connect(lambda *_, name, **__: noted("factor.passkey_off", key=name), app, weak=False)


def _counting(form: Any, keeper: Doorkeeper, what: str) -> Any:
    """Return the form with each wrong proof counted like a wrong password, so many of which make a pause."""

    class Counting(form):  # type: ignore[misc]
        """Proves who somebody is."""

        def validate(self, **more: Any) -> bool:
            """Check it, and count."""
            person = keeper.people.find(self.user.calc_username()) if self.user else None
            if person is None or keeper.bars(person):
                return False
            right = bool(super().validate(**more))
            if not right:
                keeper.missed(person, by=what)
            return right

    return Counting


def _codes(people: People, secrets: Sequence[str]) -> type[Totp]:
    class Codes(Totp):
        """An authenticator app's codes, each good once; the newest secret of ours encrypts theirs."""

        def __init__(self, wallet: dict[str, str], issuer: str) -> None:
            super().__init__(wallet, issuer)
            self._totp = TOTP.using(issuer=issuer, wallet=AppWallet(wallet, default_tag=newest(secrets)))

        def verify_totp(self, token: str, totp_secret: str, user: UserMixin, window: int = 0) -> bool:
            """Tell whether it is the code of about now, and was not used yet."""
            person = people.find(user.calc_username())
            try:
                match = self._totp.verify(token, totp_secret, window=window)
            except ValueError:
                return False
            return person is not None and people.spent(person, match.counter)

    return Codes


def _keys(url: str) -> type[WebauthnUtil]:
    class Keys(WebauthnUtil):
        """Passkeys of whichever make; one that stands for a password must know its owner."""

        def origin(self) -> str:
            """Return where browsers see us, whatever a proxy says."""
            return url

        def authenticator_selection(self, user: UserMixin, usage: str) -> AuthenticatorSelectionCriteria:
            """Return what a new key must be able to do."""
            alone = usage == "first"
            return AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED if alone else ResidentKeyRequirement.PREFERRED,
                user_verification=UserVerificationRequirement.REQUIRED
                if alone
                else UserVerificationRequirement.PREFERRED,
            )

        def user_verification(self, user: UserMixin | None, usage: list[str]) -> UserVerificationRequirement:
            """Return whether a key must ask its owner for a finger, a face or a PIN."""
            alone = usage == ["first"]
            return UserVerificationRequirement.REQUIRED if alone else UserVerificationRequirement.PREFERRED

    return Keys


def _key(secret: str, use: bytes) -> bytes:
    return hmac.new(secret.encode(), use, sha256).digest()


def _tag(secret: str) -> str:
    return _key(secret, b"ivr: code tag").hex()[:12]


def newest(secrets: Sequence[str]) -> str:
    """Return what the current secret is called among those that encrypt apps' secrets."""
    return _tag(secrets[0])


def wallet(secrets: Sequence[str]) -> dict[str, str]:
    """Return the keys that encrypt apps' secrets, by what they are called."""
    return {_tag(secret): _key(secret, b"ivr: code").hex() for secret in secrets}
