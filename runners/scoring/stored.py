"""scores.json read back: the clips' metrics and variances, from which every score can be made again."""

from __future__ import annotations

import json
import math
from dataclasses import fields
from pathlib import Path
from typing import Any

from runners.core.errors import UserError
from runners.core.files import shown
from runners.scoring.formulas import Values
from runners.scoring.scores import ClipScore

_TEXTS = ("id", "scene", "view", "category", "file", "sha256")


def read_scores(folder: Path) -> dict[str, Any]:
    """The content of a scores folder's scores.json. Raises UserError if it is not there or damaged."""
    path = folder / "scores.json"
    try:
        scores = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise UserError(f"{shown(path)}: there is no such file") from None
    except (OSError, ValueError, RecursionError) as error:
        raise _damaged(path, type(error).__name__) from None
    if not isinstance(scores, dict):
        raise _damaged(path, "no object")
    for key in ("fps", "width", "height", "clips", "expected"):
        if not isinstance(scores.get(key), int):
            raise _damaged(path, f"{key} is no number")
    for key in ("verified", "original"):
        if key not in scores or not (scores[key] is None or _is_number(scores[key])):
            raise _damaged(path, f"{key} is no number")
    stored_clips(scores, path)
    return scores


def stored_clips(scores: dict[str, Any], path: Path | None = None) -> list[ClipScore]:
    """Every clip's metrics and variance as they enter the scores. Raises UserError for a damaged record."""
    rows = scores.get("per_clip")
    if not isinstance(rows, list) or not rows:
        raise _damaged(path, "no per_clip")
    return [_clip(row, path) for row in rows]


def _clip(row: Any, path: Path | None) -> ClipScore:
    if not isinstance(row, dict) or not all(isinstance(row.get(key), str) for key in _TEXTS):
        raise _damaged(path, "an entry of per_clip is incomplete")
    metrics, variance = _values(row.get("metrics")), _values(row.get("variance"))
    if metrics is None or (variance is None and row.get("variance") is not None):
        raise _damaged(path, f"the metrics of clip {row['id']} are incomplete")
    return ClipScore(
        **{key: row[key] for key in _TEXTS}, metrics=metrics, variance=variance, ceiling=_values(row.get("ceiling"))
    )


def _values(node: Any) -> Values | None:
    if not isinstance(node, dict) or not all(_is_number(node.get(field.name)) for field in fields(Values)):
        return None
    return Values(**{field.name: float(node[field.name]) for field in fields(Values)})


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _damaged(path: Path | None, why: str) -> UserError:
    name = "scores.json" if path is None else shown(path)
    return UserError(f"{name} is damaged ({why}); remove it, and score the run again")
