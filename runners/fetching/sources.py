"""What a source holds: a bucket, a data set on the hub, a repository's texts; each file with its size and checksum."""

from __future__ import annotations

import base64
import os
import threading
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from runners.core.errors import UserError
from runners.fetching.remote import Digest, Listing, Remote
from runners.fetching.web import Web

_FOLDERS = ("full-videos/", "split-videos/", "switch-frames/", "video-masks/real/", "descriptions")
"""What of a bucket is listed at all."""
_PAGE = "1000"


def list_source(address: str, stop: threading.Event) -> Listing:
    """The files at `gs://BUCKET`, `hf://datasets/OWNER/NAME` or `github://OWNER/NAME`.

    Raises UserError for another address, for what needs a login, and for a source that stays out of reach; Passing,
    Denied or Lasting of `runners.fetching.web` where nothing better can be said.
    """
    scheme, _, name = address.partition("://")
    if scheme == "gs" and name:
        return list_bucket(name.strip("/"), stop)
    if scheme == "hf" and name.startswith("datasets/"):
        from runners.fetching.hub import list_hub

        return list_hub(name.removeprefix("datasets/").strip("/"), stop)
    if scheme == "github" and name.count("/") == 1:
        return list_repository(name, stop)
    raise UserError(f"benchmark.origin={address} is none of gs://BUCKET, hf://datasets/OWNER/NAME, github://OWNER/NAME")


def list_bucket(bucket: str, stop: threading.Event, environ: Mapping[str, str] = os.environ) -> Listing:
    """A public bucket, by the JSON API of Google Cloud Storage (storage/docs/json_api/v1/objects/list), anonymously."""
    base = environ.get("STORAGE_EMULATOR_HOST") or "https://storage.googleapis.com"
    base = (base if "://" in base else f"http://{base}").rstrip("/")
    web = Web(base, stop=stop)
    place = f"{base}/storage/v1/b/{quote(bucket, safe='')}/o"
    files = [_stored(place, entry) for folder in _FOLDERS for entry in _pages(web, place, folder)]
    return Listing([file for file in files if not file.path.endswith("/")], web)


def _pages(web: Web, place: str, folder: str) -> Iterator[dict[str, Any]]:
    """The objects below a prefix, page by page."""
    asked = {
        "prefix": folder,
        "maxResults": _PAGE,
        "fields": "nextPageToken,items(name,size,md5Hash,crc32c,generation)",
    }
    while True:
        answer = web.get_json(place, asked)
        yield from answer.get("items", ())
        if not answer.get("nextPageToken"):
            return
        asked["pageToken"] = answer["nextPageToken"]


def _stored(place: str, entry: Mapping[str, Any]) -> Remote:
    """One object. Composite objects have no MD5, only a CRC32C (storage/docs/composite-objects)."""
    kind, text = ("md5", entry["md5Hash"]) if "md5Hash" in entry else ("crc32c", entry["crc32c"])
    name, generation = str(entry["name"]), str(entry["generation"])
    return Remote(
        path=name, size=int(entry["size"]), digest=Digest(kind, base64.b64decode(text).hex()),
        url=f"{place}/{quote(name, safe='')}?alt=media&generation={generation}", version=generation,
        tags={"x-goog-generation": generation},
    )  # fmt: skip


def list_repository(name: str, stop: threading.Event, environ: Mapping[str, str] = os.environ) -> Listing:
    """The files below `descriptions/` of a public repository, by GitHub's REST API (git/trees and git/blobs)."""
    base = (environ.get("GITHUB_API_URL") or "https://api.github.com").rstrip("/")
    web = Web(base, stop=stop)
    place = f"{base}/repos/{name}/git"
    answer = web.get_json(f"{place}/trees/HEAD", {"recursive": "1"}, {"Accept": "application/vnd.github+json"})
    return Listing(
        [
            Remote(
                path=str(entry["path"]), size=int(entry["size"]), digest=Digest("git", str(entry["sha"])),
                url=f"{place}/blobs/{quote(str(entry['sha']), safe='')}", version=str(entry["sha"]),
                headers={"Accept": "application/vnd.github.raw+json"},
            )
            for entry in answer.get("tree", ())
            if entry.get("type") == "blob" and str(entry["path"]).startswith("descriptions")
        ],
        web,
    )  # fmt: skip
