"""The door to the pages: names, passwords and sessions, by Flask-Security."""

import hmac
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from flask import Flask, Response, request, session
from flask_login import user_logged_out
from flask_security import ChangePasswordForm, LoginForm, Security, current_user, password_changed, user_authenticated
from flask_wtf import CSRFProtect
from werkzeug.exceptions import HTTPException
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from ivr.console import rights
from ivr.console.audit import audit
from ivr.console.doorkeeper import Doorkeeper
from ivr.console.factors import factor_parts, factor_settings, note_changes
from ivr.console.office import PracticePhone
from ivr.console.texts import TEXTS, language
from ivr.desk.agents import BROWSER
from ivr.desk.keeping import Desk
from ivr.store.audit import Trail
from ivr.store.doors import Doors
from ivr.store.people import People, Person
from ivr.web import guarded


def protect(
    app: Flask,
    people: People,
    url: str,
    secrets: Sequence[str],
    desk: Desk,
    practice: PracticePhone | None,
    tell: bool = True,
) -> CSRFProtect:
    """Let people log in at `/desk/login`; return what checks that a request comes from our own pages.

    `url` is how browsers reach us. Who logs out is offline at the `desk`, and their phone in `practice` hangs up.
    `tell` says whether browsers can be told apart by their addresses.
    """
    keys = [hmac.new(secret.encode(), b"ivr: session", sha256).hexdigest() for secret in secrets]
    app.config.update(_settings(url.startswith("https://")), **factor_settings(secrets))
    app.config.update(SECRET_KEY=keys[0], SECRET_KEY_FALLBACKS=keys[1:])
    app.extensions["audit"] = Trail(people.engine, secrets, people.now)
    app.extensions["doorkeeper"] = keeper = Doorkeeper(people, Doors(people.engine, people.now), tell)
    forgery = CSRFProtect(app)
    ours = factor_parts(keeper, url, secrets)
    security = Security(app, people.datastore, login_form=_form(keeper), change_password_form=NewPasswordForm, **ours)
    security.want_json(lambda _: False)  # The page says no more than that it was wrong; JSON would tell what.
    security.context_processor(lambda: {"t": TEXTS[language()], "language": language()})

    @app.teardown_appcontext
    def done(_: object) -> None:
        people.session.remove()

    @app.after_request
    def guard(response: Response) -> Response:
        return guarded(response) if request.blueprint == "security" else response

    _heed(app, keeper, desk, practice)
    rights.enforce(app, people.now, desk)
    return forgery


def _heed(app: Flask, keeper: Doorkeeper, desk: Desk, practice: PracticePhone | None) -> None:
    """Write down who comes and goes, and see to what comes of it."""
    people = keeper.people

    def gone(_: object, user: Person, **__: object) -> None:
        people.leave(user)
        _leave(desk, practice, user.name)
        audit("logout", user.name)

    user_logged_out.connect(gone, app, weak=False)
    user_authenticated.connect(lambda _, user, authn_via=None, **__: _came(keeper, user, authn_via), app, weak=False)
    password_changed.connect(lambda _, user, **__: people.own(user), app, weak=False)
    note_changes(app, people)


def _leave(desk: Desk, practice: PracticePhone | None, name: str) -> None:
    """Have somebody be offline, and end their talk in practice: the page that goes cannot say so any more."""
    agent = desk.agent(name)
    desk.leave(name)
    if practice and agent and agent.phone.startswith(BROWSER):
        practice.hang_up(agent.phone)


def _came(keeper: Doorkeeper, user: Person, how: Sequence[str] | None) -> None:
    """Write down who came in, and by what; turn them away where that cannot be written."""
    if how == ["change"]:
        return  # They were in already.
    try:
        audit("login", user.name, by=list(how or ["second factor"]))
    except HTTPException:
        session.clear()
        raise
    keeper.came(user)
    session["begun"] = session["seen"] = keeper.people.now().timestamp()


def _settings(secure: bool) -> dict[str, Any]:
    return {
        "SESSION_COOKIE_NAME": "__Host-hotline" if secure else "hotline",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "WTF_CSRF_CHECK_DEFAULT": False,  # The carrier posts, too, and shows that it is the carrier by its signature.
        "WTF_CSRF_TIME_LIMIT": None,  # A token is good for as long as its session.
        "WTF_CSRF_SSL_STRICT": secure,
        "SECURITY_URL_PREFIX": "/desk",
        "SECURITY_POST_LOGIN_VIEW": "/desk",
        "SECURITY_POST_LOGOUT_VIEW": "/desk/login",
        "SECURITY_LOGIN_USER_TEMPLATE": "login.html",
        "SECURITY_LOGOUT_CSRF": True,
        "SECURITY_CHANGEABLE": True,
        "SECURITY_CHANGE_PASSWORD_TEMPLATE": "password.html",
        "SECURITY_CHANGE_URL": "/password",
        "SECURITY_POST_CHANGE_VIEW": "/desk",
        "SECURITY_SEND_PASSWORD_CHANGE_EMAIL": False,
        "SECURITY_PASSWORD_HASH": "argon2",  # nosec B105 - the name of a method
        "SECURITY_PASSWORD_SCHEMES": ["argon2"],
        "SECURITY_PASSWORD_SINGLE_HASH": ["argon2"],
        # Argon2 salts each password by itself.
        "SECURITY_PASSWORD_SALT": "",  # nosec B105 - none at all
        "SECURITY_API_ENABLED_METHODS": ["session"],
        "SECURITY_USER_IDENTITY_ATTRIBUTES": [{"name": {"mapper": str.lower}}],
        "SECURITY_EMAIL_VALIDATOR_ARGS": None,
        "SECURITY_FLASH_MESSAGES": True,
        # Our own commands know of phones and skills, too.
        "SECURITY_CLI_USERS_NAME": None,
        "SECURITY_CLI_ROLES_NAME": None,
    }


def _form(keeper: Doorkeeper) -> type[LoginForm]:
    people = keeper.people

    class NameForm(LoginForm):
        """A name and a password; whoever missed it too often is answered like whoever does not exist."""

        email = None
        remember = None
        name = StringField(validators=[InputRequired(), Length(max=64)])

        def validate(self, **more: Any) -> bool:
            """Check name and password, and count."""
            person = people.find(self.name.data or "")
            gone = keeper.bars(person) or (person is not None and people.lapsed(person))
            self.ifield, self.user = self.name, None if gone else person
            right = self._unheard(**more) if keeper.shuts() else bool(super().validate(**more))
            if right and self.user is not None:
                spoken = language()
                session.clear()
                session["language"] = spoken
            elif self.name.data and self.password.data:
                _missed(keeper, person, gone)
            return right

        def _unheard(self, **more: Any) -> bool:
            """Refuse as ever, but without a look at the password, which is what costs most, for callers, too."""
            super(LoginForm, self).validate(**more)
            self.name.errors.append("shut")
            return False

    return NameForm


def _missed(keeper: Doorkeeper, person: Person | None, gone: bool) -> None:
    """Count and write down a login that was refused; a name that nobody has may be a password, and is not kept."""
    if person is None or gone:
        keeper.refused("login.barred" if person else "login.unknown", person.name if person else "")
    else:
        keeper.missed(person)


class NewPasswordForm(ChangePasswordForm):
    """The present password and a new one, twice."""

    def validate(self, **more: Any) -> bool:
        """Check them, and write down that the password is about to be changed."""
        right = bool(super().validate(**more))
        if right:
            audit("password.change", current_user.name)
        return right
