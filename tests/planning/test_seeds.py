"""Seeds: the documented formula, in range, and of nobody's company or order; or a list, one for each run."""

from __future__ import annotations

import hashlib
import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runners.core.errors import UserError
from runners.core.settings import GenerateSettings
from runners.planning.seeds import SEEDS as RULES
from runners.planning.seeds import Seeds, check_seeds, clip_seed, seed_identity, seed_of

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


LISTED = [42, 20260830, 314159]


def asked(**changes: Any) -> GenerateSettings:
    return replace(GenerateSettings(), **{"seeds": LISTED, **changes})


def test_run_n_takes_the_nth_of_a_list_for_all_of_its_clips() -> None:
    seeds = {run: {seed_of(asked(run=run), clip_id) for clip_id in ("0001", "0396")} for run in (1, 2, 3)}
    assert seeds == {1: {42}, 2: {20260830}, 3: {314159}}


def test_a_list_that_grows_leaves_the_runs_that_are_there_what_they_were() -> None:
    two, three = (seed_identity(asked(run=2, seeds=LISTED[:count])) for count in (2, 3))
    assert two == three == {"seed": 20260830, "seeds": "listed", "run": 2}
    assert seed_identity(asked(run=2, seeds=[42, 43])) != two


def test_rules_are_recorded_as_they_always_were() -> None:
    assert seed_identity(asked(seeds="same", seed=7, run=2)) == {"seed": 7, "seeds": "same", "run": 2}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"run": 4}, r"run=4 takes the seed number 4 of seeds, which lists 3"),
        ({"seeds": []}, r"which lists 0"),
        ({"seeds": [42, 43, 42]}, r"42 stands twice"),
        ({"seeds": ["a"]}, r"'a' is no seed"),
        ({"seeds": [1.0]}, r"1\.0 is no seed"),
        ({"seeds": [True]}, r"True is no seed"),
        ({"seeds": [None]}, r"None is no seed"),
        ({"seeds": [-1]}, r"-1 is no seed; whole numbers from 0 to 2147483647"),
        ({"seeds": [2**31]}, r"2147483648 is no seed"),
        ({"seeds": 42}, r"seeds=42 must be derived, same or a list such as seeds=\[42,43,44\]"),
        ({"seeds": None}, r"seeds=None must be"),
        ({"seed": 7}, r"seed=7 is not read where seeds is a list"),
    ],
)
def test_a_list_that_gives_no_seed_is_told(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(UserError, match=told):
        check_seeds(asked(**changes))
