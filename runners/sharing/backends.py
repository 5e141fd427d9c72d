"""The three trackers, each told once what `summary` says of a run; runs in a process of its own (`trackers`).

An id that was logged before is gone on with: a second call updates the run, and makes no other.
"""

from __future__ import annotations

import inspect
import json
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any


def main() -> None:
    """Log the payload on standard input; the last line on standard error says what went wrong."""
    payload = json.load(sys.stdin)
    try:
        BACKENDS[payload["tracker"]](payload)
    except BaseException as error:  # noqa: BLE001  whatever a library raises, its last words are one line
        text = " ".join(f"{type(error).__name__}: {error}".split())
        os.write(2, f"\n{text}\n".encode(errors="replace"))
        os._exit(1)


def log_wandb(payload: dict[str, Any]) -> None:
    """Weights & Biases; WANDB_MODE, WANDB_DIR and the rest of its environment are honoured."""
    import wandb

    quiet = wandb.Settings(
        silent=True, console="off", disable_git=True, save_code=False,
        x_disable_meta=True, x_disable_stats=True,  # which name the host, the user and where programs lie
    )  # fmt: skip
    run = wandb.init(
        project=payload["project"], id=payload["id"], name=payload["name"], notes=payload["notes"],
        tags=payload["tags"], config=payload["config"], resume="allow", settings=quiet,
    )  # fmt: skip
    told: dict[str, Any] = dict(payload["scalars"])
    for name, table in payload["tables"].items():
        told[f"table/{name}"] = wandb.Table(columns=table["columns"], data=table["rows"])
    for clip in payload["clips"]:
        told[f"clip/{clip['key']}"] = wandb.Video(clip["path"], format="mp4", caption=clip["caption"])
    run.log(told)
    run.summary.update(payload["scalars"])
    run.finish()


def log_mlflow(payload: dict[str, Any]) -> None:
    """MLflow: its own address (MLFLOW_TRACKING_URI), else mlflow.db in the current folder."""
    import mlflow

    if not os.environ.get("MLFLOW_TRACKING_URI"):
        mlflow.set_tracking_uri("sqlite:///mlflow.db")
    mlflow.set_experiment(payload["project"])
    known = mlflow.search_runs(
        experiment_names=[payload["project"]], filter_string=f"tags.physics_iq_id = '{payload['id']}'",
        max_results=1, output_format="list",
    )  # fmt: skip
    words = ", ".join(payload["tags"])
    own = {"physics_iq_id": payload["id"], "mlflow.note.content": payload["notes"], "labels": words}
    nowhere = {"mlflow.user": "physics-iq", "mlflow.source.name": "physics-iq", "mlflow.source.type": "LOCAL"}
    tables = [{"path": f"{name}.json", "type": "table"} for name in payload["tables"]]
    nowhere["mlflow.loggedArtifacts"] = json.dumps(tables)
    began = {"run_id": known[0].info.run_id} if known else {"run_name": payload["name"], "tags": {**own, **nowhere}}
    with mlflow.start_run(**began, log_system_metrics=False):
        mlflow.set_tags({**own, **nowhere})
        if not known:  # a parameter is written once
            config = payload["config"]
            identity = ("model", "tag", "run", "benchmark", "prompts", "mode", "fps", "width", "height", "fingerprint")
            mlflow.log_params({key: config[key] for key in identity})
        mlflow.log_metrics(payload["scalars"])
        mlflow.log_dict(payload["config"], "configuration.json")
        for name, table in payload["tables"].items():  # log_table would append to what is there
            mlflow.log_dict({"columns": table["columns"], "data": table["rows"]}, f"{name}.json")
        for clip in payload["clips"]:
            mlflow.log_artifact(clip["path"], f"clips/{clip['key']}")


def log_trackio(payload: dict[str, Any]) -> None:
    """Trackio: on this machine (TRACKIO_DIR), or where its own environment says."""
    import trackio

    quiet = {"embed": False, "auto_log_gpu": False, "auto_log_cpu": False}  # as far as this version knows them
    known = inspect.signature(trackio.init).parameters
    trackio.init(
        project=payload["project"], name=payload["id"], config={**payload["config"], "notes": payload["notes"]},
        resume="allow", **{key: value for key, value in quiet.items() if key in known},
    )  # fmt: skip
    told: dict[str, Any] = dict(payload["scalars"])
    with suppress(ImportError):  # its tables are made of pandas, which it does not bring
        import pandas as pd

        for name, table in payload["tables"].items():
            told[f"table/{name}"] = trackio.Table(dataframe=pd.DataFrame(table["rows"], columns=table["columns"]))
    for clip in payload["clips"]:
        told[f"clip/{clip['key']}"] = trackio.Video(clip["path"], format="mp4", caption=clip["caption"])
    trackio.log(told)
    trackio.finish()


BACKENDS: dict[str, Callable[[dict[str, Any]], None]] = {
    "wandb": log_wandb,
    "mlflow": log_mlflow,
    "trackio": log_trackio,
}
