"""A peer that shares no code with us: Debian's python3-websockets does what ws-conformance.test.ts asks of each
library, and prints what came of it. Usage: websockets_peer.py URL SUBPROTOCOL..."""

import asyncio
import json
import sys

import websockets


def request(number, size=0, filling="x"):
    def of(padding):
        return '{"request":true,"id":%d,"method":"conformance","data":{"p":"%s"}}' % (number, padding)

    return of(filling * max(0, size - len(of(""))))


async def fragments(socket):
    whole = request(1)

    async def pieces():
        for at in range(0, len(whole), 10):
            yield whole[at : at + 10]

    await socket.send(pieces())


async def hundred(socket):
    for number in range(1, 101):
        await socket.send(request(number))


CASES = {
    "short": lambda socket: socket.send(request(1)),
    "125 bytes": lambda socket: socket.send(request(1, 125)),
    "126 bytes": lambda socket: socket.send(request(1, 126)),
    "65535 bytes": lambda socket: socket.send(request(1, 65535)),
    "65536 bytes": lambda socket: socket.send(request(1, 65536)),
    "65537 bytes": lambda socket: socket.send(request(1, 65537)),
    "many letters": lambda socket: socket.send(request(1, 200, "ж")),
    "in fragments": fragments,
    "a hundred at once": hundred,
    "binary": lambda socket: socket.send(request(1).encode()),
    "not JSON": lambda socket: socket.send("hello"),
    "close 1000": lambda socket: socket.close(1000, "bye"),
    "close 3456": lambda socket: socket.close(3456, "bye"),
}


async def play(url, protocols, name, act):
    answers = []
    async with websockets.connect(url, subprotocols=protocols, max_size=None, compression="deflate") as socket:
        assert socket.subprotocol == "protoo"
        assert socket.extensions == []
        await act(socket)
        wanted = 100 if name == "a hundred at once" else 1
        try:
            while len(answers) < wanted:
                heard = json.loads(await asyncio.wait_for(socket.recv(), 10))
                if heard.get("response"):
                    answers.append(heard["id"])
        except websockets.ConnectionClosed:
            return {"answers": answers, "pong": None, "closes": socket.close_code}
        return {"answers": answers, "pong": None, "closes": None}


async def ping(url, protocols):
    async with websockets.connect(url, subprotocols=protocols) as socket:
        # The library waits for the pong of this very payload.
        pong = await socket.ping("are you there?")
        await asyncio.wait_for(pong, 10)
        return {"answers": [], "pong": "are you there?", "closes": None}


async def no_code(url, protocols):
    async with websockets.connect(url, subprotocols=protocols) as socket:
        # The library has no word for a close without a code: below its API there is one.
        await socket.write_close_frame(websockets.frames.Close(1005, ""), b"")
        await asyncio.wait_for(socket.wait_closed(), 10)
        return {"answers": [], "pong": None, "closes": socket.close_code}


async def main():
    url, *protocols = sys.argv[1:]
    seen = {name: await play(url, protocols, name, act) for name, act in CASES.items()}
    seen["ping"] = await ping(url, protocols)
    seen["close without a code"] = await no_code(url, protocols)
    print(json.dumps(seen))


asyncio.run(main())
