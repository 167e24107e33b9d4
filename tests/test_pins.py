"""data/versions.csv: what a row may be, and what each committed one says."""

from pathlib import Path

import pytest

from semcoder.errors import UserError
from semcoder.fetch import fetch
from semcoder.pins import read_versions

VERSIONS = Path(__file__).parent.parent / "data" / "versions.csv"
ZERO = "0" * 64


def test_the_committed_versions_are_well_formed_and_say_what_is_not_pinned() -> None:
    entries = read_versions(VERSIONS)
    assert entries["humaneval"].sha256.startswith("b796127e")
    for each in entries.values():
        if not each.sha256 and not each.revision:
            assert "resolve before use" in each.note
            with pytest.raises(UserError, match=r"resolve before use.*40-hex"):
                fetch(each, Path("never-made"))


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("x,url,http://a/b,,,,MIT,", "sha256"),
        ("x,url,http://a/b,abc,,,MIT,", "revision"),
        (f"x,hub-file,o/n:f,,{ZERO},,MIT,", "revision"),
        (f"x,ftp,http://a/b,,{ZERO},,MIT,", "kind"),
        (f"x,url,http://a/b,,{ZERO},,,", "licence"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, row: str, complaint: str) -> None:
    path = tmp_path / "versions.csv"
    path.write_text(f"name,kind,location,revision,sha256,size_bytes,licence,note\n{row}\n")
    with pytest.raises(UserError, match=f"row 2.*{complaint}"):
        read_versions(path)
