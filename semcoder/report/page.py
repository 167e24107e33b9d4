"""A page of the report: headings, paragraphs and tables, legible in print, light and dark, without a script."""

from collections.abc import Iterable, Sequence
from html import escape

HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; --ground: #fafaf8; --ink: #1d1d1b; --quiet: #5f6368; --rule: #dcdcd6;
  --good: #0072b2; --bad: #b34700; }}
@media (prefers-color-scheme: dark) {{ :root {{ --ground: #16181b; --ink: #e6e6e3; --quiet: #a2a8b0; --rule: #363b42;
  --good: #7cc4f0; --bad: #ffa05c; }} }}
@media print {{ :root {{ --ground: #fff; --ink: #000; --quiet: #444; --good: #000; --bad: #000; }} }}
body {{ margin: 0 auto; max-width: 70rem; padding: 1rem; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }}
h1 {{ font-size: 1.25rem; }} h2 {{ font-size: 1.05rem; margin-top: 1.8rem; }}
p {{ color: var(--quiet); max-width: 50rem; }}
.wide {{ overflow-x: auto; }}
table {{ border-collapse: collapse; font-size: .92em; }}
th, td {{ text-align: left; vertical-align: top; padding: .2rem .8rem .2rem 0; border-bottom: 1px solid var(--rule); }}
th {{ font-weight: 600; }} td.number, th.number {{ text-align: right; font-variant-numeric: tabular-nums; }}
.good {{ color: var(--good); font-weight: 600; }} .bad {{ color: var(--bad); font-weight: 600; }}
nav a {{ color: inherit; margin-right: 1rem; }}
</style>
</head>
<body>
"""
MARKS = {"reproduced": ("good", "✔ reproduced"), "not reproduced": ("bad", "✘ not reproduced")}
"""{outcome: (colour, words)}; told by a sign as well, for who does not see the colour."""


def head(title: str, sections: Iterable[tuple[str, str]]) -> str:
    """The start of a page, with links to its sections, each (anchor, title)."""
    links = "".join(f'<a href="#{anchor}">{escape(name)}</a>' for anchor, name in sections)
    return f"{HEAD.format(title=escape(title))}<h1>{escape(title)}</h1>\n<nav>{links}</nav>\n"


def section(anchor: str, title: str, *parts: str) -> str:
    """A heading and what stands under it, HTML already."""
    return f'<h2 id="{anchor}">{escape(title)}</h2>\n{"".join(parts)}'


def paragraph(text: str) -> str:
    """Prose."""
    return f"<p>{escape(text)}</p>\n"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a column whose title ends with `#` holds numbers. Outcomes of claims are marked."""
    numbers = [each.endswith("#") for each in columns]
    kinds = [' class="number"' if each else "" for each in numbers]
    head = "".join(
        f"<th{kind}>{escape(each.removesuffix('#'))}</th>" for each, kind in zip(columns, kinds, strict=True)
    )
    lines = [
        "".join(f"<td{kind}>{_cell(each)}</td>" for each, kind in zip(row, kinds, strict=True))
        for row in rows
    ]
    body = "".join(f"<tr>{line}</tr>\n" for line in lines)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table></div>\n'


def _cell(text: str) -> str:
    if text in MARKS:
        colour, words = MARKS[text]
        return f'<span class="{colour}">{words}</span>'
    return escape(text)


END = "</body>\n</html>\n"
