"""Tiny LTX-Video, LTX-2, SANA-Video and Motif-Video."""

from __future__ import annotations

from typing import Any

from tests.local.tiny import Tiny
from tests.local.tiny.cosmos import WIDTH, t5_parts, wan_vae


def gemma_tokenizer() -> Any:
    """A Gemma tokenizer whose words are printable ASCII characters."""
    from transformers import GemmaTokenizer

    words = ["<pad>", "<eos>", "<bos>", "<unk>", "▁", *(chr(code) for code in range(33, 127))]
    words += ["<mask>", "<boi>", "<eoi>", "<image>"]
    return GemmaTokenizer(vocab={word: k for k, word in enumerate(words)}, merges=[], padding_side="left")


def gemma(**changes: Any) -> dict[str, Any]:
    """The size of a Gemma of two layers."""
    return {
        "vocab_size": len(gemma_tokenizer()), "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 2,
        "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 8, "sliding_window": 16, **changes,
    }  # fmt: skip


def _ltx_vae(noisy: bool) -> Any:
    """32 × in space and 8 × in time as the real one; `noisy`: it decodes with a time step, as from 0.9.1 on."""
    import torch
    from diffusers import AutoencoderKLLTXVideo

    torch.manual_seed(31)
    return AutoencoderKLLTXVideo(
        latent_channels=8, block_out_channels=(4,) * 4, decoder_block_out_channels=(4,) * 4,
        layers_per_block=(1,) * 5, decoder_layers_per_block=(1,) * 5, decoder_inject_noise=(False,) * 5,
        upsample_residual=(False,) * 4, upsample_factor=(1,) * 4, timestep_conditioning=noisy,
    ).eval()  # fmt: skip


def _ltx(made: str, noisy: bool) -> Any:
    import diffusers
    import torch

    torch.manual_seed(32)
    transformer = diffusers.LTXVideoTransformer3DModel(
        in_channels=8, out_channels=8, num_attention_heads=2, attention_head_dim=8, cross_attention_dim=16,
        num_layers=1, caption_channels=WIDTH,
    )  # fmt: skip
    return getattr(diffusers, made)(
        transformer=transformer,
        vae=_ltx_vae(noisy),
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(),
        **t5_parts(),
    )


def build_ltx() -> Any:
    """LTX-Video of the first release."""
    return _ltx("LTXImageToVideoPipeline", noisy=False)


def build_ltx_later() -> Any:
    """A later release, which decodes with noise, for a picture."""
    return _ltx("LTXImageToVideoPipeline", noisy=True)


def build_ltx_condition() -> Any:
    """LTX-Video 0.9.5, which takes clips."""
    return _ltx("LTXConditionPipeline", noisy=True)


def _ltx2_sound() -> dict[str, Any]:
    """What makes the sound that nobody listens to."""
    import diffusers
    import torch
    from diffusers.pipelines.ltx2.vocoder import LTX2Vocoder

    torch.manual_seed(33)
    audio_vae = diffusers.AutoencoderKLLTX2Audio(
        base_channels=4, ch_mult=(1,), num_res_blocks=1, in_channels=2, resolution=32, latent_channels=2,
        mid_block_add_attention=False, mel_bins=8,
    )  # fmt: skip
    vocoder = LTX2Vocoder(
        in_channels=16, hidden_channels=16, out_channels=2, upsample_kernel_sizes=[4, 4], upsample_factors=[2, 2],
        resnet_kernel_sizes=[3], resnet_dilations=[[1, 3, 5]], output_sampling_rate=16000,
    )  # fmt: skip
    return {"audio_vae": audio_vae.eval(), "vocoder": vocoder.eval()}


def _ltx2_text() -> dict[str, Any]:
    """Gemma 3, and the connectors that read all of its layers."""
    import torch
    import transformers
    from diffusers.pipelines.ltx2 import LTX2TextConnectors

    vision = {
        "hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "image_size": 32,
        "patch_size": 16,
    }  # fmt: skip
    torch.manual_seed(34)
    config = transformers.Gemma3Config(text_config=gemma(), vision_config=vision, mm_tokens_per_image=4)
    both = {
        f"{kind}_connector_{key}": value
        for kind in ("video", "audio")
        for key, value in {
            "num_attention_heads": 4, "attention_head_dim": 4, "num_layers": 1, "num_learnable_registers": None
        }.items()
    }  # fmt: skip
    connectors = LTX2TextConnectors(
        caption_channels=16, text_proj_in_factor=3, connector_rope_base_seq_len=32, rope_theta=10000.0,
        rope_double_precision=False, causal_temporal_positioning=False, rope_type="split", **both,
    )  # fmt: skip
    return {
        "text_encoder": transformers.Gemma3ForConditionalGeneration(config).eval(),
        "tokenizer": gemma_tokenizer(),
        "connectors": connectors.eval(),
    }


def ltx2_vae() -> Any:
    """32 × in space, 8 × in time; with the weights that the seed set last leaves."""
    import diffusers

    return diffusers.AutoencoderKLLTX2Video(
        latent_channels=8, block_out_channels=(8,) * 4, decoder_block_out_channels=(8,) * 3,
        layers_per_block=(1,) * 5, decoder_layers_per_block=(1,) * 4, upsample_residual=(False,) * 3,
        upsample_factor=(1,) * 3, spatial_compression_ratio=32, temporal_compression_ratio=8,
    ).eval()  # fmt: skip


def _ltx2(made: str) -> Any:
    import diffusers
    import torch

    torch.manual_seed(35)
    transformer = diffusers.LTX2VideoTransformer3DModel(
        in_channels=8, out_channels=8, num_attention_heads=2, attention_head_dim=8, cross_attention_dim=16,
        audio_in_channels=4, audio_out_channels=4, audio_num_attention_heads=2, audio_attention_head_dim=4,
        audio_cross_attention_dim=8, num_layers=1, caption_channels=16, rope_double_precision=False, rope_type="split",
    )  # fmt: skip
    return getattr(diffusers, made)(
        transformer=transformer, vae=ltx2_vae(), scheduler=diffusers.FlowMatchEulerDiscreteScheduler(), **_ltx2_text(),
        **_ltx2_sound(),
    )  # fmt: skip


def build_ltx2() -> Any:
    """LTX-2 from a picture."""
    return _ltx2("LTX2ImageToVideoPipeline")


def build_ltx2_condition() -> Any:
    """LTX-2 from a clip."""
    return _ltx2("LTX2ConditionPipeline")


def build_sana_video() -> Any:
    """SANA-Video with the VAE of Wan 2.1."""
    import diffusers
    import torch
    import transformers

    torch.manual_seed(36)
    transformer = diffusers.SanaVideoTransformer3DModel(
        num_attention_heads=2, attention_head_dim=12, num_layers=1, num_cross_attention_heads=2,
        cross_attention_head_dim=12, cross_attention_dim=24, caption_channels=16,
    )  # fmt: skip
    return diffusers.SanaImageToVideoPipeline(
        tokenizer=gemma_tokenizer(), vae=wan_vae(), transformer=transformer,
        text_encoder=transformers.Gemma2Model(transformers.Gemma2Config(**gemma())).eval(),
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(shift=8.0),
    )  # fmt: skip


def build_motif() -> Any:
    """Motif-Video, which has its text encoder look at the picture as well."""
    import diffusers
    import torch
    import transformers
    from transformers.models.t5gemma2.modeling_t5gemma2 import T5Gemma2Encoder

    vision = {
        "hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "image_size": 32,
        "patch_size": 16,
    }  # fmt: skip
    torch.manual_seed(37)
    config = transformers.T5Gemma2EncoderConfig(
        text_config=gemma(dropout_rate=0.0), vision_config=vision, mm_tokens_per_image=4
    )
    transformer = diffusers.MotifVideoTransformer3DModel(
        num_attention_heads=2, attention_head_dim=8, num_layers=1, num_single_layers=1, num_decoder_layers=1,
        text_embed_dim=16, image_embed_dim=8, rope_axes_dim=(2, 2, 4),
    )  # fmt: skip
    return diffusers.MotifVideoImage2VideoPipeline(
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(shift=7.0), vae=wan_vae(), tokenizer=gemma_tokenizer(),
        text_encoder=T5Gemma2Encoder(config).eval(),
        transformer=transformer, guider=diffusers.ClassifierFreeGuidance(guidance_scale=6.0),
        feature_extractor=transformers.SiglipImageProcessor(size={"height": 32, "width": 32}),
    )  # fmt: skip


_SMALL: dict[str, Any] = {"size": [64, 32], "call.num_inference_steps": 2, "call.max_sequence_length": 32}

TINY: dict[str, Tiny] = {
    "ltx": Tiny(build_ltx, _SMALL),
    "ltx_v2v": Tiny(build_ltx_condition, _SMALL),
    "ltx2": Tiny(build_ltx2, {**_SMALL, "size": [64, 64]}),
    "ltx2_v2v": Tiny(build_ltx2_condition, {**_SMALL, "size": [64, 64]}),
    "ltx2_condition": Tiny(build_ltx2_condition, {**_SMALL, "size": [64, 64]}),
    "sana_video": Tiny(build_sana_video, _SMALL),
    "motif": Tiny(build_motif, {**_SMALL, "size": [32, 32]}),
}
