"""Models that are gone say so, and never stand for another."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.errors import SetupError
from adapters.retired import Retired
from adapters.testing import make_request
from runners.cli.choices import options
from tests.test_conf import CONF, composed

GONE = {"runway_gen3": ["runway_gen45", "runway_gen4_turbo"], "pika_1_0": ["fal_pika22"], "sora": []}


def test_it_tells_what_became_of_it_and_what_there_is_now_in_two_lines() -> None:
    with pytest.raises(SetupError) as told:
        Retired("It was shut\n down in May.", ["one", "two"]).check()
    first, second = str(told.value).splitlines()
    assert first == "It was shut down in May."
    assert "model=one, model=two" in second
    assert "model=precomputed" in second


def test_it_says_so_where_there_is_no_successor() -> None:
    with pytest.raises(SetupError, match="no successor"):
        Retired("It was shut down.").check()


def test_it_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="shut down"):
        Retired("It was shut down.").generate(make_request(tmp_path))


@pytest.mark.parametrize(("model", "successors"), GONE.items())
def test_each_of_them_names_models_that_are_here(model: str, successors: list[str]) -> None:
    arguments = dict(composed("generate", f"model={model}").model.adapter)
    assert arguments.pop("_target_") == "adapters.retired.Retired"
    assert arguments.get("successors", []) == successors
    assert set(successors) <= set(options("model", [CONF]))
    with pytest.raises(SetupError) as told:
        Retired(**arguments).check()
    assert len(str(told.value).splitlines()) == 2
