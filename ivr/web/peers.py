"""Who asks us, by address: behind proxies as the last of ours says it, never as whoever asks does."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Any, Final
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from werkzeug.middleware.proxy_fix import ProxyFix

FORWARDED: Final = "x-forwarded-for"
PORT: Final = re.compile(r"(?:\[([^]]+)]|([^:]+))(?::\d+)?")
ONE_LINE: Final = 64  # Bits of an IPv6 address that name a customer's line; the others the customer chooses.
NOWHERE: Final = "unknown"


@dataclass(frozen=True, slots=True)
class Proxies:
    """So many proxies of ours stand before us, and each writes from where it was asked; what others wrote is nothing.

    A host that they name is not taken over: no page leads to one, and they hand on the one that was asked.
    """

    count: int = 0

    def around(self, app: WSGIApplication) -> WSGIApplication:
        """Return an application that knows from where, and by which scheme, the outermost of them was asked."""
        return ProxyFix(app, x_for=self.count, x_proto=self.count) if self.count else app

    def client(self, peer: str, headers: Callable[[], Iterable[tuple[str, str]]]) -> str:
        """Return who asks by a request from this address; `headers` gives its headers, their names in small letters."""
        if not self.count:
            return peer
        told = ",".join(value for name, value in headers() if name == FORWARDED)
        environ: WSGIEnvironment = {"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": told}
        self.around(_nothing)(environ, _unheard)
        return str(environ["REMOTE_ADDR"])


@lru_cache(maxsize=4096)  # Each turn asks twice, mostly of the same.
def line_of(address: str) -> str:
    """Return what limits count by: the address, without the port that some proxies write; of IPv6 the /64.

    Whatever is no address is one and the same, so that nobody makes up new ones.
    """
    try:
        found = ip_address(_bare(address))
    except ValueError:
        return NOWHERE
    if not isinstance(found, IPv6Address):
        return str(found)
    return str(found.ipv4_mapped or IPv6Network((found, ONE_LINE), strict=False))


def _bare(address: str) -> str:
    found = PORT.fullmatch(address)
    return (found[1] or found[2]) if found else address


def _nothing(_: WSGIEnvironment, __: StartResponse) -> Iterable[bytes]:
    return ()


def _unheard(*_: Any) -> Any:
    return None
