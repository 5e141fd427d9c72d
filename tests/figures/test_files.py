"""Files of figures and papers: the same bytes each time, and names that stay text."""

from __future__ import annotations

from pathlib import Path

import pytest

from runners.core.errors import UserError
from runners.figures.paper import tex
from runners.figures.plan import Model, painted
from runners.figures.relations import plan_realism, read_realism
from runners.reporting.leaderboard import Mean
from runners.scoring.formulas import MetricValues

HOSTILE = "<script>_$x^2$ \U0001f9e0 \u202eRTL\u202c \x07 \u0627\u0644"


def models() -> list[Model]:
    metrics = [MetricValues(0.1 * k, 0.2, 0.3, 0.01 * k) for k in (1, 2, 3)]
    return painted(
        [
            Model(name, Mean(10.0 * k, 1.0, 9.0 * k, 11.0 * k), metrics[k - 1])
            for k, name in enumerate(("a", HOSTILE, "y" * 10_000), 1)
        ]
    )


def test_realism_s_data_is_the_scores_and_the_file_s(tmp_path: Path) -> None:
    path = tmp_path / "realism.csv"
    path.write_text("model,realism\na,0.5\n" + "y" * 10_000 + ",0.25\n", encoding="utf-8")
    rows = plan_realism(models(), read_realism(path)).table.rows
    assert [(row[1], row[2]) for row in rows] == [(30.0, 0.25), (10.0, 0.5)]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("name,value\n", "no column"),
        ("model,realism\n", "no models"),
        ("model,realism\na,1.5\n", "line 2"),
        ("model,realism\na,nan\n", "line 2"),
        ("model,realism\na,1\na,0\n", "twice"),
    ],
)
def test_a_realism_file_at_fault_is_told(tmp_path: Path, content: str, told: str) -> None:
    path = tmp_path / "realism.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match=told):
        read_realism(path)


def test_a_hostile_name_is_latex_of_plain_signs() -> None:
    found = tex(HOSTILE + r"\input{x}")
    assert found.isascii()
    assert r"\textless{}script\textgreater{}\_\$x\textasciicircum{}2\$" in found
    assert r"\textbackslash{}input\{x\}" in found
