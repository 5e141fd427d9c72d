"""The card: what manifests and scores know is filled in, and not one word of what a person signs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from runners.core.errors import UserError
from runners.reporting.leaderboard import ScoredRun
from runners.runs.manifest_records import Manifest
from runners.runs.records import decode, encode
from runners.scoring.scores import AggregateScores
from runners.submission.card import Card, card_text, make_card, read_card, run_id
from runners.submission.fields import empty_card, open_fields, optional_fields, why_open
from tests.reporting.scored import SHARES, VARIANCE, scored_run

TODAY = date(2026, 11, 25)
TERMS = ("terms.terms_version", "terms.terms_accepted", "terms.accepted_on_behalf_of", "terms.accepted_at")


def four(**changes: Any) -> list[ScoredRun]:
    shifts = (0.0, 0.01, 0.03, 0.08)
    runs = [scored_run(number=k, shares=[s + shift for s in SHARES], **changes) for k, shift in enumerate(shifts, 1)]
    return edited(runs, made_by_a)


def edited(runs: list[ScoredRun], edit: Callable[[dict[str, Any]], object]) -> list[ScoredRun]:
    """The runs with their manifests changed."""
    changed = []
    for run in runs:
        manifest = encode(run.record.manifest)
        edit(manifest)
        changed.append(replace(run, record=replace(run.record, manifest=decode(Manifest, manifest))))
    return changed


def made_by_a(manifest: dict[str, Any]) -> None:
    for clip in manifest["clips"].values():
        clip["published"]["generation"] |= {"session": "a", "generate_s": 12.0}


def declaring(runs: list[ScoredRun], card: dict[str, Any]) -> list[ScoredRun]:
    """The runs, with the first one's model declaring this of itself."""
    return [*edited(runs[:1], lambda manifest: manifest["configuration"]["model"].update(card=card)), *runs[1:]]


def info(runs: list[ScoredRun], given: Card | None = None) -> dict[str, Any]:
    return make_card(runs, given or {}, TODAY)[0]["public_info"]


def with_gpus(runs: list[ScoredRun], gpus: list[str], **facts: Any) -> list[ScoredRun]:
    loaded = [{"session": "a", "facts": facts, "hardware": {"gpus": gpus}}]
    return edited(runs, lambda manifest: manifest.update(loaded=loaded))


def test_what_the_runs_know_is_filled_in() -> None:
    made = info(four(adapter={"checkpoint": "someone/svd"}, revision="abc123"))
    assert {key: made[key] for key in ("model", "model_version", "input_type", "fps", "resolution")} == {
        "model": "svd", "model_version": "someone/svd@abc123", "input_type": "i2v", "fps": 24, "resolution": "1280x720",
    }  # fmt: skip
    assert (made["descriptions"], made["date"], made["bon_sampling"]) == ("bpp", "2026-11-25", 1)
    assert (made["prompt_upsampling"], made["templater"]) == (False, None)


def test_what_a_person_signs_is_never_filled_in() -> None:
    card, _ = make_card(four(), {}, TODAY)
    assert card["terms"] == empty_card()["terms"]
    assert card["warranties"] == empty_card()["warranties"]
    assert not any(card["terms"].values())
    assert not any(card["warranties"].values())
    empty = ("organization", "availability", "model_source", "provider", "tech_report", "comments", "parameters")
    assert not any(card["public_info"][key] for key in empty)


def test_all_that_is_left_is_listed() -> None:
    left = open_fields(make_card(four(), {}, TODAY)[0])
    assert set(left) >= {"public_info.organization", "public_info.availability", "public_info.model_source", *TERMS}
    assert sum(name.startswith("warranties.") for name in left) == 5
    assert not any(name.startswith("reported_scores.") for name in left)


def test_scores_are_percent_with_the_standard_deviation_of_a_sample() -> None:
    card, _ = make_card(four(), {}, TODAY)
    scores = card["reported_scores"]
    assert (scores["mse_mean"], scores["mse_std"]) == (100.0, 0.0)
    assert scores["spatial_iou_mean"] == pytest.approx(43.0, abs=0.001)
    assert scores["spatial_iou_std"] == pytest.approx((38 / 3) ** 0.5, abs=0.001)  # n − 1
    assert scores["physiq_mean"] == pytest.approx((3 * 43 + 100) / 4, abs=0.001)
    assert list(scores) == [f"{name}_{stat}" for name in ("physiq", "spatial_iou", "weighted_spatial_iou",
                            "spatiotemporal_iou", "mse") for stat in ("mean", "std")]  # fmt: skip


def test_each_part_is_reported_under_its_own_name() -> None:
    marks = AggregateScores(0.0, 10.0, 20.0, 40.0, 30.0, 50.0, VARIANCE, VARIANCE)
    runs = [replace(run, scores=replace(run.scores, marks=marks)) for run in four()]
    scores = make_card(runs, {}, TODAY)[0]["reported_scores"]
    means = [scores[key] for key in scores if key.endswith("_mean")]
    assert means == [10.0, 20.0, 30.0, 40.0, 50.0]


def test_one_run_has_no_spread_to_report() -> None:
    left = open_fields(make_card(four()[:1], {}, TODAY)[0])
    assert "reported_scores.physiq_std" in left
    assert "reported_scores.physiq_mean" not in left


def test_the_spread_of_one_run_may_be_given_as_zero_and_as_nothing_else() -> None:
    given: Card = {"reported_scores": {"physiq_std": 0.0}}
    card, breaches = make_card(four()[:1], given, TODAY)
    assert (card["reported_scores"]["physiq_std"], breaches) == (0.0, [])
    _, breaches = make_card(four()[:1], {"reported_scores": {"physiq_std": 1.3}}, TODAY)
    assert breaches == ["card: reported_scores.physiq_std is 1.3, and one run has no spread; 0.0 is what passes"]


def test_the_gpus_of_a_rewriter_are_wanted_of_all_but_a_service_of_its_own() -> None:
    upsampled: Card = {"public_info": {"prompt_upsampling": True, "availability": "public"}}
    wanted = {"public_info.upsample_gpu", "public_info.upsample_ngpu", "public_info.upsample_time"}
    left = open_fields(make_card(four(), upsampled, TODAY)[0])
    assert wanted <= set(left)
    assert all("even where a service rewrote the prompts" in why_open(name) for name in wanted)
    upsampled["public_info"]["availability"] = "api"
    assert not wanted & set(open_fields(make_card(four(), upsampled, TODAY)[0]))


@pytest.mark.parametrize(
    ("gpus", "facts", "told"),
    [
        (["H100"], {}, ("H100", 1, 12.0)),
        (["H100", "H100"], {}, ("H100", 2, 24.0)),
        (["H100", "H100"], {"device": "cuda:1"}, ("H100", 1, 12.0)),
        ([], {}, (None, None, None)),
    ],
)
def test_a_local_models_hardware_and_seconds_times_gpus_come_from_its_sessions(
    gpus: list[str], facts: dict[str, Any], told: tuple[Any, ...]
) -> None:
    made = info(with_gpus(four(), gpus, **facts))
    assert tuple(made[f"generation_{key}"] for key in ("gpu", "ngpu", "time")) == told


def test_a_services_clip_has_a_price_and_no_gpu() -> None:
    def pay(manifest: dict[str, Any]) -> None:
        manifest["configuration"]["model"]["paid"] = True
        manifest["cost_usd"] = 4.5

    runs = edited(with_gpus(four(), ["H100"]), pay)
    card, _ = make_card(runs, {}, TODAY)
    assert card["public_info"]["generation_cost"] == 0.5  # 4 × 4.5 over 36 clips
    assert card["public_info"]["generation_gpu"] is None
    assert not any(name.startswith("public_info.generation") for name in open_fields(card, service=True))
    assert any(name.startswith("public_info.generation_gpu") for name in open_fields(card))


def test_prompt_upsampling_is_what_the_prompts_file_declares() -> None:
    runs = four()
    declared = {"method": "A model", "source": None, "cost": 0.01, "gpu": "H100", "ngpu": 2, "time": 3.5}
    sessions = [{"prompts": {"mode": "bpp", "template": "sora2", "upsampling": declared}}]
    runs = edited(runs, lambda manifest: manifest.update(sessions=sessions))
    made = info(runs)
    assert (made["prompt_upsampling"], made["prompt_upsampling_method"], made["templater"]) == (
        True,
        "A model",
        "sora2",
    )
    assert [made[f"upsample_{key}"] for key in ("cost", "gpu", "ngpu", "time")] == [0.01, "H100", 2, 3.5]


def test_a_models_yaml_may_declare_best_of_n_and_what_else_is_the_models() -> None:
    runs = four()
    card = {
        "bon_sampling": 4,
        "bon_sampling_method": "PickScore",
        "parameters": "5B",
        "model_source": "https://a.example",
    }
    assert {key: info(declaring(runs, card))[key] for key in card} == card
    with pytest.raises(UserError, match="did you mean 'bon_sampling'"):
        info(declaring(runs, {"bon_samplin": 4}))
    with pytest.raises(UserError, match=r"model svd: card\.availability in its YAML is 'open'; allowed are public"):
        info(declaring(runs, {"availability": "open"}))
    with pytest.raises(UserError, match=r"unknown field card\.organization"):
        info(declaring(runs, {"organization": "Us"}))


def signed() -> Card:
    card = empty_card()
    return {
        "public_info": {"organization": "Öko Labs", "model": "SVD", "availability": "public", "model_source": "https://a",
                        "tech_report": "https://a/report", "generation_cost": 0.1, "generation_gpu": "H100",
                        "generation_ngpu": 1, "generation_time": 9},
        "terms": dict.fromkeys(card["terms"], "1.0") | {"terms_accepted": True},
        "warranties": dict.fromkeys(card["warranties"], True),
    }  # fmt: skip


def test_a_persons_own_card_fills_in_the_rest_and_nothing_is_left() -> None:
    card, breaches = make_card(four(revision="abc"), signed(), TODAY)
    assert (open_fields(card), breaches) == ([], [])
    assert card["terms"]["terms_accepted"] is True
    assert (card["public_info"]["model"], card["public_info"]["fps"]) == ("SVD", 24)


def test_a_warranty_that_is_not_given_stays_open() -> None:
    given = signed()
    given["warranties"]["metadata_accurate"] = False
    card, _ = make_card(four(revision="abc"), given, TODAY)
    assert card["warranties"]["metadata_accurate"] is False
    assert open_fields(card) == ["warranties.metadata_accurate"]


@pytest.mark.parametrize(
    ("section", "key", "value", "told"),
    [
        ("public_info", "fps", 30, "card: public_info.fps is 30, and the runs say 24"),
        (
            "public_info",
            "resolution",
            "1920x1080",
            "card: public_info.resolution is 1920x1080, and the runs say 1280x720",
        ),
        ("public_info", "descriptions", "op", "card: public_info.descriptions is op, and the runs say bpp"),
        ("public_info", "input_type", "v2v", "card: public_info.input_type is v2v, and the runs say i2v"),
        ("reported_scores", "physiq_mean", 99.0, "card: reported_scores.physiq_mean is 99.0, and the runs say 57.25"),
    ],
)
def test_a_card_that_contradicts_the_runs_is_a_breach(section: str, key: str, value: Any, told: str) -> None:
    card, breaches = make_card(four(), {section: {key: value}}, TODAY)
    assert breaches == [told]
    assert card[section][key] != value
    assert make_card(four(), {"public_info": {"fps": 24.005}}, TODAY)[1] == []


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[]", "holds no public_info"),
        ("public_inf: {}", "did you mean 'public_info'"),
        ("public_info: {organisation: Us}", "did you mean 'organization'"),
        ("public_info: {availability: open}", "allowed are public, api, research, private"),
        ("public_info: {date: 25.11.2026}", "YYYY-MM-DD"),
        ("public_info: {date: '2026-02-30'}", "YYYY-MM-DD"),
        ("public_info: {date: 2026-02-30}", "day is out of range"),
        ("public_info: {bon_sampling: four}", "it is a whole number"),
        ("public_info: {prompt_upsampling: maybe}", "allowed are true and false"),
        ("terms: {terms_version: 1.1}", "terms.terms_version is '1.1'; the leaderboard takes '1.0'"),
        ("terms: {terms_version: 1}", "is '1'; the leaderboard takes '1.0'"),
        ("terms: {terms_accepted: 'no'}", "allowed are true and false"),
        ("warranties: {metadata_accurate: 1}", "allowed are true and false"),
        ("public_info: {organization: !!set {a}}", "must be one value"),
        ("[" * 100_000, "nested more than 50 deep"),
        ("public_info: {comments: [a, b]}", "must be one value"),
        ("public_info: 3", "must hold fields"),
        ("a: b: c", "not well-formed YAML"),
    ],
)
def test_a_card_that_cannot_be_read_is_told(tmp_path: Path, content: str, told: str) -> None:
    (tmp_path / "card.yaml").write_text(content)
    with pytest.raises(UserError, match=told):
        read_card(tmp_path / "card.yaml")


def test_the_version_of_the_terms_is_a_text_however_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "card.yaml").write_text("terms: {terms_version: 1.0}")
    assert read_card(tmp_path / "card.yaml") == {"terms": {"terms_version": "1.0"}}


def test_a_card_cannot_take_back_what_a_model_or_its_prompts_declare() -> None:
    sessions = [{"prompts": {"mode": "bpp", "upsampling": {"method": "A model"}}}]
    runs = edited(declaring(four(), {"bon_sampling": 4}), lambda manifest: manifest.update(sessions=sessions))
    card, breaches = make_card(runs, {"public_info": {"bon_sampling": 1, "prompt_upsampling": False}}, TODAY)
    assert breaches == [
        "card: public_info.bon_sampling is 1, and the runs say 4",
        "card: public_info.prompt_upsampling is False, and the runs say True",
    ]
    assert (card["public_info"]["bon_sampling"], card["public_info"]["prompt_upsampling"]) == (4, True)
    given: Card = {"public_info": {"bon_sampling": 2, "prompt_upsampling": True}}
    card, breaches = make_card(four(), given, TODAY)  # nothing was declared, so a person may
    assert (breaches, card["public_info"]["bon_sampling"]) == ([], 2)
    assert optional_fields(card)[-4:] == ["bon_sampling_method", "bon_sampling_source",
                                          "prompt_upsampling_method", "prompt_upsampling_source"]  # fmt: skip


def test_a_card_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no such file"):
        read_card(tmp_path / "card.yaml")


def test_a_date_stays_a_text_and_a_card_survives_the_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "card.yaml"
    path.write_text("public_info: {date: 2026-12-01, organization: 'A: \"B\"'}")
    card, _ = make_card(four(), read_card(path), TODAY)
    path.write_text(card_text(card))
    assert yaml.safe_load(path.read_text()) == card
    assert read_card(path)["public_info"]["date"] == "2026-12-01"


@pytest.mark.parametrize(
    ("organization", "model", "expected"),
    [
        ("Öko Labs", "svd_xt", "okolabs__svd-xt-bpp__2026-11-25"),
        ("", "Wan2.2", "org__wan2.2-bpp__2026-11-25"),
        ("模型", "a__b", "org__a-b-bpp__2026-11-25"),
    ],
)
def test_the_run_id_is_lowercase_and_has_three_parts(organization: str, model: str, expected: str) -> None:
    runs = [scored_run(model)]
    given: Card = {"public_info": {"organization": organization}}
    assert run_id(make_card(runs, given, TODAY)[0], runs) == expected
