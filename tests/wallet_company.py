"""A wallet company's service, built by the OpenAPI document alone; the demo wallet knows its answers."""

import json
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from ipaddress import ip_address
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from http_message_signatures import (
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    InvalidSignature,
    algorithms,
)
from openapi_schema_validator import OAS31Validator

from ivr.flow.inputs import NotFound
from ivr.flow.secret import Secret
from ivr.flow.waits import Lookup
from ivr.wallets.port import Wallet

COVERED: Final = ("@method", "@target-uri", "content-type", "content-digest", "idempotency-key")
SLOW: Final = ("slow", "trickle", "trickling body")
FAULTS: Final = (
    *SLOW,
    "500",
    "half",
    "type",
    "types",
    "outcome",
    "extra",
    "missing",
    "page",
    "elsewhere",
    "long",
    "garbled",
)


@cache
def document() -> dict[str, Any]:
    """Return the published document."""
    return json.loads(files("ivr.wallets").joinpath("openapi.json").read_text("utf-8"))


def wrong(value: Any, schema: dict[str, Any]) -> list[str]:
    """Return what is wrong with a value by a schema of the document."""
    whole = {**schema, "components": document()["components"]}
    return [error.message for error in OAS31Validator(whole).iter_errors(value)]


@dataclass
class Company:
    """The service: whose answers it gives, with which fault (for how many requests yet), and what it was asked."""

    wallet: Wallet
    secret: str
    fault: str = ""
    times: int = 0
    port: int = 0
    asked: list[tuple[str, str]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    nonces: set[str] = field(default_factory=set)
    lines: set[int] = field(default_factory=set)
    headers: dict[str, str] = field(default_factory=dict)
    server: Any = None
    over: Event = field(default_factory=Event)
    lock: Any = field(default_factory=Lock)

    @property
    def url(self) -> str:
        """Return its base URL."""
        return f"http://127.0.0.1:{self.port}/wallet"

    def secured(self, folder: Path) -> str:
        """Begin to speak TLS, by a certificate that nobody vouches for; return the base URL."""
        key = ec.generate_private_key(ec.SECP256R1())
        name, begin = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")]), datetime.now(UTC)
        made = x509.CertificateBuilder(name, name, key.public_key(), 1, begin, begin + timedelta(days=1))
        made = made.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False)
        plain = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / "pem").write_bytes(key.private_bytes(*plain) + made.sign(key, SHA256()).public_bytes(Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "pem")
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        return self.url.replace("http:", "https:")

    def fails(self, fault: str, times: int = 1000) -> None:
        """Have it fail so, for so many requests."""
        self.fault, self.times = fault, times

    def start(self) -> None:
        """Begin to listen: on a port of its own, or again on the one it had."""
        self.server = _Server(("127.0.0.1", self.port), type("Answers", (_Handler,), {"company": self}))
        self.port = self.server.server_address[1]
        Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        """Refuse all connections from now on."""
        self.server.shutdown()
        self.server.server_close()

    def failing(self) -> str:
        """Return the fault of this request."""
        with self.lock:
            self.times -= 1
            return self.fault if self.times >= 0 else ""


@contextmanager
def company(wallet: Wallet, secret: str, kind: type[Company] = Company) -> Iterator[Company]:
    """Run the service on a port of its own."""
    made = kind(wallet, secret)
    made.start()
    try:
        yield made
    finally:
        made.over.set()
        made.stop()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


class _Key(HTTPSignatureKeyResolver):
    def __init__(self, secret: str) -> None:
        self.key = secret.encode()

    def resolve_public_key(self, key_id: str) -> bytes | None:
        return self.key if key_id == "hotline" else None

    def resolve_private_key(self, key_id: str) -> bytes:
        raise AssertionError("the company signs nothing")


@dataclass
class _Request:
    method: str
    url: str
    headers: dict[str, str]


class _Handler(BaseHTTPRequestHandler):
    company: Company
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.company.lines.add(self.client_address[1])
        self.company.headers = dict(self.headers.items())
        status, told = self._told(body)
        self.company.asked.append((self.path, self.headers.get("Idempotency-Key", "")))
        if status in (400, 401):
            self.company.refused.append(f"{self.path}: {told}")
        with suppress(OSError):  # Who asked may have hung up.
            self._answer(status, told)

    def _told(self, body: bytes) -> tuple[int, dict[str, Any]]:
        operation = document()["paths"].get(self.path.removeprefix("/wallet"), {}).get("post")
        if operation is None:
            return 400, _problem(400, "no such path")
        try:
            self._check_signature(body)
        except InvalidSignature as error:
            return 401, _problem(401, str(error))
        if faults := [*self._headers(operation), *wrong(json.loads(body), _schema(operation["requestBody"]))]:
            return 400, _problem(400, "; ".join(faults))
        return self._found(operation, json.loads(body)["about"])

    def _check_signature(self, body: bytes) -> None:
        url = f"http://{self.headers['Host']}{self.path}"
        message = _Request(self.command, url, dict(self.headers.items()))
        verifier = HTTPMessageVerifier(
            signature_algorithm=algorithms.HMAC_SHA256, key_resolver=_Key(self.company.secret)
        )
        [found] = verifier.verify(
            message, max_age=timedelta(minutes=5), expect_tag="hotline-wallet", require_components=COVERED, body=body
        )
        if not found.nonce or found.nonce in self.company.nonces:
            raise InvalidSignature("the nonce was used before")
        self.company.nonces.add(found.nonce)

    def _headers(self, operation: dict[str, Any]) -> list[str]:
        names = [one["$ref"].rsplit("/", 1)[1] for one in operation["parameters"]]
        told = [document()["components"]["parameters"][name] for name in names]
        return [words for one in told for words in wrong(self.headers.get(one["name"]), one["schema"])]

    def _found(self, operation: dict[str, Any], about: dict[str, str]) -> tuple[int, dict[str, Any]]:
        shapes = _schema(operation["requestBody"])["properties"]["about"]["properties"]
        secret = {name for name, shape in shapes.items() if shape.get("format") == "password"}
        facts = tuple((name, Secret(one) if name in secret else one) for name, one in about.items())
        answer = self.company.wallet.answer(Lookup(operation["operationId"], facts), self.headers["Idempotency-Key"])
        if isinstance(answer, NotFound):
            sure = "429" in operation["description"]  # An act of which it is told how to say that it was not done.
            status = {"slow": 504, "unavailable": 429 if sure else 503}[answer.why]
            return status, _problem(status, answer.why)
        told = {"outcome": answer.outcome, "facts": dict(answer.facts)}
        assert wrong(told, _schema(operation["responses"]["200"])) == []
        return 200, told

    def _answer(self, status: int, told: dict[str, Any]) -> None:
        body, kind, headers = json.dumps(told).encode(), "application/json", {}
        match self.company.failing():
            case "slow":
                self.company.over.wait(60)
            case "hangs":
                self.close_connection = True
                self.company.over.wait(3600)
                return None
            case "trickle":
                return self._trickle(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 1000)
            case "trickling body":
                return self._trickle(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + b" " * 1000)
            case "last":
                headers, self.close_connection = {"Connection": "close"}, True
            case "500":
                status = 500
            case "half":
                headers = {"Content-Length": str(len(body) + 10)}
                self.close_connection = True
            case "garbled":
                body = body[:-5]
            case "type":
                body = json.dumps(told | {"facts": dict.fromkeys(told.get("facts", {}), 1)}).encode()
            case "types":
                body = json.dumps({"outcome": 1, "facts": [told]}).encode()
            case "outcome":
                body = json.dumps(told | {"outcome": "splendid"}).encode()
            case "extra":
                body = json.dumps(told | {"facts": {**told.get("facts", {}), "mood": "1"}}).encode()
            case "missing":
                body = json.dumps(told | {"facts": {}}).encode()
            case "page":
                body, kind = b"<html>", "text/html"
            case "elsewhere":
                status, headers = 307, {"Location": f"{self.company.url}/v1/ours"}
            case "long":
                body += b" " * 100_000
            case "":
                kind = "application/json" if status == 200 else "application/problem+json"
        self._write(status, {"Content-Type": kind, "Content-Length": str(len(body)), **headers}, body)
        return None

    def _write(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _trickle(self, text: bytes) -> None:
        self.close_connection = True
        for byte in text:
            self.wfile.write(bytes([byte]))
            time.sleep(0.01)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def _schema(part: dict[str, Any]) -> dict[str, Any]:
    return part["content"]["application/json"]["schema"]


def _problem(status: int, detail: str) -> dict[str, Any]:
    return {"title": "no answer", "status": status, "detail": detail}
