"""One connection over which a caller's requests are sent, one after the other."""

import asyncio
import re
from dataclasses import dataclass
from typing import Final

from tests.bench.calls import Request

NEXT: Final = re.compile(rb"/voice/turn/(\d+)\?")


@dataclass(frozen=True, slots=True)
class Line:
    """A connection to the hotline that is kept."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def opened(cls, port: int) -> "Line":
        """Connect to this port of this machine."""
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def ask(self, request: Request) -> bytes:
        """Send a request, and return the whole answer with its head."""
        self.writer.write(request.wire)
        head = await self.reader.readuntil(b"\r\n\r\n")
        _, found, length = head.lower().partition(b"content-length: ")
        body = await self.reader.readexactly(int(length.partition(b"\r\n")[0]) if found else 0)
        return head + body

    def close(self) -> None:
        """Hang up."""
        self.writer.close()


def turn_of(answer: bytes) -> int:
    """Return which turn the carrier is to ask next; raise ValueError where there is none."""
    found = NEXT.search(answer)
    if found is None:
        raise ValueError(f"the caller is asked nothing more: {answer!r}")
    return int(found[1])
