"""Live values; needs the package websockets."""

import asyncio
import json
import os

import websockets

URL = os.environ.get("WEBMACS_URL", "http://localhost:8000").replace("http", "ws", 1)
TOKEN = os.environ["WEBMACS_TOKEN"]


async def follow() -> None:
    async for socket in websockets.connect(  # comes back by itself, with growing pauses
        f"{URL}/ws/datapoints/stream", subprotocols=["webmacs", f"webmacs.token.{TOKEN}"]
    ):
        try:
            async for text in socket:
                message = json.loads(text)
                for reading in message.get("datapoints", []):
                    print(reading["event_public_id"], reading["value"], reading["timestamp"])
        except websockets.ConnectionClosed as closed:
            refused = closed.rcvd is not None and closed.rcvd.code == 1008
            if refused and closed.rcvd.reason != "Role has changed":  # the token stays good then
                raise SystemExit(f"The token is refused: {closed.rcvd.reason}")


asyncio.run(follow())
