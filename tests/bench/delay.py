#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A TCP proxy that holds back all that passes, as a long line would.

delay.py PORT TARGET-PORT ROUND-TRIP-MS, on 127.0.0.1. What arrives is passed on
half a round trip later, either way. Only the handshake of TCP itself takes no
time, so a new connection costs one round trip less than it really would.
"""

import asyncio
import sys


async def carry(reader, writer, seconds):
    loop = asyncio.get_running_loop()
    while data := await reader.read(65536):
        loop.call_later(seconds, writer.write, data)
    loop.call_later(seconds, writer.close)


async def main(port, target, milliseconds):
    seconds = milliseconds / 2000

    async def connected(reader, writer):
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", target)
        await asyncio.gather(carry(reader, far_writer, seconds),
                             carry(far_reader, writer, seconds), return_exceptions=True)

    server = await asyncio.start_server(connected, "127.0.0.1", port, backlog=256)
    await server.serve_forever()


asyncio.run(main(*(int(argument) for argument in sys.argv[1:4])))
