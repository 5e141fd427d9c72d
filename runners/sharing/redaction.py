"""What of a record is nobody's business elsewhere: places on the machine that made it, its name, its keys."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_DROPPED = frozenset(
    {"host", "hostname", "pid", "results", "lock", "root", "cache", "python", "user", "env", "environ", "environment"}
)
"""Keys that only tell where something lies or runs."""
_KEY = re.compile(
    r"(?i)(^|[_\-. ])(api_?keys?|keys?|tokens?|secrets?|passw(or)?d|credentials?|authorization|cookies?)$"
)
_NO_KEY = frozenset({"tokens", "max_tokens", "keys", "key"})
"""Fields that are named like a key, and hold counts or names of what is needed: kept unless they hold a secret."""
_PATH = re.compile(r"(?<![\w:/.])(?:file://)?(?:~|/|[A-Za-z]:[\\/])[^\s'\",;)\]}]*[^\s'\",;)\]}.:]")
_HOME = re.compile(r"^(?:~|/root|/home/[^/]+|/Users/[^/]+|[A-Za-z]:\\Users\\[^\\]+)[/\\]?$")
_SECRET = re.compile(r"\b(?:hf_|sk-|r8_|AIza|ghp_|xox[bap]-)[A-Za-z0-9_-]{12,}|(?i:bearer)\s+[A-Za-z0-9._~+/=-]{12,}")
_LOGIN = re.compile(r"(?<=://)[^\s/@]+@")
_QUERY = re.compile(r"(?<=\w)\?[^\s'\"<>]+")
_SIGNED = re.compile(r"(?i)sig|token|key|credential|expires")
_PROMPTS = frozenset({"prompt", "prompt_given", "negative_prompt", "negative_prompt_given", "negative"})
_GONE = "…"


def without_places(value: Any) -> Any:
    """The same JSON value with every path made the name of its file; what only names a machine, and keys, left out.

    Prompts stay as they are, but for keys in them.
    """
    return _clean(value, known_secrets())


def _clean(value: Any, secrets: tuple[str, ...], *, exact: bool = False) -> Any:
    if isinstance(value, Mapping):
        return {
            _text(str(key), secrets): _clean(each, secrets, exact=str(key) in _PROMPTS)
            for key, each in value.items()
            if str(key).lower() not in _DROPPED and not _is_key(str(key), each)
        }
    if isinstance(value, list | tuple):
        return [_clean(each, secrets) for each in value]
    if not isinstance(value, str):
        return value
    return without_secrets(value, secrets) if exact else _text(value, secrets)


def _is_key(key: str, value: Any) -> bool:
    return isinstance(value, str | list) and _KEY.search(key) is not None and key.lower() not in _NO_KEY


def place_free(text: str) -> str:
    """A text in which only the last part of every absolute path is left, and no key; plain web addresses stay."""
    return _text(text, known_secrets())


def _text(text: str, secrets: tuple[str, ...]) -> str:
    text = without_secrets(text, secrets)
    if re.match(r"^(?:~|/|[A-Za-z]:[\\/])[^\n]*[/\\]", text):  # a path as a whole, spaces and all
        return _name(text)
    for own in _own_names():
        text = re.sub(rf"(?<!\w){re.escape(own)}(?!\w)", _GONE, text)
    return _PATH.sub(lambda found: _name(found[0]), text)


def without_secrets(text: str, secrets: tuple[str, ...] | None = None) -> str:
    """A text without what is, or looks like, a key: of the environment, of a service, of a signed address."""
    for secret in known_secrets() if secrets is None else secrets:
        text = text.replace(secret, _GONE)
    return _QUERY.sub(_unsigned, _LOGIN.sub("", _SECRET.sub(_GONE, text)))


def _unsigned(query: re.Match[str]) -> str:
    """A query without what signs it; one pattern for both would take the square of the text's length."""
    return f"?{_GONE}" if _SIGNED.search(query[0]) else query[0]


def known_secrets() -> tuple[str, ...]:
    """The values of environment variables that are named like keys, the longest first."""
    found = {value for name, value in os.environ.items() if _KEY.search(name) and len(value) >= 8}
    return tuple(sorted(found, key=len, reverse=True))


def _own_names() -> list[str]:
    """This machine's name, where it is long enough to be one and no word, and the home folder."""
    host = socket.gethostname()
    own = [host] if len(host) >= 6 and host != "localhost" else []
    home = os.environ.get("HOME", "").rstrip("/")
    return own + ([home] if len(Path(home).parts) > 2 else [])


def _name(path: str) -> str:
    if _HOME.match(path):
        return _GONE
    parts = [part for part in re.split(r"[\\/]", path) if part]
    return f"{_GONE}/{parts[-1]}" if len(parts) > 1 else path
