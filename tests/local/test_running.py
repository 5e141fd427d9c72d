"""One call of a pipeline: frames unpacked whatever their kind, seeds, steps, and texts encoded once."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from adapters import BadClip, Cancelled
from adapters.local.calls.encoding import EncodedPrompts
from adapters.local.calls.running import Steps, generators, lacks_memory, seeded, unpack

LEVELS = np.random.default_rng(1).integers(0, 256, (3, 4, 6, 3), np.uint8)


def kinds() -> dict[str, Any]:
    """The same clip as every kind that pipelines return."""
    unit = LEVELS.astype(np.float32) / 255
    tensor = torch.from_numpy(unit).permute(0, 3, 1, 2)
    pictures = [Image.fromarray(frame) for frame in LEVELS]
    return {
        "np": unit[None], "np unbatched": unit, "np list": [unit], "pt": tensor[None], "pt unbatched": tensor,
        "pt list": [tensor], "pil": [pictures], "pil unbatched": pictures,
        "uint8": torch.from_numpy(LEVELS).permute(0, 3, 1, 2)[None],
        "RGBA": [[picture.convert("RGBA") for picture in pictures]],
    }  # fmt: skip


@pytest.mark.parametrize("kind", kinds())
def test_frames_are_the_same_whatever_a_pipeline_returns(kind: str) -> None:
    (clip,) = unpack(kinds()[kind], 1)
    assert clip.dtype == np.uint8
    assert np.array_equal(clip, LEVELS)


def test_levels_are_rounded_not_cut() -> None:
    shade = torch.full((1, 1, 3, 2, 2), 0.4999)
    assert unpack(shade, 1)[0].max() == round(0.4999 * 255)


def test_values_that_are_no_numbers_fail_the_clip_and_name_the_dtype() -> None:
    video = torch.zeros(1, 2, 3, 4, 4)
    video[0, 1, 0, 0, 0] = float("nan")
    with pytest.raises(BadClip, match=r"frame 1 .*dtype"):
        unpack(video, 1)


@pytest.mark.parametrize("video", [None, [], torch.zeros(1, 2, 4, 4, 4), torch.zeros(2, 2, 3, 4, 4)])
def test_anything_else_is_no_clip(video: Any) -> None:
    with pytest.raises(BadClip):
        unpack(video, 1)


def test_global_randomness_follows_the_seed_and_is_put_back() -> None:
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    draws = []
    for seed in (7, 7, 8):
        with seeded(seed):
            draws.append(torch.randn(3))
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])
    assert torch.equal(torch.random.get_rng_state(), before)


def test_each_clip_of_a_batch_has_its_own_generator() -> None:
    first, second = generators([3, 4], "cpu")
    assert torch.equal(torch.randn(2, generator=first), torch.randn(2, generator=generators([3], "cpu")))
    assert not torch.equal(torch.randn(2, generator=second), torch.randn(2, generator=generators([3], "cpu")))


class Looping:
    """A pipeline of two sections, as diffusers writes them."""

    def __init__(self) -> None:
        self.transformer = torch.nn.Identity()

    def progress_bar(self, iterable: Any = None, total: int | None = None) -> Any:
        raise AssertionError("replaced")

    def __call__(self) -> None:
        for _ in range(2):
            with self.progress_bar(total=3) as bar:
                for _step in range(3):
                    self.transformer(torch.zeros(1))
                    bar.update()


def test_steps_of_several_sections_add_up() -> None:
    told: list[tuple[int, int]] = []
    steps, pipe = Steps(), Looping()
    steps.attach(pipe)
    with steps.told_to(lambda k, n: told.append((k, n))):
        pipe()
    assert told[-1] == (6, 6)
    assert [k for k, _ in told] == sorted(k for k, _ in told)


def test_a_cancelled_run_ends_within_a_step() -> None:
    calls = 0

    def listen(k: int, n: int) -> None:
        nonlocal calls
        calls += 1
        if k == 1:
            raise Cancelled("stop")

    steps, pipe = Steps(), Looping()
    steps.attach(pipe)
    with pytest.raises(Cancelled), steps.told_to(listen):
        pipe()
    assert calls == 2  # before the first step, and after it
    pipe()  # nobody listens any more


def test_a_modular_pipeline_is_listened_to_in_its_blocks() -> None:
    loop = Looping()
    pipe = SimpleNamespace(_blocks=SimpleNamespace(sub_blocks={"denoise": SimpleNamespace(sub_blocks={"loop": loop})}))
    told: list[int] = []
    steps = Steps()
    steps.attach(pipe)
    with steps.told_to(lambda k, n: told.append(k)):
        loop()
    assert told[-1] == 6


def test_what_counts_as_out_of_memory() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 60)
    assert lacks_memory(caught.value)
    assert lacks_memory(torch.OutOfMemoryError("CUDA out of memory"))
    assert not lacks_memory(RuntimeError("shapes do not match"))


class Encoder:
    def __init__(self) -> None:
        self.calls: list[Any] = []

    def __call__(self, prompt: Any, negative_prompt: Any = None, **rest: Any) -> Any:
        self.calls.append(prompt)
        return torch.full((2,), float(len(str(prompt)))), None, {"mask": torch.ones(1)}


def test_a_text_is_encoded_once() -> None:
    encoder = Encoder()
    prompts = EncodedPrompts(encoder)
    first = prompts("a ball", device=torch.device("cpu"), negative_prompt=None)
    second = prompts("a ball", negative_prompt=None, device=torch.device("cpu"))
    assert len(encoder.calls) == 1
    assert torch.equal(first[0], second[0])
    assert second[1] is None
    prompts("a bell", negative_prompt=None)
    prompts(["a ball"], negative_prompt=None)
    prompts("a ball", negative_prompt="", device=torch.device("cpu"))
    assert len(encoder.calls) == 4


def test_what_a_pipeline_does_to_its_embeddings_spoils_no_other_clip() -> None:
    prompts = EncodedPrompts(Encoder())
    prompts("a ball")[0].zero_()
    prompts("a ball")[0].zero_()
    assert float(prompts("a ball")[0][0]) == 6


def test_pictures_are_told_apart_by_their_content() -> None:
    encoder = Encoder()
    prompts = EncodedPrompts(encoder)
    for shade in (1, 2, 1):
        prompts("x", image=Image.new("RGB", (2, 2), (shade, 0, 0)), tensor=torch.full((2,), float(shade)))
    assert len(encoder.calls) == 2


def test_no_more_is_kept_than_there_is_room_for() -> None:
    encoder = Encoder()
    prompts = EncodedPrompts(encoder, most_bytes=30)  # an entry takes 12 bytes
    for text in ("a", "b", "c", "b", "a"):
        prompts(text)
    assert encoder.calls == ["a", "b", "c", "a"]
