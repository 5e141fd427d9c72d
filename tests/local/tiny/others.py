"""Tiny Kandinsky 5 and 6, Helios, AnyFlow, EasyAnimate and MiniMax-H3."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.local.tiny import Tiny
from tests.local.tiny.cosmos import WIDTH, byte_alphabet, qwen_text, qwen_tokenizer, t5_parts, wan_vae


def clip_parts(names: tuple[str, str]) -> dict[str, Any]:
    """A CLIP tokenizer and text model, under the names that the pipeline has for them."""
    import torch
    import transformers

    letters = byte_alphabet()
    words = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    tokenizer = transformers.CLIPTokenizer(
        vocab={word: k for k, word in enumerate(words)}, merges=[], model_max_length=77
    )
    config = transformers.CLIPTextConfig(
        vocab_size=len(tokenizer), hidden_size=WIDTH, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2,
        bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id,
    )  # fmt: skip
    torch.manual_seed(11)
    return {names[0]: tokenizer, names[1]: transformers.CLIPTextModel(config).eval()}


def hunyuan_vae() -> Any:
    """8 × in space, 4 × in time."""
    import torch
    from diffusers import AutoencoderKLHunyuanVideo

    torch.manual_seed(12)
    return AutoencoderKLHunyuanVideo(
        latent_channels=4, block_out_channels=(4, 4, 4, 4), layers_per_block=1, norm_num_groups=2,
        mid_block_add_attention=False,
    ).eval()  # fmt: skip


def _kandinsky_text() -> dict[str, Any]:
    """Their processor is used for text alone; the tokenizer in its place needs no torchvision."""
    return {
        "tokenizer": qwen_tokenizer(),
        "text_encoder": qwen_text(),
        **clip_parts(("tokenizer_2", "text_encoder_2")),
    }


_KANDINSKY = {
    "in_visual_dim": 4, "out_visual_dim": 4, "in_text_dim": 16, "in_text_dim2": WIDTH, "time_dim": 16, "model_dim": 16,
    "ff_dim": 16, "num_text_blocks": 1, "num_visual_blocks": 1, "axes_dims": (4, 2, 2), "visual_cond": True,
}  # fmt: skip


def build_kandinsky5(attention_type: str = "nabla") -> Any:
    """Sparse attention works in blocks of 8 × 8 patches of 16 × 16 pixels."""
    import torch
    from diffusers import FlowMatchEulerDiscreteScheduler, Kandinsky5I2VPipeline, Kandinsky5Transformer3DModel

    torch.manual_seed(13)
    transformer = Kandinsky5Transformer3DModel(
        **_KANDINSKY, attention_type=attention_type, attention_wT=3, attention_wH=3, attention_wW=3, attention_P=0.9,
        attention_method="topcdf", attention_add_sta=True,
    )  # fmt: skip
    scheduler = FlowMatchEulerDiscreteScheduler(shift=5.0)
    return Kandinsky5I2VPipeline(transformer=transformer, vae=hunyuan_vae(), scheduler=scheduler, **_kandinsky_text())


def build_kandinsky_wm() -> Any:
    return build_kandinsky5("regular")


def build_kandinsky6() -> Any:
    import torch
    from diffusers import FlowMatchEulerDiscreteScheduler, Kandinsky6TI2VAPipeline, Kandinsky6Transformer3DModel

    torch.manual_seed(14)
    transformer = Kandinsky6Transformer3DModel(**_KANDINSKY, in_audio_dim=4, visual_token_type_num_embeddings=2)
    scheduler = FlowMatchEulerDiscreteScheduler(shift=5.0)
    return Kandinsky6TI2VAPipeline(transformer=transformer, vae=hunyuan_vae(), scheduler=scheduler, **_kandinsky_text())


WAN_SIZES = {
    "patch_size": (1, 2, 2), "num_attention_heads": 2, "attention_head_dim": 12, "in_channels": 16, "out_channels": 16,
    "text_dim": WIDTH, "freq_dim": 32, "ffn_dim": 16, "num_layers": 1,
}  # fmt: skip


def build_helios() -> Any:
    import torch
    from diffusers import HeliosPipeline, HeliosScheduler, HeliosTransformer3DModel

    torch.manual_seed(15)
    return HeliosPipeline(
        transformer=HeliosTransformer3DModel(**WAN_SIZES, rope_dim=(4, 4, 4)),
        vae=wan_vae(),
        scheduler=HeliosScheduler(stages=1, stage_range=[0, 1], use_dynamic_shifting=True),
        **t5_parts(umt5=True),
    )


def build_anyflow() -> Any:
    import torch
    from diffusers import AnyFlowFARPipeline, AnyFlowFARTransformer3DModel, FlowMapEulerDiscreteScheduler

    torch.manual_seed(16)
    return AnyFlowFARPipeline(
        transformer=AnyFlowFARTransformer3DModel(
            **WAN_SIZES, compressed_patch_size=(1, 4, 4), full_chunk_limit=3, rope_max_seq_len=64,
            chunk_partition=(1, 3, 3, 3, 3, 3, 3, 2),
        ),
        vae=wan_vae(),
        scheduler=FlowMapEulerDiscreteScheduler(num_train_timesteps=1000, shift=5.0),
        **t5_parts(umt5=True),
    )  # fmt: skip


def build_easyanimate() -> Any:
    import torch
    import transformers
    from diffusers import (
        AutoencoderKLMagvit,
        EasyAnimateInpaintPipeline,
        EasyAnimateTransformer3DModel,
        FlowMatchEulerDiscreteScheduler,
    )

    torch.manual_seed(17)
    transformer = EasyAnimateTransformer3DModel(
        num_attention_heads=2, attention_head_dim=16, in_channels=9, out_channels=4, patch_size=2, num_layers=1,
        mmdit_layers=1, time_embed_dim=8, text_embed_dim=16, text_embed_dim_t5=None,
    )  # fmt: skip
    vae = AutoencoderKLMagvit(
        latent_channels=4, block_out_channels=(8, 8, 8, 8), layers_per_block=1, norm_num_groups=2,
        spatial_group_norm=False,
    )  # fmt: skip
    vae.register_to_config(cache_mag_vae=True)  # as in the authors' configuration; the pipeline reads it
    tokenizer = qwen_tokenizer()
    config = transformers.Qwen2VLConfig(
        text_config={
            "vocab_size": len(tokenizer), "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 2,
            "num_attention_heads": 2, "num_key_value_heads": 2,
            "rope_scaling": {"type": "default", "rope_type": "default", "mrope_section": [1, 1, 2]},
        },
        vision_config={"depth": 1, "embed_dim": 16, "num_heads": 2, "hidden_size": 16},
    )  # fmt: skip
    return EasyAnimateInpaintPipeline(
        vae=vae.eval(),
        text_encoder=transformers.Qwen2VLForConditionalGeneration(config).eval(),
        tokenizer=tokenizer,
        transformer=transformer,
        scheduler=FlowMatchEulerDiscreteScheduler(shift=5.0),
    )


def _qwen3_vl() -> Any:
    """A Qwen3-VL with the 51 layers that MiniMax-H3 counts on, each of 8 channels."""
    import torch
    import transformers

    text = {
        "vocab_size": len(qwen_tokenizer()), "hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 51,
        "num_attention_heads": 1, "num_key_value_heads": 1, "head_dim": 8,
        "rope_scaling": {"rope_type": "default", "mrope_section": [2, 1, 1], "mrope_interleaved": True},
    }  # fmt: skip
    vision = {
        "depth": 1, "hidden_size": 16, "intermediate_size": 16, "num_heads": 2, "out_hidden_size": 8,
        "num_position_embeddings": 16, "deepstack_visual_indexes": [0],
    }  # fmt: skip
    marks = {f"{what}_token_id": qwen_tokenizer().convert_tokens_to_ids(word) for what, word in (
        ("image", "<|image_pad|>"), ("video", "<|video_pad|>"),
        ("vision_start", "<|vision_start|>"), ("vision_end", "<|vision_end|>"),
    )}  # fmt: skip
    torch.manual_seed(18)
    config = transformers.Qwen3VLConfig(text_config=text, vision_config=vision, **marks)
    return transformers.Qwen3VLForConditionalGeneration(config).eval()


class _Processor:
    """The two parts of Qwen3VLProcessor that MiniMax-H3 calls; the whole of it cannot be made without torchvision."""

    def __init__(self) -> None:
        from transformers import Qwen2VLImageProcessor

        self.image_processor = Qwen2VLImageProcessor(
            patch_size=16, size={"shortest_edge": 32 * 32, "longest_edge": 64 * 64}
        )
        self._image = qwen_tokenizer().convert_tokens_to_ids("<|image_pad|>")

    def create_mm_token_type_ids(self, rows: list[list[int]]) -> list[list[int]]:
        return [[int(token == self._image) for token in row] for row in rows]


class Modular:
    """A modular checkpoint: its index names the hub as the place of every part, as published ones do."""

    def __init__(
        self, parts: dict[str, Any], hub: str, pipeline: str, blocks: str, settings: dict[str, Any] | None = None
    ) -> None:
        self._parts, self._hub, self._pipeline, self._blocks = parts, hub, pipeline, blocks
        self._settings = settings or {}

    def save_pretrained(self, folder: Path) -> None:
        index: dict[str, Any] = {
            "_class_name": self._pipeline, "_blocks_class_name": self._blocks, "_diffusers_version": "0.42.1",
            **self._settings,
        }  # fmt: skip
        for name, part in self._parts.items():
            library = type(part).__module__.split(".")[0]
            part.save_pretrained(str(folder / name))
            place = {"pretrained_model_name_or_path": self._hub, "subfolder": name, "variant": None, "revision": None}
            index[name] = [library, type(part).__name__, {**place, "type_hint": [library, type(part).__name__]}]
        (folder / "modular_model_index.json").write_text(json.dumps(index), "utf-8")


def build_minimax_h3() -> Any:
    import torch
    from diffusers import (
        AutoencoderKLMiniMaxH3,
        AutoencoderKLMiniMaxH3Audio,
        MiniMaxH3Scheduler,
        MiniMaxH3Transformer3DModel,
    )

    torch.manual_seed(19)
    transformer = MiniMaxH3Transformer3DModel(
        num_attention_heads=1, attention_head_dim=128, hidden_size=8, num_layers=1, num_refiner_layers=1, ffn_dim=8,
        audio_in_channels=4, text_dim=8, freq_dim=8, time_embed_hidden_dim=8, time_embed_dim=8,
    )  # fmt: skip
    vae = AutoencoderKLMiniMaxH3(
        block_out_channels=(4,) * 6, layers_per_block=1, norm_num_groups=2, decoder_num_layers=1,
        decoder_num_attention_heads=1, decoder_attention_head_dim=16, decoder_ffn_mult=1,
    )  # fmt: skip
    audio = AutoencoderKLMiniMaxH3Audio(
        encoder_dim=2, latent_dim=16, latent_channels=4, num_attention_heads=2, decoder_dim=128,
        resblock_kernel_sizes=(3,), resblock_dilation_sizes=((1,),), latents_mean=[0.0] * 4, latents_std=[1.0] * 4,
    )  # fmt: skip
    parts = {
        "transformer": transformer, "vae": vae.eval(), "audio_vae": audio.eval(), "text_encoder": _qwen3_vl(),
        "tokenizer": qwen_tokenizer(), "scheduler": MiniMaxH3Scheduler(shift=12.0),
        "audio_scheduler": MiniMaxH3Scheduler(shift=3.0),
    }  # fmt: skip
    return Modular(parts, "MiniMaxAI/MiniMax-H3", "MiniMaxH3ModularPipeline", "MiniMaxH3Blocks")


_SMALL = {"size": [32, 32], "call.num_inference_steps": 1}
_SPARSE = {
    **_SMALL, "size": [128, 128], "native_fps": 4, "least": None, "placement": {"device": "cpu", "attention": "flex"}
}  # fmt: skip
"""A block of 8 × 8 patches or more, and few frames, as flex attention is slow where it is not compiled."""

TINY: dict[str, Tiny] = {
    "kandinsky5": Tiny(build_kandinsky5, _SPARSE),
    "kandinsky_wm": Tiny(build_kandinsky_wm, _SMALL),
    "kandinsky6": Tiny(build_kandinsky6, _SMALL),
    "helios_v2v": Tiny(build_helios, {**_SMALL, "call.guidance_scale": 1.0}),
    "anyflow_v2v": Tiny(build_anyflow, _SMALL),
    "easyanimate_v2v": Tiny(build_easyanimate, _SMALL),
    "minimax_h3": Tiny(
        build_minimax_h3, {"size": [32, 32], "call.num_inference_steps": 2}, lambda: {"processor": _Processor()}
    ),
}
