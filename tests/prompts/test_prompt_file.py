"""Prompts files as people publish them: which of their entries is for which clip, and what is wrong with others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from runners.core.errors import UserError
from runners.dataset.layout import DataSet
from runners.dataset.scenarios import load_scenarios
from runners.prompts.prompt_file import Texts, read_prompts
from runners.prompts.prompts import PromptChoice, plan_prompts

MINI = Path(__file__).parents[1] / "fixtures" / "mini" / "dataset"
SCENARIOS = load_scenarios(DataSet(MINI), MINI / "descriptions.csv")
IDS = [scenario.id for scenario in SCENARIOS]
BEST = {scenario.id: f"best {scenario.id}" for scenario in SCENARIOS}
# NVIDIA/cosmos, evaluation/cosmos3/Physics_IQ/assets/*.json: names without take and ending
NAMES = {each.id: f"{each.id}_perspective-{each.view}_{each.name}" for each in SCENARIOS}


def read(tmp_path: Path, name: str, content: Any) -> Texts:
    path = tmp_path / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return read_prompts(path, SCENARIOS)


NVIDIA = [{"name": NAMES[clip], "prompt": BEST[clip], "negative_prompt": f"no {clip}"} for clip in IDS]
FORMS: dict[str, tuple[str, Any]] = {
    "NVIDIA's JSON": ("i2v_prompts.json", NVIDIA),
    "with a byte order mark": ("p.json", b"\xef\xbb\xbf" + json.dumps(NVIDIA).encode()),
    "under another ending": ("p.txt", NVIDIA),
    "JSONL": ("p.jsonl", "\n".join(json.dumps(each) for each in NVIDIA) + "\n\n"),
    "JSONL called JSON": ("p.json", "\n".join(json.dumps(each) for each in NVIDIA)),
    "by name": ("p.json", {NAMES[clip]: BEST[clip] for clip in IDS}),
    "by file name, in a folder": ("p.json", {f"clips/{NAMES[clip]}.mp4": BEST[clip] for clip in IDS}),
    "by id": ("p.json", {clip: BEST[clip] for clip in IDS}),
    "by id without zeros": ("p.json", {str(int(clip)): {"prompt": BEST[clip]} for clip in IDS}),
    "by id as a number": ("p.json", [{"id": int(clip), "text": BEST[clip]} for clip in IDS]),
    "by scene and view": (
        "p.json",
        {f"perspective-{each.view}_{each.name}": BEST[each.id] for each in SCENARIOS},
    ),
    "another submission's table": (
        "descriptions.csv",
        "scenario,description,category,generated_video_name\n"
        + "".join(f"{NAMES[clip].replace('_trimmed', '_take-1_trimmed')}.mp4,{BEST[clip]},x,y\n" for clip in IDS),
    ),
    "a table by the clips' names": (
        "p.csv",
        "name,prompt\r\n" + "".join(f"{NAMES[clip]},{BEST[clip]}\r\n" for clip in IDS),
    ),
    "a table of ids": ("p.csv", "id,prompt\n" + "".join(f"{clip},{BEST[clip]}\n" for clip in IDS)),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_file_is_read_in_whatever_form_it_was_published(form: str, tmp_path: Path) -> None:
    found = read(tmp_path, *FORMS[form])
    assert found.prompts == BEST
    has = FORMS[form][1] is NVIDIA or "JSONL" in form or "byte order" in form
    assert found.negatives == ({clip: f"no {clip}" for clip in IDS} if has else None)


def test_a_scene_s_bare_name_is_for_all_of_its_views(tmp_path: Path) -> None:
    scenes = sorted({scenario.item.scene for scenario in SCENARIOS})
    found = read(tmp_path, "p.json", {scene: {"prompt": f"all of {scene}"} for scene in scenes})
    assert found.prompts == {each.id: f"all of {each.item.scene}" for each in SCENARIOS}


def test_a_prompt_that_is_an_object_is_sent_as_json_text(tmp_path: Path) -> None:
    """As NVIDIA's prompts for video to video, whose own texts are spelled so: indented by two, in their order."""
    prompt = {"task": "a", "camera": "locked — still", "predicted_timeline": [{"frames": "74-83", "text": "b"}]}
    found = read(tmp_path, "p.json", [{"name": NAMES["0001"], "prompt": prompt, "negative_prompt": {"no": 1}}])
    assert found.prompts["0001"] == json.dumps(prompt, indent=2, ensure_ascii=False)
    assert found.negatives == {"0001": '{\n  "no": 1\n}'}
    as_text = read(tmp_path, "q.json", [{"name": NAMES["0001"], "prompt": found.prompts["0001"]}])
    assert as_text.prompts == found.prompts


def test_a_line_of_jsonl_may_hold_what_unicode_calls_the_end_of_a_line(tmp_path: Path) -> None:
    """U+2028, U+0085 and their like stand in texts copied from the web; JSON lines end with LF alone."""
    text = "falls\u2028and\x85breaks"
    lines = [json.dumps({"id": clip, "prompt": f"{text} {clip}"}, ensure_ascii=False) for clip in IDS]
    assert read(tmp_path, "p.jsonl", "\r\n".join(lines)).prompts == {clip: f"{text} {clip}" for clip in IDS}


def test_entries_of_take_2_are_left_out(tmp_path: Path) -> None:
    second = NAMES["0001"].replace("0001_", "0007_").replace("_trimmed", "_take-2_trimmed")
    assert read(tmp_path, "p.json", {NAMES["0001"]: "one", second: "never"}).prompts == {"0001": "one"}


ODD: dict[str, tuple[Any, str]] = {
    "another view": ({NAMES["0001"].replace("left", "right"): "x"}, "0001 is scene-0 from the right here, but scene-0"),
    "another scene": ({"0001_perspective-left_trimmed-domino": "x"}, "0001 is domino from the left here, but scene-0"),
    "an unknown id": ({"0400": "x"}, "the benchmark has no take-1 scenario with the id 0400"),
    "an unknown scene": ({"perspective-left_trimmed-domino": "x"}, "no take-1 scenario 'perspective-left_trimmed-do"),
    "no name at all": ({"intro": "x"}, r"'intro': the scenario 'intro' is not named like 0001_perspective-left_trim"),
    "twice": ([{"id": 1, "prompt": "x"}, {"id": "0001", "prompt": "x"}], "entry 2: the id 0001 stands twice"),
    "a scene and one of its views": ({"scene-0": "x", "0001": "y"}, "'0001': the id 0001 stands twice"),
    "a key twice": ('{"0001": "a", "0001": "b"}', "the key '0001' stands twice in one object"),
    "an empty text": ({"0001": " "}, "the prompt of 0001 is empty"),
    "no text": ([{"name": "0001"}], r"entry 1: expected a text, or an object with description or prompt"),
    "no name": ([{"prompt": "x"}], r"entry 1: expected an object with scenario or name or id, and description or"),
    "a number": ([{"id": 1, "prompt": 5}], "entry 1: a prompt must be a text or an object, not 5"),
    "a list of texts": (["x", "y"], "entry 1: expected an object with scenario"),
    "two texts": ([{"id": 1, "prompt": "x", "description": "y"}], "it has description and prompt; keep the one that"),
    "some negatives": (
        [{"id": 1, "prompt": "x", "negative_prompt": "n"}, {"id": 2, "prompt": "x"}],
        r'some entries have a negative_prompt, and 0002 have none \(1 in all\); write ""',
    ),
    "no JSON": ("hello", "holds no JSON: a list or an object was expected"),
    "damaged": ('[{"id": 1,\n"prompt" "x"}]', "line 2: not well-formed JSON"),
    "a damaged line": ('{"id": 1, "prompt": "x"}\n{"id": 2, "prompt"\n', "line 2: not well-formed JSON"),
    "a line twice": ('{"id": 1, "prompt": "x"}\n{"id": 1, "prompt": "x"}\n', "line 2: the id 1 stands twice"),
    "empty": ("", "holds no JSON"),
    "another encoding": (json.dumps(NVIDIA).encode("utf-16"), "is not UTF-8 text"),
    "too deep": ("[" * 100_000, "nested more than 50 deep|not well-formed"),
    "a prompt too deep to be spelled": (
        f'{{"0001": {{"prompt": {"[" * 600}{"]" * 600}}}}}',
        "'0001': values nested more",
    ),
    "a number without end": (f'[{{"id": {"9" * 5000}, "prompt": "x"}}]', "a number has thousands of digits"),
    "half a surrogate pair": (r'{"0001": "a \ud800"}', r"'0001': a prompt holds \\ud800, which is no character"),
    "half a pair in a negative": ([{"id": 1, "prompt": "x", "negative_prompt": ["\udc00"]}], "entry 1: a prompt holds"),
    "a zero byte": ({"0001": "a\0b"}, r"a prompt holds \\u0000"),
    "not a number": ('{"0001": {"prompt": {"speed": NaN}}}', "'0001': a prompt holds NaN"),
}


@pytest.mark.parametrize("what", ODD)
def test_an_odd_file_is_told_in_a_line(what: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=ODD[what][1]) as raised:
        read(tmp_path, "p.json", ODD[what][0])
    assert str(raised.value).startswith(str(tmp_path / "p.json"))
    assert "\n" not in str(raised.value)


def test_a_json_with_missing_scenes_is_told_by_clip(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_text(json.dumps(dict.fromkeys(IDS[:4], "x")), encoding="utf-8")
    plan = plan_prompts(PromptChoice("bpp", file=path), SCENARIOS, MINI)
    assert set(plan.texts(SCENARIOS[:4])) == set(IDS[:4])
    with pytest.raises(UserError, match=r"p\.json lacks the prompts of 0005 \(scene-1\), 0006 .*\(2 in all\)"):
        plan.texts(SCENARIOS)


def test_negatives_are_part_of_the_identity_and_only_where_there_are_any(tmp_path: Path) -> None:
    identities = []
    for negative in (None, "a", "b"):
        path = tmp_path / "p.json"
        each = {"prompt": "x"} if negative is None else {"prompt": "x", "negative_prompt": negative}
        path.write_text(json.dumps(dict.fromkeys(IDS, each)), encoding="utf-8")
        identities.append(plan_prompts(PromptChoice("bpp", file=path), SCENARIOS, MINI).identity)
    assert "negatives_sha256" not in identities[0]
    assert len({json.dumps(identity) for identity in identities}) == 3
