"""SIF files made bit-for-bit reproducible.

Apptainer before 1.5 writes the clock and a random identifier into a SIF's header and descriptors, whatever
SOURCE_DATE_EPOCH says (its issue 2934). Here they become a fixed time and an identifier derived from the content.
Layout: the SIF specification of sylabs/sif v2: a header of 128 bytes, then descriptors of 585 bytes each.
"""

import hashlib
import struct
import uuid
from pathlib import Path
from typing import BinaryIO

from semcoder.errors import UserError

EPOCH = 1767225600
"""2026-01-01T00:00:00Z, in seconds: the time that images bear."""
_MAGIC = slice(32, 41)
_IDENTIFIER, _TABLE = 48, 64
"""Offsets in the header: the identifier (16 bytes) and two times; then counts and the place of the descriptors."""
_DESCRIPTOR, _USED, _EXTENT, _OWNER = 585, 4, 17, 41
"""A descriptor's size; and in it: whether it is used, offset and size of its data, its times and owner."""


def normalise(path: Path) -> None:
    """Give the file at `path` fixed times, no owner, and an identifier derived from its data.

    Raises UserError for what is no SIF.
    """
    with path.open("r+b") as stream:
        head = stream.read(128)
        if head[_MAGIC] != b"SIF_MAGIC":
            raise UserError(f"{path}: is no SIF; delete it and build it again.")
        _, _, _, count, table, *_ = struct.unpack_from("<8q", head, _TABLE)
        digest = hashlib.sha256()
        for place in range(table, table + count * _DESCRIPTOR, _DESCRIPTOR):
            stream.seek(place)
            descriptor = stream.read(_DESCRIPTOR)
            if descriptor[_USED]:
                _add(digest, stream, *struct.unpack_from("<2q", descriptor, _EXTENT))
                stream.seek(place + _OWNER)
                stream.write(struct.pack("<4q", EPOCH, EPOCH, 0, 0))
        stream.seek(_IDENTIFIER)
        stream.write(uuid.UUID(bytes=digest.digest()[:16], version=4).bytes)
        stream.write(struct.pack("<2q", EPOCH, EPOCH))


def _add(digest: "hashlib._Hash", stream: BinaryIO, start: int, size: int) -> None:
    stream.seek(start)
    while size > 0 and (chunk := stream.read(min(size, 1 << 20))):
        digest.update(chunk)
        size -= len(chunk)
