"""What scoring found out about files and truth, for as long as its owner lives: a command, or a session of Python's."""

from __future__ import annotations

from dataclasses import dataclass, field

from adapters.file_hashes import FileHashes
from runners.scoring.hashes import truth_hashes
from runners.scoring.truth import MemoryStore


@dataclass(frozen=True)
class Memory:
    """Handed from one run's scoring to the next; no result depends on it."""

    truths: MemoryStore = field(default_factory=MemoryStore)
    """The truth's side of views, where there is no cache on disk."""
    hashes: FileHashes = field(default_factory=truth_hashes)
