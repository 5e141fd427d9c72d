"""Tiny Cosmos-Predict 2 and 2.5 and Cosmos 3."""

from __future__ import annotations

from typing import Any

from tests.local.tiny import Tiny

WIDTH = 32
"""Channels of all text embeddings here."""


def byte_alphabet() -> list[str]:
    """The printable characters that stand for the 256 byte values in byte-level vocabularies."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    spare = iter(range(256, 512))
    return [chr(byte if byte in plain else next(spare)) for byte in range(256)]


def qwen_tokenizer() -> Any:
    """A Qwen2 tokenizer whose words are bytes, with the marks of a chat and of pictures."""
    from transformers import Qwen2Tokenizer

    made = Qwen2Tokenizer(vocab={piece: k for k, piece in enumerate(byte_alphabet())}, merges=[])
    words = ("im_start", "im_end", "vision_start", "vision_end", "image_pad", "video_pad")
    made.add_special_tokens({"additional_special_tokens": [f"<|{word}|>" for word in words]})
    made.chat_template = (
        "{% for m in messages %}<|im_start|>{{ m['role'] }}\n"
        "{% if m['content'] is string %}{{ m['content'] }}"
        "{% else %}{% for part in m['content'] %}{{ part['text'] }}{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    )
    return made


def t5_parts(umt5: bool = False) -> dict[str, Any]:
    """A T5 tokenizer whose words are characters, and an encoder of one layer."""
    import torch
    import transformers

    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0)]
    tokenizer = transformers.T5Tokenizer(vocab=[*pieces, *((chr(c), -3.0) for c in range(33, 127))], extra_ids=0)
    kind = "UMT5" if umt5 else "T5"
    config = getattr(transformers, f"{kind}Config")(
        vocab_size=len(tokenizer), d_model=WIDTH, d_ff=16, d_kv=8, num_layers=1, num_heads=2,
        pad_token_id=0, eos_token_id=1, decoder_start_token_id=0,
    )  # fmt: skip
    torch.manual_seed(1)
    return {"tokenizer": tokenizer, "text_encoder": getattr(transformers, f"{kind}EncoderModel")(config).eval()}


def qwen_text(**changes: Any) -> Any:
    """A Qwen2.5-VL of two layers."""
    import torch
    import transformers

    text = {
        "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
        "num_key_value_heads": 2, "vocab_size": len(qwen_tokenizer()),
        "rope_scaling": {"type": "default", "rope_type": "default", "mrope_section": [1, 1, 2]},
        **changes,
    }  # fmt: skip
    vision = {"depth": 1, "hidden_size": 16, "intermediate_size": 16, "num_heads": 2, "out_hidden_size": 16}
    torch.manual_seed(2)
    config = transformers.Qwen2_5_VLConfig(text_config=text, vision_config=vision)
    return transformers.Qwen2_5_VLForConditionalGeneration(config).eval()


def wan_vae() -> Any:
    """8 × in space, 4 × in time."""
    import torch
    from diffusers import AutoencoderKLWan

    torch.manual_seed(3)
    return AutoencoderKLWan(
        base_dim=3, z_dim=16, dim_mult=[1, 1, 1, 1], num_res_blocks=1, temperal_downsample=[False, True, True]
    )


def _checker_class() -> Any:
    """A stand-in for the safety checker: it lets everything pass and can be moved and saved like the real one."""
    import torch
    from diffusers import ConfigMixin, ModelMixin

    class PassingChecker(ModelMixin, ConfigMixin):  # type: ignore[misc]
        config_name = "config.json"

        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("here", torch.zeros(1))

        def check_text_safety(self, _: str) -> bool:
            return True

        def check_video_safety(self, frames: Any) -> Any:
            return frames

    return PassingChecker


def passing_checker() -> dict[str, Any]:
    """What loading a Cosmos-Predict pipeline needs where cosmos_guardrail is not installed."""
    _without_torchvision()
    return {"safety_checker": _checker_class()()}


def _without_torchvision() -> None:
    """Give diffusers the two functions of torchvision that the Cosmos models call, where it is not installed."""
    import importlib.util
    from types import SimpleNamespace

    import diffusers.models.transformers.transformer_cosmos as transformer
    import diffusers.pipelines.cosmos.pipeline_cosmos2_5_predict as predict
    import numpy as np
    import torch

    if importlib.util.find_spec("torchvision") is not None:
        return

    def resize(tensor: Any, size: list[int], interpolation: str) -> Any:
        return torch.nn.functional.interpolate(tensor, size=size, mode=interpolation)

    def to_tensor(picture: Any) -> Any:
        return torch.from_numpy(np.array(picture)).permute(2, 0, 1).float() / 255

    functional = SimpleNamespace(resize=resize, to_tensor=to_tensor)
    transforms = SimpleNamespace(functional=functional, InterpolationMode=SimpleNamespace(NEAREST="nearest"))
    transformer.transforms = transforms
    predict.torchvision = SimpleNamespace(transforms=transforms)


def _cosmos_transformer(text: int, **changes: Any) -> Any:
    import torch
    from diffusers import CosmosTransformer3DModel

    torch.manual_seed(4)
    return CosmosTransformer3DModel(
        in_channels=17, out_channels=16, num_attention_heads=2, attention_head_dim=16, num_layers=1, mlp_ratio=2,
        text_embed_dim=text, adaln_lora_dim=4, max_size=(32, 32, 32), patch_size=(1, 2, 2), rope_scale=(2.0, 1.0, 1.0),
        concat_padding_mask=True, extra_pos_embed_type=None, **changes,
    )  # fmt: skip


def unlisted(pipe: Any) -> Any:
    """Without the stand-in in what is saved: it is handed over at loading."""
    pipe.register_modules(safety_checker=None)
    return pipe


def build_predict2() -> Any:
    from diffusers import Cosmos2VideoToWorldPipeline, FlowMatchEulerDiscreteScheduler

    return unlisted(
        Cosmos2VideoToWorldPipeline(
            transformer=_cosmos_transformer(WIDTH),
            vae=wan_vae(),
            scheduler=FlowMatchEulerDiscreteScheduler(use_karras_sigmas=True),
            **passing_checker(),
            **t5_parts(),
        )
    )


def build_predict25() -> Any:
    from diffusers import Cosmos2_5_PredictBasePipeline, UniPCMultistepScheduler

    return unlisted(
        Cosmos2_5_PredictBasePipeline(
            text_encoder=qwen_text(),
            tokenizer=qwen_tokenizer(),
            transformer=_cosmos_transformer(
                32, use_crossattn_projection=True, crossattn_proj_in_channels=32, encoder_hidden_states_channels=32
            ),
            vae=wan_vae(),
            scheduler=UniPCMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=5.0),
            **passing_checker(),
        )
    )


def _cosmos3(**backbone: Any) -> Any:
    import torch
    from diffusers import Cosmos3OmniPipeline, Cosmos3OmniTransformer, UniPCMultistepScheduler

    tokenizer = qwen_tokenizer()
    torch.manual_seed(5)
    transformer = Cosmos3OmniTransformer(
        head_dim=8, hidden_size=8, intermediate_size=16, num_attention_heads=1, num_key_value_heads=1,
        num_hidden_layers=1, latent_channel=16, latent_patch_size=1, patch_latent_dim=16, vocab_size=len(tokenizer),
        rope_axes_dim=[2, 1, 1], **backbone,
    )  # fmt: skip
    return Cosmos3OmniPipeline(
        transformer=transformer, text_tokenizer=tokenizer, vae=wan_vae(),
        scheduler=UniPCMultistepScheduler(prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=5.0),
        enable_safety_checker=False,
    )  # fmt: skip


def build_cosmos3() -> Any:
    return _cosmos3()


def build_cosmos3_edge() -> Any:
    """Edge has another backbone (squared ReLU) and its own schedule."""
    return _cosmos3(hidden_act="relu2")


_PREDICT = {"size": [32, 32], "call.num_inference_steps": 1}
_PREDICT25 = {**_PREDICT, "revision": None}  # a branch of the hub's repository, which a folder has not
_COSMOS3 = {"size": [32, 32], "call.num_inference_steps": 1, "options": {"enable_safety_checker": False}}

TINY: dict[str, Tiny] = {
    "cosmos_predict2": Tiny(build_predict2, _PREDICT, passing_checker),
    "cosmos_predict2_v2v": Tiny(build_predict2, _PREDICT, passing_checker),
    "cosmos_predict25": Tiny(build_predict25, _PREDICT25, passing_checker),
    "cosmos_predict25_v2v": Tiny(build_predict25, _PREDICT25, passing_checker),
    "cosmos3_nano": Tiny(build_cosmos3, _COSMOS3),
    "cosmos3_super": Tiny(build_cosmos3, _COSMOS3),
    "cosmos3_nano_v2v": Tiny(build_cosmos3, _COSMOS3),
    "cosmos3_super_v2v": Tiny(build_cosmos3, _COSMOS3),
    "cosmos3_edge": Tiny(build_cosmos3_edge, _COSMOS3),
}
