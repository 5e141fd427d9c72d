"""Stable Video Diffusion, CogVideoX, Wan and SkyReels, built tiny.

Each keeps what its pipeline looks at: how coarse the latents are in space and time, how many channels the
conditioning takes, which parts are missing.
"""

from __future__ import annotations

from typing import Any

from tests.local.tiny import Tiny

_TEXT = 32
"""Channels of the text embeddings."""


def _text_parts(kind: str = "UMT5") -> dict[str, Any]:
    """A T5 tokenizer over printable ASCII and a one-layer encoder: UMT5, or T5."""
    import torch
    import transformers

    letters = [(chr(code), -3.0) for code in range(33, 127)]
    tokenizer = transformers.T5Tokenizer(
        vocab=[("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0), *letters], extra_ids=0
    )
    torch.manual_seed(0)
    config = getattr(transformers, f"{kind}Config")(
        vocab_size=len(tokenizer), d_model=_TEXT, d_ff=32, d_kv=8, num_layers=1, num_heads=4, pad_token_id=0,
        eos_token_id=1, decoder_start_token_id=0, relative_attention_num_buckets=8,
    )  # fmt: skip
    # a new model is in training mode, where dropout would make two calls differ
    return {"tokenizer": tokenizer, "text_encoder": getattr(transformers, f"{kind}EncoderModel")(config).eval()}


def _eyes(made: Any, width: int, side: int, patch: int) -> Any:
    """A CLIP vision model of two layers for pictures of side × side pixels."""
    import torch
    import transformers

    torch.manual_seed(0)
    config = transformers.CLIPVisionConfig(
        hidden_size=width, projection_dim=width, intermediate_size=16, num_hidden_layers=2, num_attention_heads=2,
        image_size=side, patch_size=patch,
    )  # fmt: skip
    return made(config).eval()


def build_svd() -> Any:
    """A UNet of two levels; the VAE halves the picture once."""
    import diffusers
    import torch
    import transformers

    torch.manual_seed(0)
    unet = diffusers.UNetSpatioTemporalConditionModel(
        sample_size=8, num_frames=25, layers_per_block=1, block_out_channels=(32, 32),
        down_block_types=("CrossAttnDownBlockSpatioTemporal", "DownBlockSpatioTemporal"),
        up_block_types=("UpBlockSpatioTemporal", "CrossAttnUpBlockSpatioTemporal"),
        cross_attention_dim=32, num_attention_heads=(2, 2), addition_time_embed_dim=32,
        projection_class_embeddings_input_dim=96,  # rate, motion and noise, 32 channels each
    )  # fmt: skip
    vae = diffusers.AutoencoderKLTemporalDecoder(
        block_out_channels=(32, 32), down_block_types=("DownEncoderBlock2D",) * 2, layers_per_block=1
    )
    scheduler = diffusers.EulerDiscreteScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", prediction_type="v_prediction",
        timestep_type="continuous", timestep_spacing="leading", steps_offset=1, use_karras_sigmas=True,
        sigma_min=0.002, sigma_max=700.0,
    )  # fmt: skip
    return diffusers.StableVideoDiffusionPipeline(
        vae=vae, unet=unet, scheduler=scheduler,
        # the pipeline brings every picture to 224 × 224 by itself
        image_encoder=_eyes(transformers.CLIPVisionModelWithProjection, 32, side=224, patch=32),
        feature_extractor=transformers.CLIPImageProcessor(crop_size=224, size={"shortest_edge": 224}),
    )  # fmt: skip


def _cogvideox(pairs: bool) -> Any:
    """CogVideoX for 64 × 32 pixels; `pairs`: latents are taken two at a time, as 1.5 does."""
    import diffusers
    import torch

    text = _text_parts("T5")
    torch.manual_seed(0)
    transformer = diffusers.CogVideoXTransformer3DModel(
        num_attention_heads=2, attention_head_dim=16, in_channels=8, out_channels=4, time_embed_dim=4,
        text_embed_dim=_TEXT, num_layers=1, sample_width=8, sample_height=4, sample_frames=49, patch_size=2,
        max_text_seq_length=16, use_rotary_positional_embeddings=True, use_learned_positional_embeddings=not pairs,
        **({"patch_size_t": 2, "ofs_embed_dim": 4, "patch_bias": False} if pairs else {}),
    )  # fmt: skip
    vae = diffusers.AutoencoderKLCogVideoX(
        down_block_types=("CogVideoXDownBlock3D",) * 4, up_block_types=("CogVideoXUpBlock3D",) * 4,
        block_out_channels=(4, 4, 4, 4), latent_channels=4, layers_per_block=1, norm_num_groups=2,
    )  # fmt: skip
    return diffusers.CogVideoXImageToVideoPipeline(
        transformer=transformer, vae=vae, scheduler=diffusers.CogVideoXDDIMScheduler(), **text
    )


def build_cogvideox() -> Any:
    """CogVideoX 1.0: learned positions, so that no other size than the trained one is taken."""
    return _cogvideox(pairs=False)


def build_cogvideox15() -> Any:
    """CogVideoX 1.5: latents in pairs."""
    return _cogvideox(pairs=True)


def _wan_vae() -> Any:
    """8 × in space, 4 × in time."""
    import diffusers
    import torch

    torch.manual_seed(0)
    return diffusers.AutoencoderKLWan(base_dim=4, z_dim=16, dim_mult=[1, 1, 1, 1], num_res_blocks=1)


def _wan_transformer(made: str, in_channels: int, out_channels: int = 16, **changes: Any) -> Any:
    import diffusers
    import torch

    torch.manual_seed(0)
    return getattr(diffusers, made)(
        num_attention_heads=2, attention_head_dim=12, in_channels=in_channels, out_channels=out_channels,
        text_dim=_TEXT, freq_dim=32, ffn_dim=16, cross_attn_norm=True, rope_max_seq_len=64,
        **{"num_layers": 1, **changes},
    )  # fmt: skip


def _wan_scheduler() -> Any:
    import diffusers

    return diffusers.UniPCMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=1.0)


def _seeing() -> dict[str, Any]:
    """The image encoder of Wan 2.1, and its processor."""
    import transformers

    return {
        "image_encoder": _eyes(transformers.CLIPVisionModel, 8, side=32, patch=8),
        "image_processor": transformers.CLIPImageProcessor(crop_size=32, size={"shortest_edge": 32}),
    }


def build_wan21() -> Any:
    """Wan 2.1: one transformer, which also attends to CLIP's view of the picture."""
    import diffusers

    return diffusers.WanImageToVideoPipeline(
        transformer=_wan_transformer("WanTransformer3DModel", 36, image_dim=8), transformer_2=None, vae=_wan_vae(),
        scheduler=_wan_scheduler(), **_seeing(), **_text_parts(),
    )  # fmt: skip


def build_wan22_a14b() -> Any:
    """Wan 2.2 A14B: two experts and no image encoder."""
    import diffusers

    return diffusers.WanImageToVideoPipeline(
        transformer=_wan_transformer("WanTransformer3DModel", 36),
        transformer_2=_wan_transformer("WanTransformer3DModel", 36),
        vae=_wan_vae(), scheduler=_wan_scheduler(), image_encoder=None, image_processor=None, boundary_ratio=0.9,
        **_text_parts(),
    )  # fmt: skip


def build_wan22_ti2v() -> Any:
    """Wan 2.2 TI2V 5B: a time step per frame, and a VAE that is 16 × in space."""
    import diffusers
    import torch

    torch.manual_seed(0)
    vae = diffusers.AutoencoderKLWan(
        base_dim=4, decoder_base_dim=4, z_dim=48, in_channels=12, out_channels=12, patch_size=2, is_residual=True,
        scale_factor_spatial=16, dim_mult=[1, 1, 1, 1], num_res_blocks=1, latents_mean=[0.0] * 48,
        latents_std=[1.0] * 48,
    )  # fmt: skip
    return diffusers.WanImageToVideoPipeline(
        transformer=_wan_transformer("WanTransformer3DModel", 48, 48), transformer_2=None, vae=vae,
        scheduler=_wan_scheduler(), image_encoder=None, image_processor=None, expand_timesteps=True, **_text_parts(),
    )  # fmt: skip


def build_wan_vace() -> Any:
    """VACE: a second branch reads known frames and masks (32 and 64 channels)."""
    import diffusers

    return diffusers.WanVACEPipeline(
        transformer=_wan_transformer(
            "WanVACETransformer3DModel", 16, num_layers=2, vace_layers=[0], vace_in_channels=96
        ),
        transformer_2=None, vae=_wan_vae(), scheduler=_wan_scheduler(), **_text_parts(),
    )  # fmt: skip


def build_skyreels_i2v() -> Any:
    """SkyReels V2: as Wan 2.1."""
    import diffusers

    return diffusers.SkyReelsV2ImageToVideoPipeline(
        transformer=_wan_transformer("SkyReelsV2Transformer3DModel", 36, image_dim=8), vae=_wan_vae(),
        scheduler=_wan_scheduler(), **_seeing(), **_text_parts(),
    )  # fmt: skip


def _skyreels_df(made: str) -> Any:
    import diffusers

    return getattr(diffusers, made)(
        transformer=_wan_transformer("SkyReelsV2Transformer3DModel", 16, inject_sample_info=True), vae=_wan_vae(),
        scheduler=_wan_scheduler(), **_text_parts(),
    )  # fmt: skip


def build_skyreels_df() -> Any:
    """SkyReels V2 diffusion forcing, from a picture."""
    return _skyreels_df("SkyReelsV2DiffusionForcingImageToVideoPipeline")


def build_skyreels_df_v2v() -> Any:
    """The same from a clip."""
    return _skyreels_df("SkyReelsV2DiffusionForcingVideoToVideoPipeline")


_SMALL: dict[str, Any] = {"size": [32, 32], "call.num_inference_steps": 2, "call.max_sequence_length": 16}

TINY: dict[str, Tiny] = {
    "svd": Tiny(build_svd, {"size": [32, 32], "call.num_inference_steps": 1}),
    "svd_xt": Tiny(build_svd, {"size": [32, 32], "call.num_inference_steps": 1}),
    "cogvideox_5b": Tiny(build_cogvideox, {**_SMALL, "size": [64, 32]}),
    "cogvideox15_5b": Tiny(build_cogvideox15, {**_SMALL, "size": [64, 32]}),
    "wan21_480p": Tiny(build_wan21, _SMALL),
    "wan21_720p": Tiny(build_wan21, _SMALL),
    "wan22_a14b": Tiny(build_wan22_a14b, _SMALL),
    "wan22_ti2v_5b": Tiny(build_wan22_ti2v, {**_SMALL, "size": [64, 64]}),
    "wan_vace_v2v": Tiny(build_wan_vace, _SMALL),
    "skyreels_v2": Tiny(build_skyreels_i2v, _SMALL),
    "skyreels_v2_df": Tiny(build_skyreels_df, _SMALL),
    "skyreels_v2_df_v2v": Tiny(build_skyreels_df_v2v, _SMALL),
}
