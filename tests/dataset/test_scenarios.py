"""From descriptions to scenarios, and every way in which a descriptions file can be wrong."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runners.core.errors import UserError
from runners.dataset.layout import VIEWS, DataSet, Item, output_name, relative_path, scenario_name
from runners.dataset.scenarios import COLUMNS, Scenario, count_warning, load_scenarios
from tests.tools.make_full_shape import write_descriptions

MINI = Path(__file__).parents[1] / "fixtures" / "mini" / "dataset"
NOWHERE = DataSet(Path("/nowhere"))
HEADER = ",".join(COLUMNS)
FIRST = Item("0001", "left", 1, "trimmed-a")


def _row(item: Item, text: str = "text", output: str | None = None) -> str:
    return f"{scenario_name(item)},{text},Optics,{output_name(item) if output is None else output}"


def _load(folder: Path, *rows: str, header: str = HEADER) -> list[Scenario]:
    path = folder / "descriptions.csv"
    path.write_text("\n".join([header, *rows]), encoding="utf-8")
    return load_scenarios(NOWHERE, path)


def test_the_fixture_has_six_scenarios_each_with_its_second_take() -> None:
    scenarios = load_scenarios(DataSet(MINI), MINI / "descriptions.csv")
    assert [s.id for s in scenarios] == [f"{n:04d}" for n in range(1, 7)]
    assert [s.second.id for s in scenarios if s.second] == [f"{n:04d}" for n in range(7, 13)]
    first = scenarios[0]
    assert (first.view, first.name, first.item.scene) == ("left", "trimmed-scene-0", "scene-0")
    assert (first.category, first.prompt) == ("Solid Mechanics", "Scene 0, a ball bounces. Static shot.")
    assert first.output_name == "0001_perspective-left_trimmed-scene-0.mp4"


def test_a_file_of_the_real_shape_gives_198_scenarios(tmp_path: Path) -> None:
    scenarios = load_scenarios(NOWHERE, write_descriptions(tmp_path / "descriptions.csv"))
    assert [int(s.id) for s in scenarios] == list(range(1, 199))
    assert [int(s.second.id) for s in scenarios if s.second] == list(range(199, 397))
    assert [s.view for s in scenarios[:3]] == list(VIEWS)
    assert scenarios[0].prompt == 'Scene 0: a "ball" rolls,\nthen stops.'
    assert count_warning(scenarios, 198, "original") is None


@settings(max_examples=40)
@given(
    st.permutations(range(12)),
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=12, max_size=12),
)
def test_neither_order_nor_texts_change_which_scenarios_there_are(order: list[int], texts: list[str]) -> None:
    items = [Item(f"{n + 1:04d}", VIEWS[n % 3], n // 6 + 1, f"trimmed-s{n // 3 % 2}") for n in range(12)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "descriptions.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            writer.writerows((scenario_name(items[n]), texts[n], "Optics", output_name(items[n])) for n in order)
        scenarios = load_scenarios(NOWHERE, path)
    assert [s.item for s in scenarios] == items[:6]
    assert [s.second for s in scenarios] == items[6:]
    assert [s.prompt for s in scenarios] == texts[:6]


def test_take_2_rows_are_never_generated_and_their_names_do_not_matter(tmp_path: Path) -> None:
    scenarios = _load(tmp_path, _row(FIRST), _row(Item("0002", "left", 2, "trimmed-a"), output="../anything"))
    assert [s.id for s in scenarios] == ["0001"]


def test_second_takes_that_the_file_leaves_out_are_found_among_the_videos(tmp_path: Path) -> None:
    second = Item("0199", "left", 2, "trimmed-a")
    path = tmp_path / relative_path("testing", second, 30)
    path.parent.mkdir(parents=True)
    path.touch()
    (tmp_path / "descriptions.csv").write_text(f"{HEADER}\n{_row(FIRST)}\n", encoding="utf-8")
    assert load_scenarios(DataSet(tmp_path), tmp_path / "descriptions.csv")[0].second == second


def test_a_scenario_without_a_second_take_has_none(tmp_path: Path) -> None:
    assert _load(tmp_path, _row(FIRST))[0].second is None


@pytest.mark.parametrize(
    "output",
    [
        "../0001_x.mp4",
        "/tmp/0001_x.mp4",
        "a/0001_x.mp4",
        "0001_x\\..\\y.mp4",
        "C:0001_x.mp4",
        "0001_x.avi",
        "0001_x.mp4/",
        "0001_x.mp4 /..",
        "",
        "0002_x.mp4",
        "00010_x.mp4",
        "x_0001_.mp4",
    ],
)
def test_a_generated_name_stays_in_its_folder_and_starts_with_its_id(output: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"descriptions\.csv, line 2: the generated_video_name"):
        _load(tmp_path, _row(FIRST, output=output))


@pytest.mark.parametrize(
    ("second", "told"),
    [
        (_row(Item("0001", "left", 1, "trimmed-b")), "line 3: the id 0001 .* line 2"),
        (_row(Item("1", "left", 2, "trimmed-b")), "line 3: the id 1 .* line 2"),
        (_row(Item("0002", "left", 1, "trimmed-a")), "line 3: take 1 of a from the left .* line 2"),
        (_row(Item("0002", "left", 1, "a")), "line 3: take 1 of a from the left .* line 2"),
    ],
)
def test_nothing_may_stand_twice(second: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=told):
        _load(tmp_path, _row(FIRST), second)


@pytest.mark.parametrize(
    ("output", "said"),
    [("0001_perspective-right_trimmed-a.mp4", "from the right"), ("0001_perspective-left_trimmed-b.mp4", "b")],
)
def test_a_generated_name_of_another_scene_or_view_is_told(output: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=f"line 2: .* says {said}, and its scenario is a from the left"):
        _load(tmp_path, _row(FIRST, output=output), _row(Item("0002", "left", 1, "trimmed-b")))


def test_two_scenarios_may_not_be_written_to_one_file(tmp_path: Path) -> None:
    other = Item("0002", "left", 1, "trimmed-b")
    with pytest.raises(UserError, match="line 3: the generated_video_name"):
        _load(tmp_path, _row(FIRST), _row(other, output=output_name(FIRST).upper().replace("MP4", "mp4")))


@pytest.mark.parametrize(
    "scenario",
    ["", "0001_left_take-1_trimmed-a.mp4", "x_perspective-left_take-1_a.mp4", "0001_perspective-left_take-1_../a.mp4"],
)
def test_a_scenario_that_cannot_be_read_is_told(scenario: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"line 2: the scenario .* is not named like 0001_perspective-left_take-1"):
        _load(tmp_path, f"{scenario},text,Optics,0001_x.mp4")


def test_a_missing_column_is_told_with_those_found(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no column generated_video_name .*found: scenario, description, category"):
        _load(tmp_path, header="scenario,description,category")


def test_a_file_without_take_1_rows_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no take-1 rows"):
        _load(tmp_path, _row(Item("0001", "left", 2, "trimmed-a")))


def test_a_missing_file_says_where_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.csv: there is no such .*ask the librarian"):
        load_scenarios(NOWHERE, tmp_path / "none.csv", hint="ask the librarian")


def test_an_unusual_count_is_said_aloud(tmp_path: Path) -> None:
    scenarios = _load(tmp_path, _row(FIRST))
    assert "has 198 take-1 videos, but the descriptions file lists 1" in (
        count_warning(scenarios, 198, "original") or ""
    )
    assert count_warning(scenarios, None, "demo") is None
