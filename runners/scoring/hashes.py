"""The hashes of the truth's files, remembered beside the truth cache: 4K truth is read only once for them."""

from __future__ import annotations

from adapters.file_hashes import FileHashes

_LARGE_BYTES = 1_000_000
"""Below this a file is read faster than anything could be remembered of it."""


def truth_hashes() -> FileHashes:
    """A memory that begins with what earlier processes kept.

    It looks at the time of the inode's change as well: a copy that keeps the old time of its contents is another file.
    """
    return FileHashes("truth-hashes.json", large_bytes=_LARGE_BYTES, times=("st_mtime_ns", "st_ctime_ns"))
