"""One line for each shared clip: what it is of, what its model was told, and what it is worth."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from runners.core.files import publish, write_text
from runners.dataset.user_csv import text_cell
from runners.runs.run_record import RunRecord
from runners.scoring.scores import ClipScore, Scores
from runners.sharing.redaction import place_free, without_secrets
from runners.sharing.summary import METRICS, is_scored, one_score

COLUMNS = (
    "file_name", "scenario_id", "scene", "view", "category", "model", "run", "complete", "prompt", "negative_prompt",
    "seed", "score", *METRICS, *(f"variance_{name}" for name in METRICS), "sha256",
)  # fmt: skip
_TEXTS = ("file_name", "scenario_id", "scene", "view", "category", "model", "run", "prompt", "negative_prompt")
Row = dict[str, Any]


def rows_of(record: RunRecord, scores: Scores | None, files: Sequence[str]) -> list[Row]:
    """A row for each of the run's clips that are shared; scores are None in a run that has none."""
    measured = {} if scores is None else {clip.file: clip for clip in scores.per_clip}
    rows = []
    for clip_id, clip in record.clips.items():
        if clip.published is None or clip.name not in files:
            continue
        made, known = clip.generation, measured.get(clip.name)
        if known is not None and known.sha256 != clip.published.sha256:
            known = None
        row: Row = {
            "file_name": clip.name, "scenario_id": clip_id, "scene": known.scene if known else _scene(clip.name),
            "view": clip.view, "category": clip.category, "model": place_free(record.model),
            "run": place_free(record.name), "complete": record.complete,
            "prompt": _exact(made.prompt), "negative_prompt": _exact(made.negative_prompt), "seed": made.seed,
            "sha256": clip.published.sha256,
        }  # fmt: skip
        rows.append(row | _values(known, scored=scores is not None and is_scored(scores)))
    return rows


def _exact(text: str | None) -> str | None:
    return None if text is None else without_secrets(text)


def _scene(file: str) -> str:
    """The scene in a clip's name, `0001_perspective-left_trimmed-ball.mp4`."""
    return Path(file).stem.partition("_trimmed-")[2] and f"trimmed-{Path(file).stem.partition('_trimmed-')[2]}"


def _values(clip: ClipScore | None, *, scored: bool) -> Row:
    if clip is None:
        return {}
    values: Row = {name: getattr(clip.metrics, name) for name in METRICS}
    if clip.variance is not None:
        values |= {f"variance_{name}": getattr(clip.variance, name) for name in METRICS}
    return values | ({"score": one_score(clip)} if scored else {})


def metadata_csv(rows: Sequence[Row]) -> str:
    """The rows as CSV. A text that a spreadsheet would take for a formula has an apostrophe before it."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        cells = {key: text_cell(str(row[key])) for key in _TEXTS if row.get(key) is not None}
        writer.writerow({key: value for key, value in row.items() if value is not None} | cells)
    return text.getvalue()


def write_tables(folder: Path, key: str, rows: Sequence[Row]) -> None:
    """metadata.csv beside the clips, and with pyarrow the same rows as parquet in `tables/`. Raises OSError."""
    write_text(folder / "videos" / key / "metadata.csv", metadata_csv(rows))
    with suppress(ImportError):
        import pyarrow as pa
        from pyarrow import parquet

        (folder / "tables").mkdir(exist_ok=True)
        part, final = folder / "tables" / f".{key}.part", folder / "tables" / f"{key}.parquet"
        numbers = {name: pa.float64() for name in COLUMNS} | dict.fromkeys(_TEXTS, pa.string())
        kinds = numbers | {"sha256": pa.string(), "complete": pa.bool_(), "seed": pa.string()}
        texts = [{**row, "seed": None if row["seed"] is None else str(row["seed"])} for row in rows]
        schema = pa.schema(list(kinds.items()))
        parquet.write_table(pa.Table.from_pylist(texts, schema=schema), part)
        publish(part, final)
