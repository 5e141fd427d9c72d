"""Gemini Omni on Google Cloud's Vertex AI: the Interactions API in a project (google-genai 3.6.1, v1beta1)."""

from __future__ import annotations

from typing import ClassVar
from urllib.parse import quote

from adapters.api.gemini import Gemini
from adapters.api.vertex import OnGoogleCloud


class VertexOmni(OnGoogleCloud, Gemini):
    """As `Gemini`, at a project's own address and with Google's own credential.

    The video comes inside the answer: an address would be one of a bucket (`gcs_uri`), to which no credential is sent.
    `options`: those of `Gemini`, and `project`, `project_env` and `location` as on `Vertex`.
    """

    base_url = "https://aiplatform.googleapis.com"
    label = "Vertex AI"
    home: ClassVar[str] = "global"
    delivery: ClassVar[str] = "inline"
    options: ClassVar[frozenset[str]] = Gemini.options | {"project", "project_env", "location"}

    def check(self) -> None:
        """Raise `SetupError` as both do."""
        Gemini.check(self)
        super().check()

    @property
    def _interactions(self) -> str:
        return f"{self.base}/v1beta1/{quote(f'projects/{self.project}/locations/{self.location}')}/interactions"
