"""Jinja2 with everything escaped, and data for classic scripts: pages open from disk, where fetch is forbidden."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runners.page.board import duration, money, number

if TYPE_CHECKING:
    from jinja2 import Environment

HERE = Path(__file__).parent
ASSETS = HERE / "assets"


@cache
def environment() -> Environment:
    """The templates; a name that is missing is an error."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    found = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, finalize=_without_controls,
    )  # fmt: skip
    found.filters |= {"number": number, "duration": duration, "money": money}
    return found


_CONTROLS = {code: "\N{REPLACEMENT CHARACTER}" for code in (*range(32), *range(127, 160)) if code not in (9, 10)}


def _without_controls(value: Any) -> Any:
    """A page can hold no control characters but tabs and line ends."""
    return value.translate(_CONTROLS) if type(value) is str else value


@cache
def look() -> str:
    """A hash of all that a page's text follows from beside the values that it is given."""
    import jinja2

    files = sorted([*(HERE / "templates").iterdir(), *HERE.glob("*.py")])
    parts = [path.read_bytes() for path in files if path.is_file()]
    return hashlib.sha256(b"\0".join([jinja2.__version__.encode(), *parts])).hexdigest()


def page(template: str, **values: Any) -> str:
    """One page's text. `up` is the way from the page to the report's top folder: "" or "../"."""
    return environment().get_template(template).render(**values)


def script(name: str, value: Any) -> str:
    """A classic script that sets `window.<name>`: nothing in a text can end it or its strings."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    text = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return f"window.{name}={text};\n"
