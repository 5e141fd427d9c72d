"""Correlations against values that scipy and the paper give."""

from __future__ import annotations

import pytest

from runners.figures.plan import Model
from runners.figures.scores import plan_scores
from runners.figures.statistics import fit, pearson, ranks, spearman, t_quantile, t_two_sided
from runners.figures.style import text
from runners.reporting.leaderboard import Mean
from runners.reporting.published import TABLE_1

SCORES = (10.0, 22.8, 29.5, 19.0, 13.0, 14.8, 20.3, 23.0)
ACCURACY = (55.6, 74.8, 77.3, 79.8, 80.5, 81.3, 85.4, 86.9)
"""Figures 4, 5 of 2501.09038: Sora, Runway, VideoPoet mf, Lumiere i2v, Pika, SVD, VideoPoet i2v, Lumiere mf."""


def test_pearson_is_that_of_the_paper_s_figure_5() -> None:
    found = pearson(SCORES, ACCURACY)
    assert found is not None
    assert (round(found.value, 4), round(found.p, 4)) == (0.4623, 0.2488)


def test_realism_is_the_opposite_of_the_judge_s_accuracy() -> None:
    found = pearson(SCORES, [1 - value / 100 for value in ACCURACY])
    assert found is not None
    assert round(found.value, 2) == -0.46


def test_student_s_t_is_that_of_its_tables() -> None:
    assert t_quantile(0.975, 6) == pytest.approx(2.4469118, abs=1e-6)
    assert t_two_sided(2.228138852, 10) == pytest.approx(0.05, abs=1e-8)


def test_equal_values_share_their_rank() -> None:
    assert ranks([3.0, 1.0, 3.0]) == [2.5, 1.0, 2.5]


def test_nothing_is_said_of_two_points_or_of_equal_ones() -> None:
    assert pearson([1, 2], [1, 2]) is None
    assert spearman([1, 1, 1], [1, 2, 3]) is None
    assert fit([2, 2, 2], [1, 2, 3]) is None


def table_1() -> list[Model]:
    return [
        Model(f"{row.model} {row.mode}", Mean(row.score), row.means, "original")
        for row in TABLE_1
        if row.means is not None
    ]


def test_table_1_gives_the_order_mean_ranks_and_rho_of_its_figure() -> None:
    rows = plan_scores(table_1()).table.rows
    assert [row[1] for row in rows] == [24.1, 18.4, 18.2, 18.0, 17.1, 13.5, 9.5, 8.7]
    assert [row[9] for row in rows] == [2.25, 4.0, 3.75, 3.0, 5.75, 5.25, 6.0, 6.0]
    assert rows[0][10] == pytest.approx(-0.8743, abs=1e-4)


def test_a_hostile_name_is_a_line_that_the_font_can_draw() -> None:
    assert text("a\x07b \u202eRTL \U0001f9e0 $x$") == "a b RTL [U+1F9E0] $x$"
    assert len(text("x" * 10_000)) <= 31
