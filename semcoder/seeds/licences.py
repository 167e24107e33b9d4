"""Which licence a file stands under, from its own SPDX line or the nearest licence file above it."""

import os
import re
from pathlib import Path

UNKNOWN = "unknown"
FILE_NAME = re.compile(r"(licen[cs]e|copying|unlicense)([-._].*)?", re.IGNORECASE)
SPDX_LINE = re.compile(r"SPDX-License-Identifier:\s*([\w.+() -]*[\w.+)])")
HEAD = 20_000
"""Characters of a licence file that are looked at."""

# (SPDX id, phrases that all occur), first match wins: the narrower licences stand before those they contain.
PHRASES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("AGPL-3.0", ("gnu affero general public license", "version 3")),
    ("LGPL-3.0", ("gnu lesser general public license", "version 3")),
    ("LGPL-2.1", ("gnu lesser general public license", "version 2.1")),
    ("GPL-3.0", ("gnu general public license", "version 3")),
    ("GPL-2.0", ("gnu general public license", "version 2")),
    ("MPL-2.0", ("mozilla public license", "2.0")),
    ("EPL-2.0", ("eclipse public license", "2.0")),
    ("PSF-2.0", ("python software foundation license version 2",)),
    ("Apache-2.0", ("apache license", "version 2.0")),
    ("BSD-3-Clause", ("redistribution and use in source and binary forms", "neither the name")),
    ("BSD-2-Clause", ("redistribution and use in source and binary forms",)),
    ("MIT", ("permission is hereby granted, free of charge", "the above copyright notice")),
    ("ISC", ("permission to use, copy, modify, and", "the above copyright notice")),
    ("0BSD", ("permission to use, copy, modify, and",)),
    ("Unlicense", ("this is free and unencumbered software",)),
    ("CC0-1.0", ("cc0 1.0",)),
    ("BSL-1.0", ("boost software license",)),
    ("Zlib", ("provided 'as-is', without any express or implied", "altered source versions")),
)


def of_licence_text(text: str) -> str:
    """The SPDX id of a licence file's text, or `unknown`."""
    named = SPDX_LINE.search(text)
    if named:
        return named[1].strip()
    words = " ".join(text.lower().split())
    return next((name for name, phrases in PHRASES if all(p in words for p in phrases)), UNKNOWN)


def of_source_text(text: str) -> str:
    """The SPDX id that a source file's opening lines state, or `unknown`."""
    named = SPDX_LINE.search("\n".join(text.split("\n", 30)[:30]))
    return named[1].strip() if named else UNKNOWN


def of_folder(folder: Path) -> str:
    """The SPDX id of the licence file in this very folder, or `unknown`. With several, the first by name."""
    for path in sorted(each for each in folder.iterdir() if FILE_NAME.fullmatch(each.name)):
        if path.is_file() and path.suffix != ".py" and os.access(path, os.R_OK):
            with path.open(encoding="utf-8", errors="replace") as stream:
                found = of_licence_text(stream.read(HEAD))
            if found != UNKNOWN:
                return found
    return UNKNOWN
