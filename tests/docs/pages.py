"""The README and the pages of docs/, and what stands in their fences."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def fences(text: str, language: str) -> list[str]:
    """The bodies of the fences in a language."""
    return [body for name, body in FENCE.findall(text) if name == language]
