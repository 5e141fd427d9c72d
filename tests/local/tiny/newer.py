"""Tiny Cosmos 1, SkyReels V1, Helios' pyramid, SANA-WM, Cosmos 3 distilled, and pictures for what takes clips."""

from __future__ import annotations

from typing import Any

from tests.local.tiny import Tiny
from tests.local.tiny.cosmos import WIDTH, build_cosmos3, passing_checker, qwen_tokenizer, t5_parts, unlisted, wan_vae
from tests.local.tiny.hunyuan import HUNYUAN_SIZES, llama_parts
from tests.local.tiny.ltx import build_ltx_condition, gemma, gemma_tokenizer, ltx2_vae
from tests.local.tiny.others import (
    WAN_SIZES,
    Modular,
    build_anyflow,
    build_easyanimate,
    build_helios,
    clip_parts,
    hunyuan_vae,
)


def build_cosmos1() -> Any:
    """Cosmos 1: a VAE that is 8 × in space and in time, and no list of its statistics."""
    import diffusers
    import torch

    torch.manual_seed(61)
    transformer = diffusers.CosmosTransformer3DModel(
        in_channels=5, out_channels=4, num_attention_heads=2, attention_head_dim=16, num_layers=1, mlp_ratio=2,
        text_embed_dim=WIDTH, adaln_lora_dim=4, max_size=(16, 16, 16), patch_size=(1, 2, 2), rope_scale=(2.0, 1.0, 1.0),
        concat_padding_mask=True, extra_pos_embed_type="learnable",
    )  # fmt: skip
    vae = diffusers.AutoencoderKLCosmos(
        latent_channels=4, encoder_block_out_channels=(8, 8, 8, 8), decode_block_out_channels=(8, 8, 8, 8),
        attention_resolutions=(8,), resolution=64, num_layers=1, patch_size=4, patch_type="haar", scaling_factor=1.0,
        latents_mean=None, latents_std=None,
    )  # fmt: skip
    scheduler = diffusers.EDMEulerScheduler(
        sigma_min=0.002, sigma_max=80, sigma_data=0.5, sigma_schedule="karras", num_train_timesteps=1000,
        prediction_type="epsilon", rho=7.0, final_sigmas_type="sigma_min",
    )  # fmt: skip
    return unlisted(
        diffusers.CosmosVideoToWorldPipeline(
            transformer=transformer, vae=vae.eval(), scheduler=scheduler, **passing_checker(), **t5_parts()
        )
    )


def build_skyreels_v1() -> Any:
    """SkyReels V1, with all its parts in one folder: latents and picture side by side."""
    import diffusers
    import torch

    torch.manual_seed(62)
    transformer = diffusers.HunyuanVideoTransformer3DModel(**{**HUNYUAN_SIZES, "in_channels": 8})
    return diffusers.HunyuanSkyreelsImageToVideoPipeline(
        transformer=transformer, vae=hunyuan_vae(), scheduler=diffusers.FlowMatchEulerDiscreteScheduler(shift=7.0),
        **llama_parts(), **clip_parts(("tokenizer_2", "text_encoder_2")),
    )  # fmt: skip


def build_helios_pyramid() -> Any:
    """Helios distilled: three sizes of the latents, and a scheduler that knows all of them.

    With the scheduler's own gamma, 1/3, the matrix of the noise between sizes has an eigenvalue of 0, and its Cholesky
    factor cannot be had on a CPU.
    """
    import diffusers
    import torch

    torch.manual_seed(63)
    return diffusers.HeliosPyramidPipeline(
        transformer=diffusers.HeliosTransformer3DModel(**WAN_SIZES, rope_dim=(4, 4, 4)),
        vae=wan_vae(), scheduler=diffusers.HeliosDMDScheduler(use_dynamic_shifting=True, gamma=0.3), is_distilled=True,
        **t5_parts(umt5=True),
    )  # fmt: skip


def build_sana_wm() -> Any:
    """SANA-WM: one block that looks at the camera, over the VAE of LTX-2."""
    import diffusers
    import torch
    import transformers

    torch.manual_seed(64)
    transformer = diffusers.SanaWMTransformer3DModel(
        in_channels=8, num_layers=2, hidden_size=48, num_attention_heads=2, linear_head_dim=24, softmax_every_n=2,
        chunk_plucker_post_attn_blocks=2, caption_channels=16, mlp_ratio=1.0,
    )  # fmt: skip
    return diffusers.SanaWMPipeline(
        tokenizer=gemma_tokenizer(), vae=ltx2_vae(), transformer=transformer,
        text_encoder=transformers.Gemma2Model(transformers.Gemma2Config(**gemma())).eval(),
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(shift=8.0),
    )  # fmt: skip


def build_cosmos3_distilled() -> Any:
    """Cosmos 3 distilled: modular, its schedule in the checkpoint's index."""
    import diffusers

    whole = build_cosmos3()
    parts = {
        "transformer": whole.transformer, "vae": whole.vae, "text_tokenizer": qwen_tokenizer(),
        "scheduler": diffusers.FlowMatchEulerDiscreteScheduler(),
    }  # fmt: skip
    settings = {"is_distilled": True, "distilled_sigmas": [1.0, 0.5]}
    hub = "nvidia/Cosmos3-Super-Image2Video-4Step"
    return Modular(parts, hub, "Cosmos3DistilledModularPipeline", "Cosmos3DistilledBlocks", settings)


_SMALL: dict[str, Any] = {"size": [32, 32], "call.num_inference_steps": 1}

TINY: dict[str, Tiny] = {
    "cosmos1_7b": Tiny(build_cosmos1, {**_SMALL, "size": [64, 32]}, passing_checker),
    "cosmos1_7b_v2v": Tiny(build_cosmos1, {**_SMALL, "size": [64, 32]}, passing_checker),
    "skyreels_v1": Tiny(build_skyreels_v1, _SMALL),
    "helios": Tiny(build_helios, {**_SMALL, "call.guidance_scale": 1.0}),
    "helios_distilled": Tiny(build_helios_pyramid, {"size": [64, 64]}),
    "helios_distilled_v2v": Tiny(build_helios_pyramid, {"size": [64, 64]}),
    "anyflow": Tiny(build_anyflow, _SMALL),
    "easyanimate": Tiny(build_easyanimate, _SMALL),
    "ltx098_13b": Tiny(build_ltx_condition, {"size": [64, 32], "call.max_sequence_length": 32}),
    "sana_wm": Tiny(build_sana_wm, {**_SMALL, "size": [64, 64]}),
    "cosmos3_super_i2v_4step": Tiny(
        build_cosmos3_distilled,
        {"size": [32, 32], "call.num_inference_steps": 2, "options": {"enable_safety_checker": False}},
    ),
}
