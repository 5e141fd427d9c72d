"""Alibaba Cloud Model Studio (DashScope): Wan and HappyHorse.

alibabacloud.com/help/en/model-studio/image-to-video-general-api-reference (2026-10), as dashscope 2.0.2,
@ai-sdk/alibaba 2.0.58 and litellm 1.110.2 speak it.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from adapters.api.provider import Provider
from adapters.api.told import mapping, stated_id
from adapters.api.wire import Answer, BadAnswer, Call, Media, Output, Part, State, Status, Ticket, Work
from adapters.errors import Ambiguous, SetupError

_STATES = {
    "PENDING": State.PENDING,
    "SUSPENDED": State.PENDING,
    "RUNNING": State.PENDING,
    "SUCCEEDED": State.SUCCEEDED,
    "FAILED": State.FAILED,
    "CANCELED": State.FAILED,
}
_NOBODY = "UNKNOWN"
_MODERATED = ("DataInspectionFailed", "data_inspection_failed", "IPInfringementSuspect")
_FOR_ALL = ("InvalidApiKey", "Arrearage", "AccessDenied", "Model.AccessDenied", "AllocationQuota.FreeTierOnly")
"""No clip could fare better: Arrearage, an account in debt, comes with HTTP 400."""
_TRANSIENT = ("InternalError", "SystemError", "ServiceUnavailable", "Throttling", "RequestTimeOut", "ResponseTimeout")
_TOLD = ("submit_time", "scheduled_time", "end_time", "actual_prompt")


class DashScope(Provider):
    """Tasks that begin with a picture (`first_frame`) or go on from a video (`first_clip`, wan2.7-i2v).

    `call` holds the vendor's `parameters`. A video is put into the vendor's storage first, where it stays for two days.
    A task can be asked about for 24 hours, and no name of its maker's is kept.
    """

    base_url = "https://dashscope-intl.aliyuncs.com"
    key_env = "DASHSCOPE_API_KEY"
    label = "DashScope"

    def submit(self, work: Work) -> Call:
        """One task; without the header the service would want to answer with the video itself."""
        kind = "first_frame" if work.picture is not None else "first_clip"
        told: dict[str, Any] = {"media": [{"type": kind, "url": work.media.uri}]}
        if work.prompt:
            told["prompt"] = work.prompt
        if work.negative_prompt:
            told["negative_prompt"] = work.negative_prompt
        parameters: dict[str, Any] = {"duration": work.seconds}
        if work.seed is not None:
            parameters["seed"] = work.seed
        headers = {"X-DashScope-Async": "enable"}
        if work.media.reference:
            headers["X-DashScope-OssResourceResolve"] = "enable"
        body = {"model": self.model, "input": told, "parameters": {**parameters, **self.call}}
        return Call("POST", f"{self._root}/services/aigc/video-generation/video-synthesis", json=body, headers=headers)

    def upload(self, media: Media) -> Call | None:
        """Where a video may be put: only pictures go inline."""
        if not media.mime.startswith("video/"):
            return None
        query = urlencode({"action": "getPolicy", "model": self.model})
        return Call("GET", f"{self._root}/uploads?{query}")

    def put(self, answer: Answer, media: Media) -> tuple[Call, str]:
        """A form to the vendor's storage, under a name that nothing else there has: it overwrites nothing."""
        policy = answer.record()["data"]
        key = f"{policy['upload_dir']}/{uuid.uuid4().hex}.mp4"
        fields = {
            "OSSAccessKeyId": policy["oss_access_key_id"],
            "Signature": policy["signature"],
            "policy": policy["policy"],
            "key": key,
            "x-oss-object-acl": policy["x_oss_object_acl"],
            "x-oss-forbid-overwrite": policy["x_oss_forbid_overwrite"],
            "success_action_status": "200",
        }
        form = {name: Part(str(value)) for name, value in fields.items()}
        form["file"] = Part(media.data, media.name, media.mime)  # what comes after the file is not read
        return Call("POST", str(policy["upload_host"]), form=form, signed=False), f"oss://{key}"

    def ticket(self, answer: Answer) -> Ticket:
        """`{"output": {"task_id", "task_status"}, "request_id"}`."""
        return Ticket(answer.record()["output"]["task_id"])

    def fault(self, answer: Answer) -> Exception | None:
        """By the code where it says more than the status: an account in debt is an HTTP 400."""
        if not answer.ok and answer.status < 500 and self.owns(answer) and _begins(self._code(answer), _FOR_ALL):
            return SetupError(f"{self.label} answers HTTP {answer.status}: {self.message(answer)} (${self.key_env})")
        return super().fault(answer)

    def owns(self, answer: Answer) -> bool:
        """`{"code", "message", "request_id"}`, with the code as a text."""
        try:
            body = answer.record()
        except BadAnswer:
            return False
        return isinstance(body.get("code"), str) and bool(body["code"]) and bool(body.get("request_id"))

    def is_moderation(self, answer: Answer) -> bool:
        """`DataInspectionFailed` and its kin."""
        return _begins(self._code(answer), _MODERATED)

    def words(self, body: Any) -> str:
        """`InvalidParameter: The size is not …`."""
        if isinstance(body, Mapping) and body.get("code"):
            return f"{body['code']}: {body.get('message') or 'no explanation'}"
        return super().words(body)

    def poll(self, ticket: Ticket) -> Call:
        """The task; its video lies at the same address for 24 hours."""
        return Call("GET", f"{self._root}/tasks/{quote(ticket.job_id, safe='')}")

    def names(self, answer: Answer, ticket: Ticket) -> str | None:
        """`output.task_id`."""
        return stated_id(mapping(answer.record().get("output")).get("task_id"))

    def status(self, answer: Answer, ticket: Ticket) -> Status:
        """What a task costs is told in seconds only. Raises `Ambiguous` for a task that is unknown there by now."""
        body = answer.record()
        task = body["output"]
        word = str(task["task_status"])
        if word == _NOBODY:
            raise Ambiguous(f"job {ticket.job_id} is unknown to {self.label}, which tells of a job for 24 hours only")
        state = _STATES.get(word, State.PENDING)
        code = str(task.get("code") or "")
        if state is State.FAILED and _begins(code, _MODERATED):
            state = State.REFUSED
        url = task.get("video_url")
        return Status(
            state,
            word,
            output=Output(url=url) if url else None,
            reason=f"{code or word}: {task.get('message') or 'no explanation'}",
            transient=_begins(code, _TRANSIENT),
            report={**{key: task.get(key) for key in _TOLD}, "usage": mapping(body.get("usage")) or None},
            odd="" if word in _STATES else f"an unknown status {word!r}, taken for running",
        )

    def probe(self) -> Call:
        """A listing of one task."""
        return Call("GET", f"{self._root}/tasks?page_no=1&page_size=1")

    @property
    def _root(self) -> str:
        """`base_url` with the path that the vendor's own packages want in it; without, it gets it."""
        return self.base if self.base.endswith("/api/v1") else f"{self.base}/api/v1"

    def _code(self, answer: Answer) -> str:
        try:
            return str(answer.record().get("code") or "")
        except BadAnswer:
            return ""


def _begins(code: str, known: tuple[str, ...]) -> bool:
    """Whether it is one of the codes, or a further one of its kind: Throttling.RateQuota."""
    return any(code == one or code.startswith(f"{one}.") for one in known)
