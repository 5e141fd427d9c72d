"""In a real kernel: the bar, the table, and a cell that is run twice."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.python.test_evaluate import ROOT, asked
from tests.run.harness import MINI

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")


def test_a_cell_shows_a_bar_and_a_table_and_goes_on_when_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = asked(str(tmp_path), select={"limit": 2}) | {"benchmark.root": str(MINI / "dataset")}
    cell = f"from runners import evaluate\nevaluate('freeze', **{words!r})"
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell), nbformat.v4.new_code_cell(cell)])
    nbclient.NotebookClient(book, timeout=600, startup_timeout=300, kernel_name="python3").execute()
    first, second = (shown(each.outputs) for each in book.cells)
    assert '<progress value="2" max="2">' in first
    assert "2 of 2 clips published" in first
    assert "<th>Verified</th>" in first
    assert "<progress" not in second
    assert "2 of 2 clips published" in second


@pytest.mark.full
def test_the_notebook_of_the_docs_runs_and_is_shipped_clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    book = nbformat.read(ROOT / "docs" / "evaluate.ipynb", as_version=4)
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    assert [cell for cell in code if cell.outputs or cell.execution_count] == []
    nbformat.validate(book)
    place = {"metadata": {"path": str(tmp_path)}}
    nbclient.NotebookClient(book, timeout=300, kernel_name="python3", resources=place).execute()
    assert "1 of 1 clip published" in shown(code[1].outputs)
    assert "still-step-1000-op-run_01" in shown(code[2].outputs)
    made = {path.name for path in (tmp_path / "results" / "demo").iterdir()}
    assert made == {"freeze-op-run_01", "freeze-op-run_02", "still-step-1000-op-run_01"}


def shown(outputs: list[Any]) -> str:
    """All HTML below a cell."""
    return "\n".join(output.data.get("text/html", "") for output in outputs if "data" in output)
