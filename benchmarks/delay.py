"""A network that is far away: passes bytes on, each a fixed time later, as a program of its own.

python -m benchmarks.delay TO_PORT SECONDS        prints the port it listens on
"""

from __future__ import annotations

import asyncio
import sys
from typing import cast

import uvloop


class End(asyncio.Protocol):
    """One side; what it hears the other side says a while later."""

    def __init__(self, late: float) -> None:
        self.late = late
        self.other: End | None = None
        self.transport: asyncio.Transport | None = None
        self._early: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        for data in self._early:
            self.transport.write(data)

    def say(self, data: bytes) -> None:
        """Pass on what the other side heard."""
        if self.transport is None:
            self._early.append(data)
        elif not self.transport.is_closing():
            self.transport.write(data)

    def data_received(self, data: bytes) -> None:
        assert self.other is not None
        asyncio.get_running_loop().call_later(self.late, self.other.say, data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.other is not None and self.other.transport is not None:
            asyncio.get_running_loop().call_later(self.late, self.other.transport.close)


async def serve(port: int, late: float) -> None:
    """Listen until ended."""
    loop = asyncio.get_running_loop()
    reaching: set[asyncio.Task[object]] = set()

    def met() -> End:
        near, far = End(late), End(late)
        near.other, far.other = far, near
        task: asyncio.Task[object] = loop.create_task(loop.create_connection(lambda: far, "127.0.0.1", port))
        reaching.add(task)
        task.add_done_callback(reaching.discard)
        return near

    server = await loop.create_server(met, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), float(sys.argv[2])))
