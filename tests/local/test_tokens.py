"""A prompt's tokens, by the tokenizer of a checkpoint that lies in a folder or in the hub's cache."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from adapters.local.calls.tokens import count_tokens
from adapters.local.loading import find_class
from runners.catalogue.chain import Chains
from runners.catalogue.facts import facts_of
from runners.cli.choices import CONF, options
from tests.local.tiny.cosmos import t5_parts

COMMIT = "0123456789abcdef0123456789abcdef01234567"
CASES = [("a b c d e f", 4), ("a b c", 4), ("", 4)]
EXPECTED = [(7, 5), (4, 5), (1, 0)]
"""Words and the mark at the end, which takes one of the four places."""


def tokenizer(folder: Path) -> Path:
    """Words are tokens, and </s> ends a text, as T5's tokenizers have it."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    made = Tokenizer(
        models.WordLevel({"<unk>": 0, "</s>": 1, **{letter: k for k, letter in enumerate("abcdef", 2)}}, "<unk>")
    )
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    made.add_special_tokens(["</s>"])
    made.enable_truncation(2)
    made.enable_padding(length=9)
    folder.mkdir(parents=True)
    made.save(str(folder / "tokenizer.json"))
    return folder.parent


@pytest.mark.parametrize("name", ["tokenizer", "text_tokenizer"])
def test_all_of_a_text_is_counted_whatever_the_file_says_of_cutting_and_padding(name: str, tmp_path: Path) -> None:
    checkpoint = tokenizer(tmp_path / "model" / name)
    assert count_tokens(str(checkpoint), None, [text for text, _ in CASES], 4) == EXPECTED


@pytest.mark.parametrize("revision", [None, "main", COMMIT])
def test_the_hub_s_cache_is_looked_into_and_the_hub_never_asked(
    revision: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    place = tmp_path / "models--acme--video"
    tokenizer(place / "snapshots" / COMMIT / "tokenizer")
    (place / "refs").mkdir()
    (place / "refs" / "main").write_text(COMMIT)
    assert count_tokens("acme/video", revision, ["a b c d e f"], 4) == [(7, 5)]
    assert count_tokens("acme/video", "other", ["a b"], 4) is None
    assert count_tokens("acme/another", revision, ["a b"], 4) is None


def test_a_tokenizer_as_transformers_saves_it_is_read(tmp_path: Path) -> None:
    """T5's, whose words begin with a mark of their own; in the tiny one each letter is a token."""
    t5_parts()["tokenizer"].save_pretrained(tmp_path / "tokenizer")
    assert count_tokens(str(tmp_path), None, ["a disc"], 6) == [(8, 4)]


@pytest.mark.parametrize("text", [None, "{", "[]"])
def test_one_that_cannot_be_read_counts_nothing(text: str | None, tmp_path: Path) -> None:
    (tmp_path / "tokenizer").mkdir()
    if text is not None:
        (tmp_path / "tokenizer" / "tokenizer.json").write_text(text)
    assert count_tokens(str(tmp_path), None, ["a b"], 4) is None


ELSEWHERE = {"EasyAnimateInpaintPipeline": "encode_prompt", "HunyuanVideo15ImageToVideoPipeline": "__init__"}
"""Where a class says it, if not in its call; HunyuanVideo 1.5 sets `tokenizer_max_length` when it is made."""


@pytest.mark.parametrize("name", sorted(options("model", [CONF])))
def test_how_many_tokens_a_model_reads_is_what_its_class_says(name: str) -> None:
    """Of diffusers as installed; a class that cuts nothing off (Cosmos 3) or takes no text (SVD) states nothing."""
    model = Chains([CONF]).merged(CONF / "model" / f"{name}.yaml")
    pipeline = model["adapter"].get("pipeline")
    stated = facts_of(model.get("facts"), name).text_tokens
    if pipeline is None or model["adapter"].get("loader") == "modular":
        assert stated is None
        return
    found = find_class(pipeline)
    place = getattr(found, ELSEWHERE.get(pipeline, "__call__"))
    parameter = inspect.signature(place).parameters.get("max_sequence_length")
    own = parameter.default if parameter else re.search(r"self\.tokenizer_max_length = (\d+)", inspect.getsource(place))
    assert stated == (int(own[1]) if isinstance(own, re.Match) else own)
