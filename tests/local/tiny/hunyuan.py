"""Tiny HunyuanVideo, HunyuanVideo 1.5 and FramePack."""

from __future__ import annotations

import re
from typing import Any

from tests.local.tiny import Tiny
from tests.local.tiny.cosmos import WIDTH, qwen_tokenizer
from tests.local.tiny.others import clip_parts, hunyuan_vae

_MARKS = ("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "<image>")


def _llama_tokenizer() -> Any:
    """A tokenizer whose words are those of the pipelines' templates, with their marks, and letters for all else.

    Both pipelines cut a fixed number of tokens off the front (103 and 95; the picture is the sixth). So many must stand
    before a prompt here as well, or part of it would be cut: hence tokens for the beginning and for line ends, and one
    word in halves.
    """
    from diffusers.pipelines.hunyuan_video import pipeline_hunyuan_video_framepack as framepack
    from diffusers.pipelines.hunyuan_video import pipeline_hunyuan_video_image2video as image2video
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    templates = [module.DEFAULT_PROMPT_TEMPLATE["template"] for module in (framepack, image2video)]
    words = sorted({word for text in templates for word in re.findall(r"\w+", text)})
    letters = [chr(code) for code in range(33, 127)]
    marks = ["<pad>", "<unk>", "<bos>", *_MARKS, "\n", "\n\n", "transi", "tions"]
    listed = list(dict.fromkeys([*marks, *words, *letters]))
    parts = rf"\n+|transi(?=tions)|(?<=transi)tions|\b(?:{'|'.join(words)})\b|\S"
    made = Tokenizer(models.WordLevel({word: k for k, word in enumerate(listed)}, unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(" +"), "removed"), pre_tokenizers.Split(Regex(parts), "isolated")]
    )
    made.post_processor = processors.TemplateProcessing(
        single="<bos> $A", special_tokens=[("<bos>", listed.index("<bos>"))]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token="<pad>", unk_token="<unk>", bos_token="<bos>",
        additional_special_tokens=list(_MARKS),
    )  # fmt: skip


def _llama() -> dict[str, Any]:
    """The size of a Llama of three layers, of which the pipelines read the first one's output."""
    return {
        "vocab_size": len(_llama_tokenizer()), "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 3,
        "num_attention_heads": 2, "num_key_value_heads": 2, "max_position_embeddings": 2048, "pad_token_id": 0,
        "bos_token_id": 1, "eos_token_id": 1,
    }  # fmt: skip


HUNYUAN_SIZES = {
    "in_channels": 4, "out_channels": 4, "num_attention_heads": 2, "attention_head_dim": 8, "num_layers": 1,
    "num_single_layers": 1, "num_refiner_layers": 1, "mlp_ratio": 2.0, "text_embed_dim": 16,
    "pooled_projection_dim": WIDTH, "rope_axes_dim": (2, 2, 4),
}  # fmt: skip


def llama_parts() -> dict[str, Any]:
    """The text encoder of all but the image-to-video pipeline, and its tokenizer."""
    import transformers

    return {
        "tokenizer": _llama_tokenizer(),
        "text_encoder": transformers.LlamaModel(transformers.LlamaConfig(**_llama())).eval(),
    }


def _siglip(side: int, patch: int) -> dict[str, Any]:
    """A SigLIP of one layer for pictures of side × side pixels, and its processor."""
    import torch
    import transformers

    torch.manual_seed(41)
    config = transformers.SiglipVisionConfig(
        hidden_size=12, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2, image_size=side,
        patch_size=patch,
    )  # fmt: skip
    return {
        "image_encoder": transformers.SiglipVisionModel(config).eval(),
        "feature_extractor": transformers.SiglipImageProcessor(size={"height": side, "width": side}),
    }


def _hunyuan(condition: str, channels: int) -> Any:
    import diffusers
    import torch
    import transformers

    torch.manual_seed(42)
    vision = {
        "model_type": "clip_vision_model", "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 2,
        "num_attention_heads": 2, "image_size": 48, "patch_size": 2,  # the 576 patches that the pipeline counts on
    }  # fmt: skip
    tokenizer = _llama_tokenizer()
    config = transformers.LlavaConfig(
        vision_config=vision, text_config={"model_type": "llama", **_llama()}, vision_feature_layer=-1,
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"), pad_token_id=0,
    )  # fmt: skip
    transformer = diffusers.HunyuanVideoTransformer3DModel(
        **{**HUNYUAN_SIZES, "in_channels": channels}, guidance_embeds=condition == "token_replace",
        image_condition_type=condition,
    )  # fmt: skip
    return diffusers.HunyuanVideoImageToVideoPipeline(
        text_encoder=transformers.LlavaForConditionalGeneration(config).eval(), tokenizer=tokenizer,
        transformer=transformer, vae=hunyuan_vae(), scheduler=diffusers.FlowMatchEulerDiscreteScheduler(shift=7.0),
        image_processor=transformers.CLIPImageProcessor(
            crop_size={"height": 48, "width": 48}, size={"shortest_edge": 48}
        ),
        **clip_parts(("tokenizer_2", "text_encoder_2")),
    )  # fmt: skip


def build_hunyuan() -> Any:
    """HunyuanVideo I2V: the picture takes the place of the first latent."""
    return _hunyuan("token_replace", 4)


def build_hunyuan_concat() -> Any:
    """The first HunyuanVideo I2V, which takes latents, picture and mask together (33 channels there, 9 here)."""
    return _hunyuan("latent_concat", 9)


def build_hunyuan15() -> Any:
    """HunyuanVideo 1.5 for a target size of 64."""
    import diffusers
    import torch
    import transformers

    tokenizer, glyphs = qwen_tokenizer(), transformers.ByT5Tokenizer()
    torch.manual_seed(43)
    text = transformers.Qwen2_5_VLTextConfig(
        vocab_size=len(tokenizer), hidden_size=16, intermediate_size=16, num_hidden_layers=3, num_attention_heads=2,
        num_key_value_heads=2, rope_scaling={"type": "default", "rope_type": "default", "mrope_section": [1, 1, 2]},
    )  # fmt: skip
    glyph_config = transformers.T5Config(
        vocab_size=len(glyphs), d_model=WIDTH, d_ff=16, d_kv=8, num_layers=1, num_heads=2, pad_token_id=0,
        eos_token_id=1, decoder_start_token_id=0,
    )  # fmt: skip
    transformer = diffusers.HunyuanVideo15Transformer3DModel(
        in_channels=9, out_channels=4, num_attention_heads=2, attention_head_dim=8, num_layers=1, num_refiner_layers=1,
        mlp_ratio=2.0, patch_size=1, text_embed_dim=16, text_embed_2_dim=WIDTH, image_embed_dim=12,
        rope_axes_dim=(2, 2, 4), target_size=64, task_type="i2v",
    )  # fmt: skip
    vae = diffusers.AutoencoderKLHunyuanVideo15(
        latent_channels=4, block_out_channels=(8,) * 5, layers_per_block=1, downsample_match_channel=False,
        upsample_match_channel=False,
    )  # fmt: skip
    return diffusers.HunyuanVideo15ImageToVideoPipeline(
        text_encoder=transformers.Qwen2_5_VLTextModel(text).eval(), tokenizer=tokenizer, transformer=transformer,
        vae=vae.eval(), scheduler=diffusers.FlowMatchEulerDiscreteScheduler(shift=5.0),
        text_encoder_2=transformers.T5EncoderModel(glyph_config).eval(), tokenizer_2=glyphs,
        guider=diffusers.ClassifierFreeGuidance(guidance_scale=6.0),
        **_siglip(side=54, patch=2),  # the 729 patches that the pipeline counts on
    )  # fmt: skip


def build_framepack() -> Any:
    """FramePack, with all its parts in one folder."""
    import diffusers
    import torch

    torch.manual_seed(44)
    transformer = diffusers.HunyuanVideoFramepackTransformer3DModel(
        **HUNYUAN_SIZES, has_image_proj=True, image_proj_dim=12, has_clean_x_embedder=True
    )
    return diffusers.HunyuanVideoFramepackPipeline(
        **llama_parts(), transformer=transformer, vae=hunyuan_vae(),
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True),
        **clip_parts(("tokenizer_2", "text_encoder_2")), **_siglip(side=32, patch=16),
    )  # fmt: skip


_SMALL: dict[str, Any] = {"size": [32, 32], "call.num_inference_steps": 1}

TINY: dict[str, Tiny] = {
    "hunyuan": Tiny(build_hunyuan, _SMALL),
    "hunyuan15": Tiny(build_hunyuan15, {**_SMALL, "size": [80, 48]}),
    "framepack": Tiny(build_framepack, _SMALL),
}
