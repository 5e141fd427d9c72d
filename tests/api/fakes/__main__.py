"""A fake service in a process of its own: `python -m tests.api.fakes runway --port 0 --model-seconds 2`.

Prints one line of JSON with its `base_url` and the `key` that it takes, then serves until it is killed. Scripted
through /__ctl.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import threading

from tests.api.fakes.media import ClipSpec
from tests.api.fakes.personality import Personality
from tests.api.fakes.server import FakeServer


def personality(name: str) -> Personality:
    """The personality of a vendor, by the name of its module."""
    module = importlib.import_module(f"tests.api.fakes.{name}")
    found = [thing for thing in vars(module).values() if isinstance(thing, type) and issubclass(thing, Personality)]
    return next(kind for kind in found if kind.__module__ == module.__name__)()


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(prog="python -m tests.api.fakes", description=__doc__)
    parser.add_argument("vendor", help="module of the personality, such as runway")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--pending", type=int, default=2, help="polls that answer: not yet")
    parser.add_argument("--model-seconds", type=float, help="how long a job takes, instead of counting polls")
    parser.add_argument(
        "--keep-bytes", type=int, default=1 << 16, help="how much of each body is kept for /__ctl/captures"
    )
    parser.add_argument("--same-clip", action="store_true", help="one clip for all jobs: no time goes into encoding")
    parser.add_argument(
        "--clip", type=int, nargs=4, metavar=("WIDTH", "HEIGHT", "FPS", "FRAMES"), help="what every clip is like"
    )
    told = parser.parse_args()
    vendor = personality(told.vendor)
    server = FakeServer(
        vendor, port=told.port, pending=told.pending, model_s=told.model_seconds,
        distinct=not told.same_clip, keep_bytes=told.keep_bytes, clip=ClipSpec(*told.clip) if told.clip else None,
    )  # fmt: skip
    with server:
        sys.stdout.write(json.dumps({"base_url": server.base_url, "key": vendor.key}) + "\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main()
