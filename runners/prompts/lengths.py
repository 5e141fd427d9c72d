"""Which prompts are longer than what a model's text encoder reads: the rest is cut off without a word."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from runners.core.errors import counted

Count = Callable[[Sequence[str], int], list[tuple[int, int]] | None]
"""(texts, most) → of each text its tokens and the characters that `most` of them hold; None if nobody can count."""
_BYTES_A_TOKEN = 4
"""English prose has 4 to 5 in the vocabularies of T5, UMT5 and Qwen: with fewer, one warns rather than not."""
_SHOWN, _EXCERPT = 3, 40


def long_prompts(texts: Mapping[str, str | None], most: int, model: str, count: Count) -> list[str]:
    """Lines that warn, by clip, of prompts of which `model` reads less than is there; none if all fit."""
    doubtful = {clip: text for clip, text in texts.items() if text and len(text.encode()) > most - 3}
    if not doubtful:  # no token is less than a byte, and few marks are added
        return []
    found = count(list(doubtful.values()), most)
    how = "by its own tokenizer" if found else f"estimated, {_BYTES_A_TOKEN} bytes a token: its tokenizer is not here"
    sizes = dict(zip(doubtful, found or [_estimated(text, most) for text in doubtful.values()], strict=True))
    long = [clip for clip, (tokens, _) in sizes.items() if tokens > most]
    if not long:
        return []
    longest = max(sizes[clip][0] for clip in long)
    lines = [
        (
            f"warning: {model} reads {most} tokens of a prompt and cuts off the rest without a word: "
            f"{counted(len(long), 'prompt')} of {len(texts)} longer, up to {longest} tokens ({how})"
        )
    ]
    for clip in long[:_SHOWN]:
        tokens, kept = sizes[clip]
        lines.append(f"  {clip}: {tokens} tokens, cut from {_excerpt(doubtful[clip][kept:])!r} on")
    if len(long) > _SHOWN:
        lines.append(f"  and {', '.join(long[_SHOWN:])}")
    return lines


def _estimated(text: str, most: int) -> tuple[int, int]:
    whole = text.encode()
    return -(-len(whole) // _BYTES_A_TOKEN), len(whole[: most * _BYTES_A_TOKEN].decode(errors="ignore"))


def _excerpt(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _EXCERPT else f"{words[:_EXCERPT].rstrip()}…"
