"""Readers: labels, order, licences, encodings, and everything that a folder of strangers' files can hold."""

import gzip
import json
import os
import sys
from itertools import chain
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from semcoder.errors import UserError
from semcoder.records import Dropped
from semcoder.seeds import licences
from semcoder.seeds.sources import (
    MAX_BYTES,
    DirectorySource,
    Document,
    JsonlSource,
    ParquetSource,
    Part,
    StdlibSource,
    call_site_documents,
    documents,
    parse_sources,
)
from semcoder.shards import Shard

MIT = "Permission is hereby granted, free of charge, to any person\nThe above copyright notice and this permission"
APACHE = "                    Apache License\n              Version 2.0, January 2004\n"
STDLIB = f"stdlib-{sys.version_info.major}.{sys.version_info.minor}"


def write(root: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def folder(root: Path, **options: str) -> DirectorySource:
    return DirectorySource(kind="directory", path=root, name="code", **options)


def read(source: DirectorySource) -> tuple[dict[str, Document], dict[str, str]]:
    found = list(documents(source))
    kept = {each.label: each for each in found if isinstance(each, Document)}
    return kept, {each.detail.partition(":")[0]: each.reason for each in found if isinstance(each, Dropped)}


def test_standard_library_labels_name_no_machine_and_leave_out_tests_and_windows() -> None:
    labels = [each.label for each in documents(StdlibSource(kind="stdlib")) if isinstance(each, Document)]
    assert f"{STDLIB}/textwrap.py" in labels
    assert f"{STDLIB}/json/decoder.py" in labels
    assert len(labels) > 300
    assert all(label.startswith(f"{STDLIB}/") for label in labels)
    folders = {part for label in labels for part in label.split("/")[1:-1]}
    assert not folders & {"test", "tests", "idlelib", "tkinter", "site-packages", "lib2to3", "__pycache__"}
    assert not any("_sysconfigdata" in label for label in labels)
    assert labels == [e.label for e in documents(StdlibSource(kind="stdlib")) if isinstance(e, Document)]


def test_tests_of_the_standard_library_are_read_for_call_sites() -> None:
    pytest.importorskip("test.test_textwrap", reason="this interpreter came without its tests")
    modules = {each.module for each in call_site_documents(StdlibSource(kind="stdlib"))}
    assert {"textwrap", "test.test_textwrap", "json", "json.decoder"} <= modules


def test_a_folder_gives_labels_modules_and_the_nearest_licence(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        {
            "LICENSE": MIT,
            "src/pkg/__init__.py": "",
            "src/pkg/a.py": "x = 1\r\ny = 2\r\n",
            "src/pkg/inner/__init__.py": "",
            "src/pkg/inner/b.py": "",
            "vendored/LICENSE.txt": APACHE,
            "vendored/deep/c.py": "",
            "vendored/own.py": "# SPDX-License-Identifier: BSD-3-Clause\n",
            "readme.txt": "no Python",
            "build/__pycache__/a.py": "",
            ".git/hook.py": "",
            "env/pyvenv.cfg": "",
            "env/lib/d.py": "",
        },
    )
    kept, dropped = read(folder(root))
    assert list(kept) == [
        "code/src/pkg/__init__.py",
        "code/src/pkg/a.py",
        "code/src/pkg/inner/__init__.py",
        "code/src/pkg/inner/b.py",
        "code/vendored/own.py",
        "code/vendored/deep/c.py",
    ]
    assert not dropped
    assert [each.licence for each in kept.values()] == ["MIT"] * 4 + ["BSD-3-Clause", "Apache-2.0"]
    assert [each.module for each in kept.values()] == ["pkg", "pkg.a", "pkg.inner", "pkg.inner.b", "own", "c"]
    assert kept["code/src/pkg/a.py"].text == "x = 1\ny = 2\n"
    assert {each.licence for each in read(folder(root, licence="GPL-3.0"))[0].values()} == {"GPL-3.0"}


def test_without_a_licence_file_the_licence_is_unknown(tmp_path: Path) -> None:
    kept, _ = read(folder(write(tmp_path, {"a.py": "", "LICENSE": "All rights reserved."})))
    assert kept["code/a.py"].licence == "unknown"


def test_encodings_are_those_that_the_files_state(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        {
            "bom.py": b"\xef\xbb\xbfx = 1\n",
            "latin.py": "# coding: latin-1\nname = 'é'\n".encode("latin-1"),
            "lies.py": "name = 'é'\n".encode("latin-1"),
            "no_such.py": b"# coding: klingon\n",
            "no_text.py": b"# coding: hex\n6869",
            "wide.py": "x = 1\n".encode("utf-16"),
        },
    )
    kept, dropped = read(folder(root))
    assert kept["code/bom.py"].text == "x = 1\n"
    assert kept["code/latin.py"].text.endswith("name = 'é'\n")
    assert dropped == {f"code/{name}.py": "odd encoding" for name in ("lies", "no_such", "no_text", "wide")}


def test_links_pipes_and_huge_files_are_dropped_with_a_reason(tmp_path: Path) -> None:
    root = write(tmp_path, {"pkg/a.py": "x = 1\n", "big.py": b"#" * (MAX_BYTES + 1)})
    (root / "pkg" / "loop").symlink_to(root)
    (root / "link.py").symlink_to(root / "pkg" / "a.py")
    (root / "dangling.py").symlink_to(root / "nowhere")
    os.mkfifo(root / "pipe.py")
    kept, dropped = read(folder(root))
    assert list(kept) == ["code/pkg/a.py"]
    assert dropped == {
        "code/big.py": "too large",
        "code/link.py": "symbolic link",
        "code/dangling.py": "symbolic link",
        "code/pipe.py": "not a regular file",
    }


def test_a_file_name_that_is_no_unicode_has_a_printable_label(tmp_path: Path) -> None:
    try:
        (tmp_path / os.fsdecode(b"caf\xe9.py")).write_text("x = 1\n")
    except OSError:
        pytest.skip("this file system takes Unicode names alone")
    kept, _ = read(folder(tmp_path))
    assert list(kept) == ["code/caf\\xe9.py"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_files_and_folders_without_permission_are_dropped(tmp_path: Path) -> None:
    root = write(tmp_path, {"a.py": "", "shut/b.py": "", "c.py": ""})
    (root / "c.py").chmod(0)
    (root / "shut").chmod(0)
    try:
        kept, dropped = read(folder(root))
    finally:
        (root / "shut").chmod(0o700)
    assert list(kept) == ["code/a.py"]
    assert dropped == {"code/c.py": "unreadable", "code/shut": "unreadable"}


def test_each_file_is_read_by_one_shard_and_in_the_fraction_or_by_none(tmp_path: Path) -> None:
    root = write(tmp_path, {f"{name}.py": b"\xff" if name in "ab" else "" for name in "abcdefghijkl"})

    def outcomes(part: Part) -> list[str]:
        found = documents(folder(root), part)
        return [each.label if isinstance(each, Document) else each.detail for each in found]

    whole = outcomes(Part())
    assert len(whole) == 12
    parts = [outcomes(Part(Shard(index, 3))) for index in (1, 2, 3)]
    assert sorted(chain.from_iterable(parts)) == sorted(whole)
    assert all(part == [each for each in whole if each in part] for part in parts)
    half = outcomes(Part(fraction=0.5))
    assert 0 < len(half) < 12
    halves = [outcomes(Part(Shard(index, 3), 0.5)) for index in (1, 2, 3)]
    assert sorted(chain.from_iterable(halves)) == sorted(half)
    assert half != outcomes(Part(fraction=0.5, seed=1))


ROWS = [
    {"content": "x = 1\r\n", "licences": ["MIT", "Apache-2.0"]},
    {"content": None, "licences": ["MIT"]},
    {"content": "# SPDX-License-Identifier: ISC\n", "licences": []},
    {"content": "y = 2\n", "licences": None},
]


def rows_of(source: JsonlSource | ParquetSource) -> list[tuple[str, str]]:
    found = documents(source)
    return [(e.label, e.licence) if isinstance(e, Document) else (e.detail, e.reason) for e in found]


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.jsonl.gz"])
def test_jsonl_rows_are_documents(tmp_path: Path, name: str) -> None:
    text = "".join(json.dumps(row) + "\n" for row in ROWS).encode()
    (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith("gz") else text)
    source = JsonlSource(kind="jsonl", path=tmp_path / name, licence_column="licences")
    assert rows_of(source) == [
        (f"{source.label}/row-1", "Apache-2.0 AND MIT"),
        (f"{source.label}/row-2: content is NoneType", "no text"),
        (f"{source.label}/row-3", "ISC"),
        (f"{source.label}/row-4", "unknown"),
    ]
    first = next(documents(source))
    assert isinstance(first, Document)
    assert first.text == "x = 1\n"


def test_a_lone_surrogate_in_a_row_is_dropped(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"text": "x = \'\\ud800\'"}\n')
    source = JsonlSource(kind="jsonl", path=tmp_path / "rows.jsonl", column="text", name="rows")
    assert [reason for _, reason in rows_of(source)] == ["odd encoding"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"content": "x"}\nnot json\n', "line 2: not JSON"),
        ("[1]\n", "line 1: not a JSON object"),
        ('{"code": "x"}\n', "line 1: no column content (there are: code)"),
    ],
)
def test_a_broken_row_is_named(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "rows.jsonl").write_text(text)
    with pytest.raises(UserError, match=r"rows\.jsonl, ") as error:
        rows_of(JsonlSource(kind="jsonl", path=tmp_path / "rows.jsonl"))
    assert says in str(error.value)


def test_a_truncated_archive_is_named(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl.gz").write_bytes(gzip.compress(b'{"content": "x"}\n' * 1000)[:-20])
    with pytest.raises(UserError, match="cannot be read"):
        rows_of(JsonlSource(kind="jsonl", path=tmp_path / "rows.jsonl.gz"))


def test_parquet_is_read_by_row_group_and_a_shard_reads_its_groups_alone(tmp_path: Path) -> None:
    table = pyarrow.table({"content": [f"x = {number}\n" for number in range(10)], "other": list(range(10))})
    (tmp_path / "deep").mkdir()
    pyarrow.parquet.write_table(table, tmp_path / "b.parquet", row_group_size=4)
    pyarrow.parquet.write_table(table.slice(0, 2), tmp_path / "deep" / "a.parquet")
    source = ParquetSource(kind="parquet", path=tmp_path, name="hub", licence="permissive")
    labels = [f"hub/b.parquet/row-{number}" for number in range(1, 11)]
    labels += [f"hub/deep/a.parquet/row-{number}" for number in (1, 2)]
    assert rows_of(source) == [(label, "permissive") for label in labels]
    parts = [list(documents(source, Part(Shard(index, 3)))) for index in (1, 2, 3)]
    assert sorted(each.label for part in parts for each in part if isinstance(each, Document)) == sorted(
        labels
    )
    for part in parts:
        texts = [each.text for each in part if isinstance(each, Document) and "/b." in each.label]
        groups = [[f"x = {number}\n" for number in group] for group in ((0, 1, 2, 3), (4, 5, 6, 7), (8, 9))]
        assert texts == [text for group in groups if group[0] in texts for text in group]
    sampled = [each.label for each in documents(source, Part(fraction=0.5)) if isinstance(each, Document)]
    assert sampled == [label for label in labels if Part(fraction=0.5).samples(label)]


def test_a_parquet_file_without_the_column_or_that_is_none_is_named(tmp_path: Path) -> None:
    pyarrow.parquet.write_table(pyarrow.table({"code": ["x"]}), tmp_path / "a.parquet")
    with pytest.raises(UserError, match=r"no column content \(there are: code\)"):
        rows_of(ParquetSource(kind="parquet", path=tmp_path / "a.parquet"))
    (tmp_path / "a.parquet").write_bytes(b"PAR1 and nothing more")
    with pytest.raises(UserError, match=r"a\.parquet: not a parquet file"):
        rows_of(ParquetSource(kind="parquet", path=tmp_path))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[", "the list"),
        ("[]", "empty"),
        ('[{"kind": "hub"}]', "'stdlib', 'directory', 'jsonl', 'parquet'"),
        ('[{"kind": "directory", "path": "a", "license": "MIT"}]', "0.directory.license"),
        ('[{"kind": "directory", "path": "."}]', "`name`"),
        ('[{"kind": "directory", "path": "x/a"}, {"kind": "jsonl", "path": "a"}]', "called a"),
    ],
)
def test_a_wrong_sources_option_says_what_is_wrong(text: str, says: str) -> None:
    with pytest.raises(UserError) as error:
        parse_sources(text)
    assert says in str(error.value)


def test_a_missing_or_empty_folder_is_an_error(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(UserError, match="correct"):
            read(folder(path))
    with pytest.raises(UserError, match="correct"):
        rows_of(JsonlSource(kind="jsonl", path=tmp_path / "none.jsonl"))
    with pytest.raises(UserError, match="correct"):
        rows_of(ParquetSource(kind="parquet", path=tmp_path))


@pytest.mark.parametrize(
    ("text", "licence"),
    [
        (MIT, "MIT"),
        (APACHE, "Apache-2.0"),
        ("GNU GENERAL PUBLIC LICENSE\n  Version 3, 29 June 2007", "GPL-3.0"),
        (
            "GNU LESSER GENERAL PUBLIC LICENSE\nVersion 3\n incorporates the GNU General Public License",
            "LGPL-3.0",
        ),
        (
            "Redistribution and use in source and\nbinary forms, with or without ... Neither the name of",
            "BSD-3-Clause",
        ),
        ("Redistribution and use in source and binary forms, with or without", "BSD-2-Clause"),
        ("Mozilla Public License Version 2.0", "MPL-2.0"),
        ("SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception\n", "Apache-2.0 WITH LLVM-exception"),
        ("Do as you please.", "unknown"),
    ],
)
def test_licence_texts_are_recognised(text: str, licence: str) -> None:
    assert licences.of_licence_text(text) == licence
