"""Many jobs adopted from a CSV: exported, filled in by a person, checked whole, recorded once."""

from __future__ import annotations

import csv
import shlex
from pathlib import Path

import pytest

from runners.core.locks import Lock
from tests.run.runs_of_jobs import ambiguous, last, running, states, write_run
from tests.run.test_abandoning_many import jobs


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Two runs with requests of unknown fate, and one with jobs that run."""
    folder = tmp_path / "results"
    prompt = '=HYPERLINK("x")' + " A ball, rolling\nslowly." * 9
    write_run(folder / "set" / "a", {"0001": ambiguous(uuid="u-1", prompt=prompt), "0002": ambiguous(uuid="u-2")})
    write_run(folder / "set" / "=b", {"0001": ambiguous(uuid="u-3", usd=1.5, seed=-9), "0004": running("j-4")})
    write_run(folder / "other" / "c", {"0009": running("j-9")})
    return folder


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def test_the_export_is_filled_in_and_adopted(results: Path, tmp_path: Path) -> None:
    path = tmp_path / "open.csv"
    code, told = jobs("list", f"results={results}", f"export={path}")
    assert (code, "3 requests of unknown fate in 2 runs, $2.70" in told) == (0, True), told
    read = rows(path)
    assert [(row["clip"], row["job"], row["uuid"], row["usd"]) for row in read] == [
        ("0001", "", "u-3", "1.5"), ("0001", "", "u-1", "0.6"), ("0002", "", "u-2", "0.6"),
    ]  # fmt: skip
    assert read[1]["submitted"] == "2023-11-14T22:13:20Z"
    assert (read[1]["prompt"][:4], len(read[1]["prompt"]), read[0]["seed"]) == ("'=HY", 81, "'-9")
    for row, job_id in zip(read, ["-x", "j-1", ""], strict=True):
        row["job"] = job_id
        row["clip"] = row["clip"].lstrip("0")  # as a spreadsheet writes it
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.DictWriter(file, read[0].keys(), quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        table.writeheader()
        table.writerows(read)
    words = shlex.split(told.rpartition("runners.jobs ")[2])
    code, told = jobs(*words)
    assert code == 0, told
    assert "2 requests of unknown fate in 2 runs that may have cost $2.10 go on with the jobs of" in told
    assert "(1 row without a job passed over)" in told
    assert last(results / "set" / "=b")["0001"].job_id == "-x"
    assert (last(results / "set" / "a")["0001"].job_id, states(results / "set" / "a")["0002"]) == ("j-1", "submitting")
    journal = (results / "set" / "a" / "journal.jsonl").read_bytes()
    code, told = jobs(*words)
    assert (code, "nothing to adopt: 1 row without a job passed over, 2 rows adopted before" in told) == (0, True), told
    assert (results / "set" / "a" / "journal.jsonl").read_bytes() == journal


def test_the_export_never_writes_over_a_file(results: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "open.csv", "mine")
    code, told = jobs("list", f"results={results}", f"export={path}")
    assert (code, "is there already, and may be filled in" in told) == (2, True)
    assert path.read_text("utf-8") == "mine\n"
    code, _ = jobs("list", f"run={results / 'other' / 'c'}", f"export={tmp_path / 'none.csv'}")
    assert (code, (tmp_path / "none.csv").exists()) == (0, False)


def test_every_fault_is_told_with_its_line_and_nothing_is_done(results: Path, tmp_path: Path) -> None:
    run = results / "set" / "a"
    path = write(
        tmp_path / "ids.csv", "run,clip,job,uuid",
        f"{run},0001,good,u-1",
        f"{run},0003,x-3,",
        f"{results}/set/=b,0004,x-4,",
        f"{run},0002,good,",
        f"{run},1,again,",
        f"{run},,x-6,",
        ",0002,x-7,",
        f"{run},0002,two words,",
        f"{results}/set/=b,0001,1.23E+18,",
        f"{results}/none,0001,x-10,",
        f"{results}/set/=b,0001,j-9,",
        f"{run},0002,x-12,u-0",
    )  # fmt: skip
    code, told = jobs("adopt", f"from={path}", f"results={results}")
    assert code == 2
    faults = {
        3: "has no paid job of a clip '0003'",
        4: "clip 0004: its last request is running, not ambiguous",
        5: "job good stands in line 2 already",
        6: "clip 0001 stands in line 2 already",
        7: "names no clip",
        8: "names no run",
        9: "job 'two words' is no id",
        10: "is a number that a spreadsheet rounded",
        11: "is no folder",
        12: f"job j-9 is that of clip 0009 of {results}/other/c already",
        13: "clip 0002 stands in line 5 already",
    }
    lines = told.splitlines()
    for number, fault in faults.items():
        assert any(f"line {number}: " in line and fault in line for line in lines), (number, told)
    assert sum(line.startswith("error: ") for line in lines) == len(faults)
    assert states(run)["0001"] == "submitting"


def test_a_list_of_an_earlier_request_is_not_taken_for_a_later_one(results: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "ids.csv", "clip,job,uuid", "0001,x,u-0")
    code, told = jobs("adopt", f"from_file={path}", f"run={results / 'set' / 'a'}")
    assert (code, "line 2: is about an earlier request for clip 0001" in told) == (2, True), told


def test_one_run_s_list_needs_no_column_of_runs(results: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "ids.csv", "clip,job", "0001,x-1", "0002,x-2")
    assert jobs("adopt", f"from={path}")[0] == 2
    assert jobs("adopt", f"from={path}", f"run={results / 'set' / 'a'}")[0] == 0
    assert [one.job_id for one in last(results / "set" / "a").values()] == ["x-1", "x-2"]


def test_a_busy_run_is_told_and_done_by_the_next_try(results: Path, tmp_path: Path) -> None:
    a, b = results / "set" / "a", results / "set" / "=b"
    path = write(tmp_path / "ids.csv", "run,clip,job", f"{a},0001,x-1", f"{b},0001,x-2")
    with Lock(b / "journal.jsonl"):
        code, told = jobs("adopt", f"from={path}")
    assert (code, f"{b} is being worked on" in told, states(b)["0001"]) == (1, True, "submitting"), told
    code, told = jobs("adopt", f"from={path}")
    assert (code, last(b)["0001"].job_id, last(a)["0001"].job_id) == (0, "x-2", "x-1"), told


@pytest.mark.parametrize(("job_id", "owner"), [("j-4", "set/=b"), ("j-9", "other/c")])
def test_one_job_of_another_run_is_refused_with_that_run_s_name(results: Path, job_id: str, owner: str) -> None:
    run = results / "set" / "a"
    code, told = jobs("adopt", f"run={run}", "clip=0001", f"job={job_id}", f"results={results}")
    assert (code, f"is that of clip 000{job_id[-1]} of {results}/{owner} already" in told) == (2, True), told
    assert states(run)["0001"] == "submitting"


@pytest.mark.rotating("listed")
@pytest.mark.parametrize("listed", [True, False])
def test_a_job_adopted_for_the_wrong_clip_and_given_up_is_the_right_one_s(results: Path, listed: bool) -> None:
    run = results / "set" / "a"
    assert jobs("adopt", f"run={run}", "clip=0001", "job=j-2", f"results={results}")[0] == 0
    right = [f"from={write(results / 'l.csv', 'clip,job', '0002,j-2')}"] if listed else ["clip=0002", "job=j-2"]
    code, told = jobs("adopt", f"run={run}", *right, f"results={results}")
    assert (code, "j-2 is that of clip 0001 already" in told) == (2, True), told
    assert jobs("abandon", f"run={run}", "clip=0001", "accept_double_charge=true")[0] == 0
    code, told = jobs("adopt", f"run={run}", *right, f"results={results}")
    assert (code, last(run)["0002"].job_id) == (0, "j-2"), told


@pytest.mark.full
def test_the_run_s_own_neighbours_are_looked_in_where_results_are_elsewhere(results: Path) -> None:
    code, told = jobs("adopt", f"run={results / 'set' / 'a'}", "clip=0001", "job=j-4")
    assert (code, f"clip 0004 of {results}/set/=b already" in told) == (2, True), told


@pytest.mark.full
def test_a_neighbour_that_cannot_be_read_is_told(results: Path) -> None:
    with (results / "set" / "=b" / "journal.jsonl").open("ab") as file:
        file.write(b'{"event": half\n')
    code, told = jobs("adopt", f"run={results / 'set' / 'a'}", "clip=0001", "job=j-5")
    assert (code, "is damaged" in told, "whether a job is on record there is not known" in told) == (0, True, True)
