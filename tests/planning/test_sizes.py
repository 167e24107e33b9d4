"""Counts of what a run works on."""

import gzip
from pathlib import Path

from semcoder.planning.sizes import lines


def test_rows_in_gzip_are_counted_unpacked(tmp_path: Path) -> None:
    plain, packed = tmp_path / "a.jsonl", tmp_path / "b.jsonl.gz"
    plain.write_text("{}\n" * 3)
    packed.write_bytes(gzip.compress(b"{}\n" * 5000))
    assert lines([plain, packed]) == 5003
