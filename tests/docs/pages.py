"""The README and the pages of docs/, and what stands in their fences."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def fences(text: str, language: str) -> list[str]:
    """The bodies of the fences in a language."""
    return [body for name, body in FENCE.findall(text) if name == language]


def prose(text: str) -> str:
    """A page without its fences."""
    return FENCE.sub("", text)


def inline(text: str) -> list[str]:
    """What stands between backticks, line breaks made blanks."""
    return [" ".join(each.split()) for each in re.findall(r"`([^`]+)`", prose(text))]


def commands(text: str, name: str) -> list[str]:
    """The command lines of a page that call `name`: in fences, on indented lines, between backticks."""
    shell = [line for body in fences(text, "bash") for line in body.splitlines()]
    indented = [line.strip() for line in prose(text).splitlines() if line.startswith("    ")]
    lines = [*shell, *indented, *(part for each in inline(text) for part in each.split("; "))]
    found = [re.match(rf"(?:\.venv/bin/)?{name}(?= |$)(?! -\s).*", line.strip()) for line in lines]
    return list(
        dict.fromkeys(re.split(r" +#", match[0])[0].removeprefix(".venv/bin/") for match in found if match)
    )
