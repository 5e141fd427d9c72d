"""The test tool's data sets have the shape of the real one."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from adapters import probe
from runners.dataset.layout import DataSet, Item
from runners.dataset.presence import check_files, check_root
from runners.dataset.scenarios import load_scenarios
from tests.tools.make_full_shape import CATEGORIES, make_full_shape


def test_it_has_198_scenarios_with_all_their_files(tmp_path: Path) -> None:
    root = make_full_shape(tmp_path / "set", rates=(10,))
    check_root(root, "original")
    dataset = DataSet(root)
    scenarios = load_scenarios(dataset, root / "descriptions.csv")
    check_files(dataset, scenarios, ("switch", "conditioning", "testing"), 10, takes=(1, 2))
    assert Counter(s.category for s in scenarios) == {name: 3 * count for name, count in CATEGORIES.items()}
    assert len(list(root.rglob("*.mp4"))) == 2 * 396
    assert len(list((root / "switch-frames").iterdir())) == 198


def test_it_follows_a_given_file_and_the_takes_of_a_scene_differ(tmp_path: Path) -> None:
    small = make_full_shape(tmp_path / "small", scenes=2, rates=(10,))
    root = make_full_shape(tmp_path / "set", small / "descriptions.csv", rates=(10, 5))
    dataset = DataSet(root)
    item = Item("", "left", 1, "trimmed-scene-01")
    paths = [dataset.find("testing", Item("", "left", take, item.name), 5) for take in (1, 2)]
    first, second = (path.read_bytes() for path in paths if path)
    assert first != second
    conditioning = dataset.find("conditioning", item, 10)
    assert conditioning is not None
    assert (probe(conditioning).frames, probe(conditioning).duration_s) == (30, 3.0)
