"""The leaderboard's files: whatever a model is called, the table stays a table."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest

from runners.core.errors import UserError
from runners.reporting.leaderboard import LeaderboardRow, group, ranked, rows
from runners.reporting.leaderboard_files import (
    CSV_COLUMNS,
    check_places,
    leaderboard_csv,
    leaderboard_md,
    leaderboard_tex,
    write_leaderboard,
)
from runners.reporting.published import published_rows
from tests.reporting.scored import scored_run

ODD = (
    "svd_xt",
    "50%_off & more",
    "a|b",
    "{x}^y~z\\",
    "#1 <b>$5</b>",
    "[link](x)",
    "*star*",
    'quo"ted',
    "a,b",
    "模型 é",
    "two\nlines",
    "a&lt;b",
)


def board(*names: str) -> list[LeaderboardRow]:
    runs = [scored_run(name, number) for name in names for number in (1, 2)]
    return rows(group(runs)[0], resamples=50, seed=0)


def records(found: list[LeaderboardRow]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(leaderboard_csv(found))))


def test_the_csv_holds_every_digit() -> None:
    [found], [record] = board("svd"), records(board("svd"))
    assert tuple(record) == CSV_COLUMNS
    assert found.scores["verified"] is not None
    assert float(record["verified_mean"]) == found.scores["verified"].mean
    assert (record["runs"], record["clips"], record["fps"], record["prompts"]) == ("2", "9", "24", "bpp")
    assert record["run_folders"] == "svd-bpp-run_01 svd-bpp-run_02"
    assert (record["section"], record["source"], record["scorer"]) == ("own", "", "builtin")


def test_who_scored_stands_in_every_file() -> None:
    found = rows(group([scored_run("svd", official=True)])[0], resamples=50, seed=0)
    assert [each["scorer"] for each in records(found)] == ["official"]
    for text in (leaderboard_md(found, []), leaderboard_tex(found, [])):
        assert "official toolbox" in text


def test_published_values_say_so_in_every_file_with_source_and_date() -> None:
    found = ranked([*board("svd"), *published_rows()])
    record = next(each for each in records(found) if each["model"].startswith("Sora 2"))
    assert (record["section"], record["source"], record["date"]) == ("published", "arXiv 2606.18943", "2026-06-17")
    assert (record["verified_mean"], record["verified_std"], record["fps"]) == ("26.5", "0.8", "")
    for text in (leaderboard_md(found, []), leaderboard_tex(found, [])):
        line = next(line for line in text.splitlines() if "Sora 2 " in line)
        assert "published, 2026-06-17" in line
        assert "arXiv 2606.18943" in line


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "＝"])
def test_no_name_is_a_formula_in_a_spreadsheet_and_numbers_stay_numbers(sign: str) -> None:
    name = f"{sign}HYPERLINK(1)"
    [record] = records(board(name))
    assert record["model"] == f"'{name}"
    assert record["run_folders"].startswith(f"'{name}-bpp-run_01 ")
    assert float(record["verified_std"]) >= 0
    assert not [cell for cell in record.values() if cell.startswith(tuple("=+-@"))]


def test_no_name_commands_a_terminal_on_which_the_csv_is_shown() -> None:
    assert "\x1b" not in leaderboard_csv(board("\x1b]0;owned\x07"))


@pytest.mark.parametrize("name", ODD)
def test_any_name_survives_in_the_csv(name: str) -> None:
    [record] = records(board(name))
    assert record["model"] == " ".join(name.split())


@pytest.mark.parametrize("name", ODD)
def test_any_name_is_one_cell_in_markdown(name: str) -> None:
    lines = [line for line in leaderboard_md(board(name), []).splitlines() if line.startswith("|")]
    cells = [re.split(r"(?<!\\)(?:\\\\)*\|", line)[1:-1] for line in lines]
    assert [len(each) for each in cells] == [13, 13, 13]
    assert re.sub(r"\\(.)", r"\1", cells[2][0]).strip() == " ".join(name.split())
    assert re.search(r"(?<!\\)&", cells[2][0]) is None, "it might begin an entity"


@pytest.mark.parametrize("name", ODD)
def test_any_name_is_one_cell_in_latex(name: str) -> None:
    text = leaderboard_tex(board(name), [])
    [line] = [line for line in text.splitlines() if line.endswith(r"\\") and not line.startswith("model &")]
    assert len(re.findall(r"(?<!\\)&", line)) == 12
    bare = re.sub(r"\\[a-z]+(?:34)?\{\}|\{[\[*]\}|\\[{}$&#_%]|\$\\(?:pm|times)\$|\\\\$", "", line)
    assert not set(bare) & set('\\{}$#^_~%<>|"[*'), bare
    assert "textquotedbl" not in line, "it needs another font encoding than the default"


def test_the_line_break_before_a_name_takes_nothing_of_it_in_latex() -> None:
    """`[` after a line break is its argument, and `*` belongs to it, whatever white space is between."""
    text = leaderboard_tex(board("[a](x)", "*b*", "c"), [])
    assert re.search(r"\\\\\s*[\[*]", text) is None
    assert "\n{[}a](x) &" in text
    assert "\n{*}b{*} &" in text


def test_a_latex_table_has_as_many_columns_as_it_says() -> None:
    text = leaderboard_tex([*board("svd"), *published_rows()], ["a note\nof two lines"])
    specs = re.findall(r"\\begin\{tabular\}\{(\w+)\}", text)
    assert [len(spec) for spec in specs] == [13] * len(specs)
    assert text.count(r"\begin{tabular}") == text.count(r"\end{tabular}")
    assert "\n% a note of two lines\n" in text


def test_the_files_are_written_and_written_anew(tmp_path: Path) -> None:
    for names in (("a",), ("a", "b")):
        check_places(tmp_path)
        write_leaderboard(tmp_path, board(*names), ["note"])
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"leaderboard.{kind}" for kind in ("csv", "md", "tex")]
    assert "| b | bpp |" in (tmp_path / "leaderboard.md").read_text("utf-8")


@pytest.mark.parametrize("kind", ["csv", "md", "tex"])
def test_a_file_of_that_name_that_somebody_else_wrote_is_never_written_over(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"leaderboard.{kind}"
    path.write_text("mine\n")
    with pytest.raises(UserError, match="not the leaderboard's own"):
        check_places(tmp_path)
    assert path.read_text() == "mine\n"


def test_a_link_of_that_name_that_leads_nowhere_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "leaderboard.md").symlink_to(tmp_path / "gone.md")
    with pytest.raises(UserError, match="not the leaderboard's own"):
        check_places(tmp_path)
