"""How sure a score is: the bootstrap over scenes, against cases worked out by hand and promises that always hold."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runners.scoring.bootstrap import Scenes, common_scenes, compare, draw, interval, intervals, scores_of
from runners.scoring.formulas import MetricValues, clip_score, mean_over_scenes, original_score, percent_mean
from runners.scoring.scores import ClipScore

VARIANCE = MetricValues(spatial=0.5, spatiotemporal=0.4, weighted_spatial=0.5, mse=0.002)
SHARE = st.floats(0, 1)
VALUES = st.builds(MetricValues, SHARE, SHARE, SHARE, st.floats(0, 0.1))
VARIANCES = st.builds(MetricValues, st.floats(0.1, 1), st.floats(0.1, 1), st.floats(0.1, 1), st.floats(0, 0.01))


def clip(scene: str, view: str, metrics: MetricValues, variance: MetricValues | None = VARIANCE) -> ClipScore:
    return ClipScore(f"{scene}-{view}", scene, view, "Optics", f"{scene}-{view}.mp4", "0", metrics, variance)


def reaching(share: float) -> MetricValues:
    """Metrics that reach a share of the physical variance's IoUs, with its MSE."""
    return MetricValues(0.5 * share, 0.4 * share, 0.5 * share, 0.002)


def run(shares: Sequence[float], views: int = 3) -> list[ClipScore]:
    """A run whose scene number k reaches the share number k, in every view."""
    return [
        clip(f"scene-{k}", view, reaching(share))
        for k, share in enumerate(shares)
        for view in ("left", "center", "right")[:views]
    ]


def test_every_resample_draws_as_many_scenes_as_there_are() -> None:
    counts = draw(7, 100, seed=3)
    assert counts.shape == (100, 7)
    assert (counts.sum(axis=1) == 7).all()
    assert (counts.max(axis=1) > 1).all()  # with replacement: drawing each once has a chance of 0.6 %
    assert counts.mean(axis=0) == pytest.approx(np.ones(7), abs=0.35)


def test_a_score_over_each_scene_once_is_the_score() -> None:
    clips = run([0.1, 0.5, 0.9])
    scores = scores_of([Scenes.of(clips)], np.ones((1, 3)))
    ratios = [each.ratios for each in clips if each.ratios is not None]
    assert scores["verified"][0] == pytest.approx(percent_mean(ratios, clip_score))
    assert scores["original"][0] == pytest.approx(100 * (0.1 + 0.5 + 0.9) / 3)


@given(st.lists(st.tuples(VALUES, VARIANCES), min_size=2, max_size=12), st.data())
def test_a_resample_is_scored_by_the_benchmarks_own_formulas(
    pairs: list[tuple[MetricValues, MetricValues]], data: st.DataObject
) -> None:
    """Two views a scene: what is drawn k times counts as k scenes of that content."""
    clips = [clip(f"{k // 2:02d}", str(k % 2), *pair) for k, pair in enumerate(pairs)]
    scenes = Scenes.of(clips)
    size = len(scenes.names)
    drawn = data.draw(st.lists(st.integers(0, size - 1), min_size=size, max_size=size))
    made = scores_of([scenes], np.bincount(drawn, minlength=size)[None].astype(float))
    copies = [(f"copy-{j}", each) for j, k in enumerate(drawn) for each in clips if each.scene == scenes.names[k]]
    names = [name for name, _ in copies]
    ratios = [ratio for _, each in copies if (ratio := each.ratios) is not None]
    means = mean_over_scenes(names, [each.metrics for _, each in copies])
    variances = mean_over_scenes(names, [v for _, each in copies if (v := each.variance) is not None])
    assert made["verified"][0] == pytest.approx(percent_mean(ratios, clip_score))
    assert made["original"][0] == pytest.approx(original_score(means, variances))


def test_two_scenes_have_three_outcomes_known_by_hand() -> None:
    """Scenes at 0 and 100 %: a quarter of the resamples has one alone, a quarter the other, half both."""
    scores = scores_of([Scenes.of(run([0.0, 1.0]))], draw(2, 4000, seed=0))["original"]
    found = {float(score): float(np.mean(scores == score)) for score in np.unique(scores)}
    assert found == {0.0: pytest.approx(0.25, abs=0.03), 50.0: pytest.approx(0.5, abs=0.03),
                     100.0: pytest.approx(0.25, abs=0.03)}  # fmt: skip
    assert intervals([Scenes.of(run([0.0, 1.0]))], 4000, 0)["original"] == (0.0, 100.0)


def test_the_interval_is_that_of_all_resamples_there_are() -> None:
    """Four scenes have 256 resamples, all equally likely: the drawn ones come to their quantiles."""
    shares = [0.1, 0.2, 0.4, 0.9]
    every = [100 * sum(drawn) / 4 for drawn in product(shares, repeat=4)]
    low, high = np.quantile(every, [0.025, 0.975], method="inverted_cdf")
    assert intervals([Scenes.of(run(shares))], 20000, 1)["original"] == pytest.approx((low, high), abs=0.01)


@given(st.lists(st.floats(0.01, 0.4), min_size=4, max_size=30), st.integers(0, 99))
def test_the_interval_of_symmetric_scenes_holds_the_score(offsets: list[float], seed: int) -> None:
    shares = [0.5 + sign * offset for offset in offsets for sign in (-1, 1)]
    bounds = intervals([Scenes.of(run(shares))], 1000, seed)["original"]
    assert bounds is not None
    assert bounds[0] < 50.0 < bounds[1]


def test_it_is_scenes_that_are_drawn_and_not_views() -> None:
    """Three equal views of a scene tell nothing new, so they must not make the interval narrower."""
    shares = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    one, three = (intervals([Scenes.of(run(shares, views))], 2000, 0) for views in (1, 3))
    assert one["verified"] == pytest.approx(three["verified"])
    assert one["original"] == pytest.approx(three["original"])
    as_scenes = [clip(f"{each.scene}-{each.view}", "left", each.metrics) for each in run(shares)]
    narrower = intervals([Scenes.of(as_scenes)], 2000, 0)["original"]
    assert narrower is not None
    assert one["original"] is not None
    assert narrower[1] - narrower[0] < 0.7 * (one["original"][1] - one["original"][0])


def test_a_scene_with_more_views_weighs_more_in_the_verified_score_alone() -> None:
    clips = [*run([0.0]), clip("other", "left", reaching(1.0))]
    scores = scores_of([Scenes.of(clips)], np.ones((1, 2)))
    # Verified is a mean over clips: three with a quarter (the MSE alone), one with all four ratios.
    assert scores["verified"][0] == pytest.approx(100 * (3 * 0.25 + 1) / 4)
    assert scores["original"][0] == pytest.approx(50.0)


def test_runs_of_a_model_get_the_same_scenes_and_are_averaged() -> None:
    a, b = Scenes.of(run([0.2, 0.4, 0.6])), Scenes.of(run([0.4, 0.6, 0.8]))
    counts = draw(3, 50, 0)
    both, alone = scores_of([a, b], counts), [scores_of([each], counts) for each in (a, b)]
    for key, samples in both.items():
        assert samples == pytest.approx((alone[0][key] + alone[1][key]) / 2)


def test_runs_over_different_scenes_are_no_model() -> None:
    with pytest.raises(ValueError, match="different scenes"):
        scores_of([Scenes.of(run([0.1])), Scenes.of([clip("else", "left", reaching(0.1))])], np.ones((1, 1)))


def test_equal_models_differ_by_exactly_nothing() -> None:
    rng = np.random.default_rng(0)
    scenes = [Scenes.of(run(rng.random(66).tolist())) for _ in range(4)]
    for found in compare(scenes, scenes, 2000, 0).values():
        assert found is not None
        assert (found.difference, found.low, found.high, found.a_higher, found.equal) == (0.0, 0.0, 0.0, 0.0, 1.0)


def test_a_model_that_is_better_in_every_scene_is_higher_in_every_resample() -> None:
    """Paired by scene: however much scenes differ, a constant lead is certain."""
    shares = np.linspace(0.0, 0.8, 12)
    a, b = [Scenes.of(run((shares + 0.1).tolist()))], [Scenes.of(run(shares.tolist()))]
    found = compare(a, b, 500, 0)["original"]
    assert found is not None
    assert (found.difference, found.low, found.high) == pytest.approx((10.0, 10.0, 10.0))
    assert (found.a_higher, found.equal) == (1.0, 0.0)
    back = compare(b, a, 500, 0)["original"]
    assert back is not None
    assert back.difference == pytest.approx(-10.0)
    assert back.a_higher == 0.0


def test_the_difference_is_over_common_scenes() -> None:
    a, b = Scenes.of(run([0.1, 0.2, 0.3])), Scenes.of(run([0.5, 0.6]))
    assert common_scenes([a], [b]) == ("scene-0", "scene-1")
    found = compare([a], [b], 100, 0)["original"]
    assert found is not None
    assert (found.a, found.b) == pytest.approx((15.0, 55.0))
    # A scene with other views is another thing.
    assert common_scenes([Scenes.of(run([0.1, 0.2]))], [Scenes.of(run([0.1], views=2))]) == ()


def test_models_without_a_common_scene_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="common"):
        compare([Scenes.of(run([0.1]))], [Scenes.of([clip("else", "left", reaching(0.1))])], 10, 0)


def test_the_same_seed_gives_the_same_interval_and_another_seed_another() -> None:
    scenes = [Scenes.of(run(np.random.default_rng(1).random(66).tolist()))]
    first = intervals(scenes, 2000, 0)
    assert intervals(scenes, 2000, 0) == first
    assert intervals(scenes, 2000, 1) != first


def test_the_order_of_the_clips_changes_nothing() -> None:
    clips = run(np.random.default_rng(2).random(10).tolist())
    forwards, backwards = (intervals([Scenes.of(each)], 200, 0) for each in (clips, clips[::-1]))
    assert all(backwards[key] == pytest.approx(bounds) for key, bounds in forwards.items())


def test_an_undefined_score_has_no_interval() -> None:
    nothing = MetricValues(0, 0, 0, 0)
    scenes = [Scenes.of([clip("a", "left", nothing, nothing), clip("b", "left", reaching(0.5))])]
    assert intervals(scenes, 200, 0)["original"] is None  # a resample of scene a alone is 0/0
    assert intervals(scenes, 200, 0)["verified"] is not None
    assert compare(scenes, scenes, 200, 0)["original"] is None
    assert interval(np.array([])) is None


def test_a_clip_without_a_second_take_has_no_score_to_resample() -> None:
    with pytest.raises(ValueError, match="no second take"):
        Scenes.of([clip("a", "left", reaching(0.5), None)])


def test_one_scene_has_no_interval() -> None:
    """All resamples are that scene again: an interval of no width would look like certainty."""
    assert intervals([Scenes.of(run([0.4]))], 100, 0) == {"verified": None, "original": None}
