"""Shards: `3/16` is the third of sixteen. Content never depends on how many there are."""

import hashlib
from typing import NamedTuple

from semcoder.errors import UserError


class Shard(NamedTuple):
    """Shard `number` (1-based) of `of`."""

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> "Shard":
        """Read `3/16` or Snakemake's `3-of-16`; raises UserError otherwise."""
        index, _, count = text.replace("-of-", "/").partition("/")
        if index.isdigit() and count.isdigit() and 1 <= int(index) <= int(count):
            return cls(int(index), int(count))
        raise UserError(f"--shard {text}: write it as 3/16, the third of sixteen.")

    def holds(self, key: str) -> bool:
        """Whether the record with this id belongs here."""
        return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8]) % self.of == self.number - 1
