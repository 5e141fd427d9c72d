"""Pipelines of the true architecture with random weights, built where they will run: for `make bench-gpu`.

The numbers of layers and channels are those of the published configurations; what the weights hold changes no timing.
Text encoders are full-size too, so that memory figures are honest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def _text(dtype: Any, device: str, *, umt5: bool) -> dict[str, Any]:
    """T5 v1.1 XXL, or UMT5 XXL, with a tokenizer of bytes in the place of the real one."""
    import torch
    import transformers

    shape: dict[str, Any] = {
        "d_model": 4096, "d_ff": 10240, "d_kv": 64, "num_layers": 24, "num_heads": 64,
        "feed_forward_proj": "gated-gelu", "vocab_size": 256384 if umt5 else 32128, "tie_word_embeddings": False,
    }  # fmt: skip
    made = (transformers.UMT5EncoderModel, transformers.UMT5Config) if umt5 else None
    model, config = made or (transformers.T5EncoderModel, transformers.T5Config)
    with torch.device(device):
        encoder = model(config(**shape)).to(dtype).eval()
    return {"tokenizer": transformers.ByT5Tokenizer(), "text_encoder": encoder}


def wan22_ti2v_5b(dtype: Any, device: str) -> Any:
    """Wan 2.2 TI2V-5B: 30 layers of 24 × 128, the residual VAE of 16 × 16 × 4."""
    import diffusers
    import torch

    with torch.device(device):
        transformer = diffusers.WanTransformer3DModel(
            patch_size=(1, 2, 2), num_attention_heads=24, attention_head_dim=128, in_channels=48, out_channels=48,
            text_dim=4096, freq_dim=256, ffn_dim=14336, num_layers=30, cross_attn_norm=True,
            qk_norm="rms_norm_across_heads", rope_max_seq_len=1024,
        ).to(dtype)  # fmt: skip
        vae = diffusers.AutoencoderKLWan(
            base_dim=160, decoder_base_dim=256, z_dim=48, dim_mult=[1, 2, 4, 4], num_res_blocks=2,
            temperal_downsample=[False, True, True], in_channels=12, out_channels=12, patch_size=2, is_residual=True,
            scale_factor_spatial=16, scale_factor_temporal=4, latents_mean=[0.0] * 48, latents_std=[1.0] * 48,
        )  # fmt: skip
    scheduler = diffusers.UniPCMultistepScheduler(
        prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=5.0
    )
    return diffusers.WanImageToVideoPipeline(
        transformer=transformer, transformer_2=None, vae=vae, scheduler=scheduler, image_encoder=None,
        image_processor=None, expand_timesteps=True, **_text(dtype, device, umt5=True),
    )  # fmt: skip


def cogvideox_5b(dtype: Any, device: str) -> Any:
    """CogVideoX-5B-I2V: 42 layers of 48 × 64."""
    import diffusers
    import torch

    with torch.device(device):
        transformer = diffusers.CogVideoXTransformer3DModel(
            num_attention_heads=48, attention_head_dim=64, in_channels=32, out_channels=16, num_layers=42,
            text_embed_dim=4096, sample_width=90, sample_height=60, sample_frames=49, patch_size=2,
            temporal_compression_ratio=4, max_text_seq_length=226, use_rotary_positional_embeddings=True,
            use_learned_positional_embeddings=True,
        ).to(dtype)  # fmt: skip
        vae = diffusers.AutoencoderKLCogVideoX(
            down_block_types=("CogVideoXDownBlock3D",) * 4, up_block_types=("CogVideoXUpBlock3D",) * 4,
            block_out_channels=(128, 256, 256, 512), latent_channels=16, layers_per_block=3,
        ).to(dtype)  # fmt: skip
    return diffusers.CogVideoXImageToVideoPipeline(
        transformer=transformer, vae=vae, scheduler=diffusers.CogVideoXDPMScheduler(),
        **_text(dtype, device, umt5=False),
    )  # fmt: skip


def svd_xt(dtype: Any, device: str) -> Any:
    """Stable Video Diffusion XT: the classes' own defaults are its architecture."""
    import diffusers
    import torch
    import transformers

    with torch.device(device):
        unet = diffusers.UNetSpatioTemporalConditionModel(num_frames=25, num_attention_heads=(5, 10, 20, 20)).to(dtype)
        vae = diffusers.AutoencoderKLTemporalDecoder(
            down_block_types=("DownEncoderBlock2D",) * 4, block_out_channels=(128, 256, 512, 512), layers_per_block=2
        ).to(dtype)
        image_encoder = transformers.CLIPVisionModelWithProjection(
            transformers.CLIPVisionConfig(
                hidden_size=1280, intermediate_size=5120, projection_dim=1024, num_hidden_layers=32,
                num_attention_heads=16, patch_size=14, image_size=224, hidden_act="gelu",
            )
        ).to(dtype).eval()  # fmt: skip
    scheduler = diffusers.EulerDiscreteScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", prediction_type="v_prediction",
        timestep_type="continuous", timestep_spacing="leading", steps_offset=1, use_karras_sigmas=True, sigma_min=0.002,
        sigma_max=700.0,
    )  # fmt: skip
    return diffusers.StableVideoDiffusionPipeline(
        vae=vae, unet=unet, scheduler=scheduler, image_encoder=image_encoder,
        feature_extractor=transformers.CLIPImageProcessor(crop_size=224, size={"shortest_edge": 224}),
    )  # fmt: skip


FULL_SIZE: dict[str, Callable[[Any, str], Any]] = {
    "svd_xt": svd_xt,
    "wan22_ti2v_5b": wan22_ti2v_5b,
    "cogvideox_5b": cogvideox_5b,
}
