"""Settings from the environment or `.env`; the only module that reads them."""

import os
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from urllib.parse import unquote, urlsplit

from dotenv import dotenv_values

from ivr.aside import Aside, aside, spending, watching
from ivr.aside import SettingsError as SettingsError

PRACTICE_ACCOUNT = "AC" + "0" * 32
LOOPBACK = ("127.0.0.1", "localhost", "::1")
SECRET = 32  # letters that a secret has at least which signs requests
PRACTICE_SENDER = "+861069012345"
PRACTICE_SERVICE = "VA" + "0" * 32


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, checked. Without Twilio's the practice carrier is on (`practice`).

    Outside, no numbers are rung but those that begin with one of the `prefixes`.
    """

    host: str
    port: int
    public_url: str
    database_url: str
    account: str
    tokens: tuple[str, ...]
    api_url: str
    secrets: tuple[str, ...]
    recordings: Path
    menus: Path
    instance: Path
    practice: bool
    prefixes: tuple[str, ...] = ("+86",)
    callbacks_a_day: int = 1000
    texts_a_day: int = 3000
    api_key: str = ""
    api_secret: str = ""
    workspace: str = ""
    sms_from: str = ""  # A number (E.164) or a messaging service (MG…).
    verify_service: str = ""
    oidc_issuer: str = ""
    oidc_client: str = ""
    oidc_secret: str = ""
    oidc_claim: str = "preferred_username"
    mail: "Mail | None" = None
    lifeboat: Path | None = None
    wallet_url: str = ""
    wallet_secret: str = field(default="", repr=False)
    aside: Aside = field(default_factory=Aside)
    metrics_token: str = field(default="", repr=False)
    log_format: str = "plain"
    key_made: bool = False  # Whether the secret was made here, for want of another.
    proxies: int = 0  # Of ours, in front of us.

    @property
    def https(self) -> bool:
        """Do browsers and the carrier reach us by TLS?"""
        return self.public_url.startswith("https://")

    @property
    def bundles(self) -> Path:
        """The folder of the lifeboat's files."""
        return self.lifeboat or self.instance / "lifeboat"


@dataclass(frozen=True, slots=True)
class Mail:
    """The daily mail: by which server (`tls`: tls, starttls, none), from whom to whom, when, in which language."""

    host: str
    port: int
    tls: str
    user: str
    password: str = field(repr=False)
    sender: str
    to: tuple[str, ...]
    at: time
    language: str


def read(environment: Mapping[str, str] | None = None, root: Path | None = None) -> Settings:
    """Return the settings; raise SettingsError naming the setting that is wrong.

    `root` is the folder that holds `menus/`, `recordings/` and `instance/`: the project's, unless given.
    """
    instance = (root := root or _root()) / "instance"
    found = surroundings(root) if environment is None else environment
    given = {name: value.strip() for name, value in found.items() if value and value.strip()}
    account, token = _account(given)
    api_key, api_secret = _pair(given, "TWILIO_API_KEY", "TWILIO_API_SECRET")
    host, port = given.get("HOST", "127.0.0.1"), _port(given.get("PORT", "8000"))
    here, tokens, own = f"http://127.0.0.1:{port}", _list(token), _list(given.get("SECRET_KEY", ""))
    kept = _kept(instance) if not tokens or not own else {}
    api_url = _url("TWILIO_API_URL", given.get("TWILIO_API_URL", "https://api.twilio.com"))
    public_url = _public(given.get("PUBLIC_URL", ""), api_url, f"http://{host}:{port}") if tokens else here
    return Settings(
        # The practice carrier knows no callers but us, so while it is on nobody else may reach this server.
        host=host if tokens else "127.0.0.1",
        port=port,
        public_url=public_url,
        database_url=given.get("DATABASE_URL", f"sqlite:///{instance / 'hotline.db'}"),
        account=account or PRACTICE_ACCOUNT,
        tokens=tokens or (kept["practice token"],),
        api_url=api_url if tokens else here,
        secrets=own or (kept["secret key"],),
        recordings=Path(given.get("RECORDINGS_DIR", root / "recordings")),
        menus=root / "menus",
        instance=instance,
        practice=not tokens,
        prefixes=_prefixes(given.get("ALLOWED_PREFIXES", "+86")),
        workspace=_workspace(given) if tokens else "",
        api_key=api_key,
        api_secret=api_secret,
        **_oidc(given) | _wallet(given) | watching(given) | spending(given) | _texting(given, practice=not tokens),
        mail=_mail(given),
        lifeboat=Path(given["LIFEBOAT_DIR"]) if "LIFEBOAT_DIR" in given else None,
        aside=aside(given),
        key_made=not own,
    )


def surroundings(root: Path | None = None) -> dict[str, str]:
    """Return what the settings are read from where nothing else is given."""
    told = {**dotenv_values((root or _root()) / ".env"), **os.environ}
    return {name: value for name, value in told.items() if value is not None}


def _root() -> Path:
    return Path(__file__).resolve().parents[1]


def _pair(given: Mapping[str, str], one: str, other: str) -> tuple[str, str]:
    if bool(given.get(one)) != bool(_list(given.get(other, ""))):
        raise SettingsError(f"{one} and {other} belong together: set both or neither")
    return given.get(one, ""), given.get(other, "")


def _account(given: Mapping[str, str]) -> tuple[str, str]:
    account, token = _pair(given, "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN")
    return _id("TWILIO_ACCOUNT_SID", "AC", account), token


def _oidc(given: Mapping[str, str]) -> dict[str, str]:
    """Return the settings of the company's own login; its address is https, unless it is on this machine."""
    client, secret = _pair(given, "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")
    if bool(given.get("OIDC_ISSUER")) != bool(client):
        raise SettingsError("OIDC_ISSUER and OIDC_CLIENT_ID belong together: set both or neither")
    if not client:
        return {}
    issuer = _url("OIDC_ISSUER", given["OIDC_ISSUER"])
    parts = urlsplit(issuer)
    if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "localhost"):
        raise SettingsError(f"OIDC_ISSUER is {issuer!r}: give an https address, as it vouches for people")
    claim = given.get("OIDC_NAME_CLAIM", "preferred_username")
    return {"oidc_issuer": issuer, "oidc_client": client, "oidc_secret": secret, "oidc_claim": claim}


def _wallet(given: Mapping[str, str]) -> dict[str, str]:
    """Return where the wallet company answers and what signs our questions; nothing means the demo wallet."""
    address, secret = given.get("WALLET_URL", ""), given.get("WALLET_SECRET", "")
    if bool(address) != bool(secret):
        raise SettingsError("WALLET_URL and WALLET_SECRET belong together: set both or neither")
    if not address:
        return {}
    parts = urlsplit(_url("WALLET_URL", address))
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise SettingsError(f"WALLET_URL is {address!r}: give an https address, as PINs travel there")
    if len(secret) < SECRET:
        raise SettingsError(f"WALLET_SECRET is too short: give at least {SECRET} characters, by chance")
    return {"wallet_url": address.rstrip("/"), "wallet_secret": secret}


def _mail(given: Mapping[str, str]) -> Mail | None:
    names = ("MAIL_URL", "MAIL_FROM", "MAIL_TO")
    if not any(given.get(name) for name in names):
        return None
    if missing := [name for name in names if not given.get(name)]:
        raise SettingsError(f"{missing[0]} is missing: the daily mail needs {', '.join(names)}")
    parts = urlsplit(given["MAIL_URL"])
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise SettingsError("MAIL_URL is wrong: give smtp://name:password@mail.example.com:587, or smtps://…:465")
    near = parts.hostname in LOOPBACK
    tls = "tls" if parts.scheme == "smtps" else "none" if near else "starttls"
    for name in ("MAIL_FROM", "MAIL_TO"):
        if wrong := [one for one in _list(given[name]) if not re.fullmatch(r"[^@\s,<>]+@[^@\s,<>]+", one)]:
            raise SettingsError(f"{name} has {wrong[0]!r}: give an address like boss@example.com")
    at, language = given.get("MAIL_AT", "08:00"), given.get("MAIL_LANGUAGE", "zh")
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", at):
        raise SettingsError(f"MAIL_AT is {at!r}: give an hour like 08:00")
    if language not in ("zh", "en"):
        raise SettingsError(f"MAIL_LANGUAGE is {language!r}: give zh or en")
    port = parts.port or (465 if tls == "tls" else 587)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    sender, to = given["MAIL_FROM"], _list(given["MAIL_TO"])
    return Mail(parts.hostname, port, tls, user, password, sender, to, time.fromisoformat(at), language)


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _prefixes(text: str) -> tuple[str, ...]:
    found = _list(text)
    if wrong := [one for one in found if not re.fullmatch(r"\+[1-9]\d{0,14}", one)]:
        raise SettingsError(f"ALLOWED_PREFIXES has {wrong[0]!r}: give beginnings of numbers like +86,+852")
    return found


def _port(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise SettingsError(f"PORT is {text!r}: give a number from 1 to 65535")
    return int(text)


def _url(name: str, text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise SettingsError(f"{name} is {text!r}: give an address like https://hotline.example.com")
    if "_" in parts.hostname:
        raise SettingsError(f"{name} is {text!r}: the carrier refuses host names with an underscore")
    return text.rstrip("/")


def _public(text: str, api_url: str, here: str) -> str:
    """Return our address; only a carrier near by, whose own address is http, may ask us without TLS or by default."""
    if near := urlsplit(api_url).scheme == "http":
        text = text or here
    if not text:
        raise SettingsError(
            "PUBLIC_URL is missing: set it to the https address by which the carrier reaches this server"
        )
    if urlsplit(_url("PUBLIC_URL", text)).scheme == "http" and not near:
        raise SettingsError(f"PUBLIC_URL is {text!r}: give an https address, as numbers and keys travel there")
    return text.rstrip("/")


def _workspace(given: Mapping[str, str]) -> str:
    return _id("TWILIO_TASKROUTER_WORKSPACE", "WS", given.get("TWILIO_TASKROUTER_WORKSPACE", ""))


def _texting(given: Mapping[str, str], practice: bool) -> dict[str, str]:
    """Return who SMS and codes come from."""
    if practice:
        return {"sms_from": PRACTICE_SENDER, "verify_service": PRACTICE_SERVICE}
    service = _id("TWILIO_VERIFY_SERVICE", "VA", given.get("TWILIO_VERIFY_SERVICE", ""))
    return {"sms_from": _sender(given), "verify_service": service}


def _sender(given: Mapping[str, str]) -> str:
    name, text = "TWILIO_SMS_FROM", given.get("TWILIO_SMS_FROM", "")
    if text.startswith("MG"):
        return _id(name, "MG", text)
    if text and not re.fullmatch(r"\+[1-9]\d{6,14}", text):
        raise SettingsError(f"{name} is {text!r}: give a number like +8613800138000, or a messaging service (MG…)")
    return text


def _id(name: str, kind: str, text: str) -> str:
    if text and not re.fullmatch(f"{kind}[0-9a-f]{{32}}", text):
        raise SettingsError(
            f"{name} is {text!r}: copy it from Twilio's console, {kind} and 32 digits or letters a to f"
        )
    return text


def _kept(instance: Path) -> dict[str, str]:
    """Return the secrets made at first start, making them now if this is it; only we may read the file."""
    file = instance / "secrets"
    try:
        instance.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            made = {"secret key": secrets.token_urlsafe(48), "practice token": secrets.token_hex(16)}
            _write(file, "".join(f"{name}={value}\n" for name, value in made.items()))
    except OSError as error:
        words = f"{file} cannot be written ({error.strerror}): set SECRET_KEY, or make the folder writable"
        raise SettingsError(words) from error
    return dict(line.split("=", 1) for line in file.read_text().splitlines() if "=" in line)


def _write(file: Path, text: str) -> None:
    """Write a whole file or none, for us alone; where two processes start at once, the first one's stays."""
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(text)
    with suppress(FileExistsError):
        os.link(draft, file)
    draft.unlink()
