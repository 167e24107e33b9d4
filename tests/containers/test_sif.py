"""A SIF's clock and random identifier are replaced, its data are not."""

import struct
from pathlib import Path

import pytest

from semcoder.containers.sif import EPOCH, normalise
from semcoder.errors import UserError

DATA = b"squashfs" * 100


def image(path: Path, clock: int, identifier: bytes, data: bytes = DATA) -> Path:
    """A file laid out as the SIF specification says: header, one used and one free descriptor, data."""
    table, start = 4096, 8192
    header = bytearray(128)
    header[32:42] = b"SIF_MAGIC\0"
    header[48:64] = identifier
    struct.pack_into("<8q", header, 64, clock, clock, 1, 2, table, 2 * 585, start, len(data))
    used = bytearray(585)
    used[4] = 1
    struct.pack_into("<2q", used, 17, start, len(data))
    struct.pack_into("<4q", used, 41, clock, clock, 1000, 1000)
    body = bytes(header).ljust(table, b"\0") + bytes(used) + bytes(585)
    path.write_bytes(body.ljust(start, b"\0") + data)
    return path


def test_two_builds_at_different_times_become_one_file(tmp_path: Path) -> None:
    one = image(tmp_path / "1.sif", 1_700_000_000, b"a" * 16)
    other = image(tmp_path / "2.sif", 1_800_000_000, b"b" * 16)
    assert one.read_bytes() != other.read_bytes()
    for path in (one, other):
        normalise(path)
    assert one.read_bytes() == other.read_bytes()
    assert one.read_bytes().endswith(DATA)
    assert struct.unpack_from("<2q", one.read_bytes(), 4096 + 41) == (EPOCH, EPOCH)


def test_other_data_get_another_identifier(tmp_path: Path) -> None:
    one = image(tmp_path / "1.sif", 1, b"a" * 16)
    other = image(tmp_path / "2.sif", 1, b"a" * 16, DATA[::-1])
    for path in (one, other):
        normalise(path)
    assert one.read_bytes()[48:64] != other.read_bytes()[48:64]


def test_what_is_no_sif_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.sif").write_bytes(b"\0" * 5000)
    with pytest.raises(UserError, match=r"x\.sif: is no SIF"):
        normalise(tmp_path / "x.sif")
