"""The faults' own HTTP: whoever it lets go of, it lets go of wholly."""

import asyncio
import socket

from tests.apart import finished
from tests.light.wire import Message, answer, serve
from tests.world import free_port


async def _nothing(_: Message) -> bytes:
    return answer(204)


async def _accepted_as_it_closes(turns: int) -> int:
    port = free_port()
    served = await serve(_nothing, port)
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        for _ in range(turns):
            await asyncio.sleep(0)
        served.close()
        try:
            return len(await asyncio.to_thread(client.recv, 1))
        except ConnectionResetError:
            return 0


def test_who_is_accepted_as_the_server_closes_is_let_go_of() -> None:
    for turns in range(6):  # Of the loop, in one of which the connection is accepted, and in the next made.
        assert finished(_accepted_as_it_closes(turns)) == 0
