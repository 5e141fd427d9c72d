"""Seeds: the documented formula, in range, and of nobody's company or order."""

from __future__ import annotations

import hashlib
import random

from hypothesis import given
from hypothesis import strategies as st

from runners.planning.task import SEEDS as RULES
from runners.planning.task import Seeds, clip_seed

SEEDS = st.integers(min_value=-(2**40), max_value=2**40)
RUNS = st.integers(min_value=1, max_value=10_000)
IDS = st.text(alphabet="0123456789", min_size=1, max_size=9)


@given(seed=SEEDS, run=RUNS, clip_id=IDS)
def test_a_derived_seed_is_the_first_four_bytes_of_a_hash_without_the_sign(seed: int, run: int, clip_id: str) -> None:
    digest = hashlib.sha256(f"{seed}:{run}:{clip_id}".encode()).hexdigest()
    assert clip_seed("derived", seed, run, clip_id) == int(digest[:8], 16) % 2**31


@given(seed=SEEDS, run=RUNS, clip_id=IDS)
def test_the_same_seed_is_shared_by_all_clips_and_counts_on_with_the_run(seed: int, run: int, clip_id: str) -> None:
    assert clip_seed("same", seed, run, clip_id) == (seed + run - 1) % 2**31


@given(rule=st.sampled_from(RULES), seed=SEEDS, run=RUNS, clip_id=IDS)
def test_every_seed_fits_a_signed_32_bit_number(rule: Seeds, seed: int, run: int, clip_id: str) -> None:
    assert 0 <= clip_seed(rule, seed, run, clip_id) <= 2**31 - 1


@given(seed=SEEDS, run=RUNS, ids=st.lists(IDS, unique=True), chance=st.randoms(use_true_random=False))
def test_seeds_depend_neither_on_order_nor_on_the_other_clips(
    seed: int, run: int, ids: list[str], chance: random.Random
) -> None:
    seeds = {clip_id: clip_seed("derived", seed, run, clip_id) for clip_id in ids}
    some = chance.sample(ids, chance.randint(0, len(ids)))
    assert {clip_id: clip_seed("derived", seed, run, clip_id) for clip_id in some} == {key: seeds[key] for key in some}


def test_the_seeds_of_a_whole_benchmark_over_four_runs_all_differ() -> None:
    seeds = {clip_seed("derived", 0, run, f"{number:04d}") for run in range(1, 5) for number in range(1, 199)}
    assert len(seeds) == 4 * 198


def test_a_known_value_stays_what_it_was() -> None:
    assert clip_seed("derived", 0, 1, "0001") == 0x3AAC52B5
