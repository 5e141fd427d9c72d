"""What others published: each value as it was printed, with its source and day."""

from __future__ import annotations

import re

import pytest

from runners.reporting.leaderboard import Mean
from runners.reporting.published import (
    BESIDE,
    BY_BENCHMARK,
    ORIGINAL,
    TABLE_1,
    VERIFIED,
    PublishedScore,
    published_rows,
)
from runners.scoring.formulas import MetricValues, original_score

VARIANCE = MetricValues(spatial=0.645, spatiotemporal=0.512, weighted_spatial=0.626, mse=0.002)
"""The physical variance of Table 1, at 8 FPS: only rows of models at that rate follow from it."""
FOLLOW_FROM_VARIANCE = (TABLE_1[0], TABLE_1[3], TABLE_1[5])
"""The rows whose printed score is the formula's, of their own means and `VARIANCE`."""

EVERY = [entry for entries in BY_BENCHMARK.values() for entry in entries]


@pytest.mark.parametrize("entry", FOLLOW_FROM_VARIANCE, ids=lambda entry: f"{entry.model} {entry.mode}")
def test_the_rows_of_table_1_that_share_the_printed_variance_follow_from_it(entry: PublishedScore) -> None:
    assert entry.means is not None
    assert original_score(entry.means, VARIANCE) == pytest.approx(entry.score, abs=0.06)


def test_the_physical_variance_of_table_1_scores_100() -> None:
    assert original_score(VARIANCE, VARIANCE) == 100.0


def test_the_metrics_of_table_1_stand_in_their_columns() -> None:
    assert [entry.score for entry in TABLE_1] == [24.1, 18.4, 18.2, 18.0, 17.1, 13.5, 9.5, 8.7]
    sora = TABLE_1[-1].means
    assert sora is not None
    assert (sora.spatial, sora.spatiotemporal, sora.weighted_spatial, sora.mse) == (0.142, 0.041, 0.055, 0.036)


def test_every_value_has_a_source_a_day_and_a_mode() -> None:
    for entry in EVERY:
        assert entry.source, entry
        assert re.fullmatch(r"202[56]-\d\d-\d\d", entry.date), entry
        assert entry.mode in ("i2v", "multiframe"), entry
        assert 0 < entry.score < 100, entry


def test_no_value_stands_twice() -> None:
    keys = [(kind, entry.model, entry.mode, entry.source) for kind, rows in BY_BENCHMARK.items() for entry in rows]
    assert len(set(keys)) == len(keys)


def test_verified_values_are_of_several_runs_unless_one_clip_was_chosen_of_many() -> None:
    for entry in VERIFIED:
        if "best of N" in entry.marks:
            assert (entry.runs, entry.std) == (1, None)  # its ± is of another kind
        else:
            assert entry.runs == (16 if "Magi-1" in entry.model else 4)
            assert entry.std


def test_every_row_of_the_benchmarks_own_lists_is_here_and_best_of_n_says_so() -> None:
    marked = [[entry for entry in rows if "best of N" in entry.marks] for rows in (VERIFIED, ORIGINAL)]
    assert (len(VERIFIED), len(ORIGINAL)) == (17, 32)
    assert list(map(len, marked)) == [2, 13]
    assert all(
        ("best of N" in entry.marks) == ("GeoPhys" in entry.model or "WMReward" in entry.model) for entry in EVERY
    )


def test_what_is_not_on_the_benchmarks_own_list_is_marked_and_nothing_else_is() -> None:
    """The pull requests 68, 70, 72 and 79 were not merged; of the others there are reports or notes elsewhere."""
    beside = [entry for rows in BESIDE.values() for entry in rows]
    elsewhere = {"not merged", "published elsewhere", "third-party note"}
    assert all(elsewhere & set(entry.marks) for entry in beside)
    assert not any(elsewhere & set(entry.marks) for entry in (*ORIGINAL, *VERIFIED, *TABLE_1))
    assert {entry.source[-2:] for entry in beside if entry.source.endswith(("pull/70", "pull/79"))} == {"70", "79"}
    shown = {row.model: row.scores[kind] for kind in BESIDE for row in published_rows() if row.benchmark == kind}
    assert shown["Seedance 2.5 + Isoquant, not merged (multiframe)"] == Mean(57.1, 0.8)
    assert shown["Magi-1 24B + GeoPhys, best of N (multiframe)"] == Mean(58.2, None)
    assert "Atom Harness (Seedance 2.5), not merged, one run (multiframe)" in shown
    assert "LingBot-Video, third-party note (i2v)" in shown
