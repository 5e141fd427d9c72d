"""A folder for the hub: what is in it, what never is, and that only this command's own folder is touched."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import yaml

from runners.core.errors import UserError
from runners.core.settings import ScorerSettings
from runners.runs.run_record import RunRecord, read_record
from runners.scoring.stored import read_scores
from runners.sharing.hub import MARKER, Run, folder_key, make_hub
from runners.sharing.hub_card import Shared, card
from runners.sharing.hub_metadata import COLUMNS, metadata_csv
from runners.sharing.redaction import place_free, without_places
from tests.run.harness import Paint, run

SECRET = "planted-secret-value-1"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Run:
    outcome = run(tmp_path_factory.mktemp("hub"), scorer=ScorerSettings(workers=1))
    assert outcome.folder is not None
    record = read_record(outcome.folder)
    assert record is not None
    return "mini/paint-op-run_01", record, read_scores(outcome.folder / "scores")


def command(record: RunRecord) -> str:
    return f"python -m runners.generate model=paint results={record.path}"


def test_clips_prompts_and_scores_are_there_and_no_place_or_key(
    made: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACME_API_KEY", SECRET)
    told = make_hub(tmp_path / "hub", [made], lambda record: f"{command(record)} key={SECRET}")
    assert told[-1].startswith("  hf upload-large-folder OWNER/NAME --repo-type=dataset ")
    place = tmp_path / "hub" / "videos" / "mini--paint-op-run_01"
    with (place / "metadata.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["file_name"] for row in rows} == {path.name for path in place.glob("*.mp4")}
    assert all(row["prompt"] and row["score"] for row in rows)
    texts = [path.read_bytes() for path in (tmp_path / "hub").rglob("*") if path.is_file() and path.suffix != ".mp4"]
    for word in (str(made[1].path.parents[1]), str(Path.home()) + "/", SECRET):
        assert not any(word.encode() in text for text in texts)


def test_a_second_call_changes_nothing_and_keeps_a_card_that_was_edited(made: Run, tmp_path: Path) -> None:
    make_hub(tmp_path / "hub", [made], command)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "hub" / "videos").rglob("*")}
    (tmp_path / "hub" / "README.md").write_text("mine")
    told = make_hub(tmp_path / "hub", [made], command)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert (tmp_path / "hub" / "README.md").read_text() == "mine"
    assert any("changed by hand" in line for line in told)


def test_a_folder_of_somebody_s_is_refused(made: Run, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x")
    with pytest.raises(UserError, match="something else"):
        make_hub(tmp_path, [made], command)


def test_an_oracle_s_clips_are_truth_and_left_out(tmp_path: Path) -> None:
    outcome = run(tmp_path / "results", Paint(oracle=True))
    assert outcome.folder is not None
    record = read_record(outcome.folder)
    assert record is not None
    told = make_hub(tmp_path / "hub", [("mini/oracle", record, None)], command)
    assert "left out, since its clips show take 2" in told[0]
    assert not list((tmp_path / "hub").rglob("*.mp4"))
    assert (tmp_path / "hub" / MARKER).exists()


def test_hostile_names_are_text() -> None:
    name = "a|b`c\n---\n# <script>: [x](y)"
    shared = Shared(folder_key(name), name, name, "demo", "demo", 1, 1, None, "python\n```\nx")
    text = card([shared])
    assert yaml.safe_load(text.split("---\n")[1])["configs"][1]["config_name"] == shared.key
    assert "\n# <script>" not in text
    assert "````sh\npython\n```\nx\n````" in text
    row = dict.fromkeys(COLUMNS) | {"file_name": "x.mp4", "prompt": '=1+1\n"x"'}
    assert next(csv.DictReader(metadata_csv([row]).splitlines(keepends=True)))["prompt"] == '\'=1+1\n"x"'


def test_the_header_is_one_that_the_hub_reads() -> None:
    cards = pytest.importorskip("huggingface_hub", reason="pip install -e '.[local]'")
    text = card([Shared("k", "k", "m", "demo", "demo", 1, 1, 3.0, "python")])
    data = cards.DatasetCard(text).data
    assert data.task_categories == ["image-to-video"]
    assert data.to_dict()["configs"][0]["default"] is True


def test_places_and_keys_are_taken_out_of_records(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_TOKEN", SECRET)
    record = {"host": "h", "api_key": "x", "a": ["/home/me/my data/x.mp4", f"got {SECRET}"], "prompt": "up /down/left"}
    assert without_places(record) == {"a": ["…/x.mp4", "got …"], "prompt": "up /down/left"}
    assert place_free("https://u:p@x.org/a?X-Sig=1 and /home/bob") == "https://x.org/a?… and …"
