"""Sends mail through the company's mail server."""

import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Final

PATIENCE: Final = 20.0  # Seconds for each answer of the server.


class PostError(Exception):
    """The mail did not go; the text says why."""


@dataclass(frozen=True, slots=True)
class Post:
    """A mail server: `tls` from the beginning, `starttls` before the password, or `none` (on this machine only)."""

    host: str
    port: int
    tls: str
    user: str = ""
    password: str = field(default="", repr=False)

    def send(self, mail: EmailMessage) -> None:
        """Hand a mail over to be delivered to all its addresses; raise PostError otherwise."""
        try:
            with self._opened() as server:
                if self.user:
                    server.login(self.user, self.password)
                if refused := server.send_message(mail):
                    raise PostError(f"the mail server refused {', '.join(refused)}")
        except (OSError, smtplib.SMTPException) as error:
            raise PostError(
                f"the mail server {self.host}:{self.port} did not take it: {type(error).__name__}"
            ) from error

    def greet(self) -> None:
        """Log in and out again; raise PostError where that cannot be done."""
        try:
            with self._opened() as server:
                if self.user:
                    server.login(self.user, self.password)
                server.noop()
        except smtplib.SMTPAuthenticationError as error:
            raise PostError(f"the mail server {self.host}:{self.port} refuses the name or the password") from error
        except (OSError, smtplib.SMTPException) as error:
            raise PostError(
                f"the mail server {self.host}:{self.port} does not answer: {type(error).__name__}"
            ) from error

    def _opened(self) -> smtplib.SMTP:
        if self.tls == "tls":
            return smtplib.SMTP_SSL(self.host, self.port, timeout=PATIENCE, context=ssl.create_default_context())
        server = smtplib.SMTP(self.host, self.port, timeout=PATIENCE)
        if self.tls == "starttls":
            server.starttls(context=ssl.create_default_context())
        return server
