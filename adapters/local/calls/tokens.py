"""How many tokens a model's own tokenizer makes of a text, where its files are here: no network, no weights."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from adapters.local.weights.cached import snapshot

FOLDERS = ("tokenizer", "text_tokenizer")
"""Where a checkpoint keeps the tokenizer of what it reads; a second one reads the same text."""


def count_tokens(
    checkpoint: str, revision: str | None, texts: Sequence[str], most: int
) -> list[tuple[int, int]] | None:
    """Of each text: how many tokens it has, and how many of its characters are in those that fit into `most`.

    Marks that the tokenizer adds count, as they do for the encoder. None if the tokenizer is not here or not readable.
    """
    folder = _folder(checkpoint, revision)
    tokenizer = _tokenizer(folder) if folder else None
    return None if tokenizer is None else [_counted(tokenizer.encode(text), len(text), most) for text in texts]


def _folder(checkpoint: str, revision: str | None) -> Path | None:
    place = Path(checkpoint).expanduser()
    root = place if place.is_dir() else snapshot(checkpoint, revision)
    return next((root / name for name in FOLDERS if (root / name).is_dir()), None) if root else None


def _tokenizer(folder: Path) -> Any:
    """One of the `tokenizers` library; read from its own file, else made of the older ones by transformers."""
    file = folder / "tokenizer.json"
    tokenizer: Any = None
    with contextlib.suppress(Exception):  # whatever a damaged file raises: then it is estimated, and loading will tell
        if file.is_file():
            from tokenizers import Tokenizer

            tokenizer = Tokenizer.from_file(str(file))
        else:
            from transformers import AutoTokenizer

            tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True).backend_tokenizer
        tokenizer.no_truncation()
        tokenizer.no_padding()
    return tokenizer


def _counted(encoded: Any, characters: int, most: int) -> tuple[int, int]:
    own = [end for (_, end), mark in zip(encoded.offsets, encoded.special_tokens_mask, strict=True) if not mark]
    fitting = max(most - (len(encoded.ids) - len(own)), 0)
    if len(own) <= fitting:
        return len(encoded.ids), characters
    return len(encoded.ids), own[fitting - 1] if fitting else 0
