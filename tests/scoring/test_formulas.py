"""Both scores as formulas, against published numbers and by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runners.scoring.formulas import (
    MetricValues,
    clip_score,
    mean_over_scenes,
    original_score,
    percent_mean,
    sample_std,
    summarize,
    verified_ratios,
)
from runners.scoring.metrics import PairMetrics

SHARES = st.floats(0, 1)
VARIANCE = MetricValues(spatial=0.645, spatiotemporal=0.512, weighted_spatial=0.626, mse=0.002)
"""Physical variance, Table 1 of the paper's first version."""


@pytest.mark.parametrize(
    ("model", "means", "score"),
    [
        (
            "VideoPoet (multiframe)",
            MetricValues(spatial=0.245, spatiotemporal=0.143, weighted_spatial=0.054, mse=0.010),
            24.05,
        ),
        (
            "VideoPoet (i2v)",
            MetricValues(spatial=0.175, spatiotemporal=0.106, weighted_spatial=0.057, mse=0.012),
            17.98,
        ),
        ("SVD (i2v)", MetricValues(spatial=0.139, spatiotemporal=0.054, weighted_spatial=0.088, mse=0.021), 13.48),
    ],
)
def test_the_rows_of_table_1_follow_from_their_means(model: str, means: MetricValues, score: float) -> None:
    assert original_score(means, VARIANCE) == pytest.approx(score, abs=0.06), model


def test_reaching_the_variance_scores_100() -> None:
    assert original_score(VARIANCE, VARIANCE) == 100.0
    assert clip_score(verified_ratios(VARIANCE, VARIANCE)) == 1.0


def test_the_original_score_stays_between_0_and_100() -> None:
    perfect, worst = MetricValues(1, 1, 1, 0), MetricValues(0, 0, 0, 1)
    assert original_score(perfect, VARIANCE) == 100.0
    assert original_score(worst, VARIANCE) == 0.0


def test_an_undefined_original_score_is_none_and_not_nan() -> None:
    assert original_score(MetricValues(0, 0.1, 0.1, 0.1), MetricValues(0, 0.1, 0.1, 0.1)) is None
    assert original_score(MetricValues(0.1, 0.1, 0.1, 0.1), MetricValues(0, 0.1, 0.1, 0.1)) == 100.0


def test_a_clip_that_equals_the_truth_has_an_mse_ratio_of_1() -> None:
    assert verified_ratios(MetricValues(1, 1, 1, 0), VARIANCE) == MetricValues(1, 1, 1, 1)
    assert verified_ratios(MetricValues(1, 1, 1, 0), MetricValues(1, 1, 1, 0)) == MetricValues(1, 1, 1, 1)


def test_verified_ratios_by_hand() -> None:
    ratios = verified_ratios(MetricValues(0.1, 0.2, 0.9, 0.01), MetricValues(0.4, 0.4, 0.6, 0.001))
    assert ratios.spatial == pytest.approx(0.25)
    assert ratios.spatiotemporal == pytest.approx(0.5)
    assert ratios.weighted_spatial == 1.0
    assert ratios.mse == pytest.approx(0.1, rel=1e-4)
    assert clip_score(ratios) == pytest.approx(0.4625, rel=1e-4)


def test_where_real_takes_never_overlap_no_motion_earns_nothing() -> None:
    assert verified_ratios(MetricValues(0, 0, 0, 1), MetricValues(0, 0, 0, 1)).spatial == 0.0
    assert verified_ratios(MetricValues(0.1, 0, 0, 1), MetricValues(0, 0, 0, 1)).spatial == 1.0


@given(st.builds(MetricValues, SHARES, SHARES, SHARES, SHARES), st.builds(MetricValues, SHARES, SHARES, SHARES, SHARES))
def test_ratios_are_shares_and_differ_from_the_official_ones_by_no_more_than_its_epsilon(
    metrics: MetricValues, variance: MetricValues
) -> None:
    ratios = verified_ratios(metrics, variance)
    for name in ("spatial", "spatiotemporal", "weighted_spatial"):
        official = min(getattr(metrics, name) / (getattr(variance, name) + 1e-8), 1)
        assert 0 <= getattr(ratios, name) <= 1
        if getattr(variance, name) > 1e-4:
            assert getattr(ratios, name) == pytest.approx(official, abs=1e-4)
    assert 0 <= ratios.mse <= 1


def test_values_per_frame_are_rounded_to_4_decimals_before_their_mean() -> None:
    values = summarize(PairMetrics((0.00004, 0.00006), (0.12344, 0.12346), 0.123456, 0.654321))
    assert values.mse == pytest.approx(0.00005, abs=1e-12)
    assert values.spatiotemporal == pytest.approx((0.1234 + 0.1235) / 2, abs=1e-12)
    assert (values.spatial, values.weighted_spatial) == (0.123456, 0.654321)


def test_scenes_count_alike_however_many_views_they_have() -> None:
    one, other = MetricValues(1, 1, 1, 1), MetricValues(0, 0, 0, 0)
    assert mean_over_scenes(["a", "a", "a", "b"], [one, one, one, other]) == MetricValues(0.5, 0.5, 0.5, 0.5)


def test_a_mean_of_full_marks_is_exactly_100() -> None:
    assert percent_mean([MetricValues(1, 1, 1, 1)] * 198, clip_score) == 100.0


def test_runs_are_told_with_their_sample_deviation() -> None:
    assert sample_std([1.0, 2.0, 3.0, 4.0]) == pytest.approx(1.2909944)
    assert sample_std([1.0]) is None
