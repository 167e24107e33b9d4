"""The data door: mirrors, sources, resumption, and refusal of what is not the pinned bytes."""

import errno
import hashlib
import json
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from semcoder.errors import UserError
from semcoder.fetch import fetch
from semcoder.pins import MANIFEST, External, mismatch, read_versions, tree_sha256

REVISION = "0123456789abcdef0123456789abcdef01234567"
BODY = bytes(range(256)) * 9000


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Files(BaseHTTPRequestHandler):
    """Serves `content` at any path, honouring Range; `cut` ends the first answer after so many bytes."""

    content = BODY
    cut = 0
    ranges: list[str]

    def do_GET(self) -> None:
        kind = type(self)
        wanted = self.headers.get("Range", "")
        kind.ranges.append(wanted)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        if start and start >= len(kind.content):
            self.send_error(416)
            return
        body = kind.content[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        stop, kind.cut = kind.cut or len(body), 0
        self.wfile.write(body[:stop])
        self.close_connection = True

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def files() -> Iterator[tuple[type[Files], str]]:
    handler = type("Handler", (Files,), {"ranges": []})
    with serving(handler) as address:
        yield handler, address


def entry(location: str, content: bytes = BODY) -> External:
    return External(name="thing", kind="url", location=location, sha256=sha(content), licence="MIT")


def test_the_mirror_serves_by_name_and_by_base_name_and_is_checked(tmp_path: Path) -> None:
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    (mirror / "a.bin").write_bytes(BODY)
    unreachable = entry("http://127.0.0.1:9/x/a.bin")
    fetch(unreachable, tmp_path / "out" / "got", mirror)
    assert (tmp_path / "out" / "got").read_bytes() == BODY
    (mirror / "thing").write_bytes(b"wrong")
    with pytest.raises(UserError) as caught:
        fetch(unreachable, tmp_path / "second", mirror)
    for needed in ("thing", sha(b"wrong"), sha(BODY), str(mirror), "data.mirror", unreachable.location):
        assert needed in str(caught.value)
    assert not (tmp_path / "second").exists()


def test_two_runs_that_fetch_to_one_place_ask_once(files: tuple[type[Files], str], tmp_path: Path) -> None:
    handler, address = files
    wanted = entry(f"{address}/a.bin")
    with ThreadPoolExecutor(2) as both:
        runs = [both.submit(fetch, wanted, tmp_path / "out" / "a.bin") for _ in range(2)]
        assert [run.result() for run in runs] == [None, None]
    assert len(handler.ranges) == 1 and [path.name for path in (tmp_path / "out").iterdir()] == ["a.bin"]


def test_a_missing_file_names_itself_its_hash_and_both_ways(tmp_path: Path) -> None:
    lost = entry("http://127.0.0.1:9/x/a.bin")
    with pytest.raises(UserError) as caught:
        fetch(lost, tmp_path / "out", tmp_path)
    for needed in ("thing", sha(BODY), f"{tmp_path}/a.bin", lost.location, "not in the mirror"):
        assert needed in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_a_cut_download_goes_on_where_it_stopped(tmp_path: Path, files: tuple[type[Files], str]) -> None:
    handler, address = files
    handler.cut = 1_500_000
    with pytest.raises(UserError):
        fetch(entry(f"{address}/a"), tmp_path / "out")
    assert not (tmp_path / "out").exists()
    fetch(entry(f"{address}/a"), tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == BODY
    assert handler.ranges[0] == "" and handler.ranges[1].startswith("bytes=1") and len(handler.ranges) == 2


def test_a_stale_part_is_thrown_away(tmp_path: Path, files: tuple[type[Files], str]) -> None:
    _, address = files
    (tmp_path / f".out.{sha(BODY)[:12]}.part").write_bytes(b"z" * 5000)
    fetch(entry(f"{address}/a"), tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == BODY
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_whole_part_left_by_a_kill_is_used(tmp_path: Path, files: tuple[type[Files], str]) -> None:
    _, address = files
    (tmp_path / f".out.{sha(BODY)[:12]}.part").write_bytes(BODY)
    fetch(entry(f"{address}/a"), tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == BODY


def test_a_server_with_other_bytes_is_refused(tmp_path: Path, files: tuple[type[Files], str]) -> None:
    _, address = files
    with pytest.raises(UserError, match=f"{sha(BODY)}.*expected sha256 {sha(b'other')}"):
        fetch(entry(f"{address}/a", b"other"), tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_a_file_of_a_wheel_comes_through_pip(tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    with zipfile.ZipFile(wheels / "tiny_data-1.0-py3-none-any.whl", "w") as wheel:
        info = "tiny_data-1.0.dist-info"
        wheel.writestr("tiny_data/rows.jsonl", "{}\n")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny-data\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    rows = tmp_path / "versions.csv"
    header = "name,kind,location,revision,sha256,size_bytes,licence,note\n"
    rows.write_text(
        f"{header}tiny,pypi,tiny-data==1.0:tiny_data/rows.jsonl,,{sha(b'{}' + chr(10).encode())},,MIT,\n"
    )
    command = [sys.executable, "-m", "semcoder.cli", "data", "fetch", "tiny", "--versions", str(rows)]
    command += ["--out", str(tmp_path / "rows.jsonl")]
    offline = {**os.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels)}
    subprocess.run(command, check=True, env=offline)
    assert (tmp_path / "rows.jsonl").read_text() == "{}\n"
    command[-1] = str(tmp_path / "more.jsonl")
    failed = subprocess.run(
        command, env={**offline, "PIP_FIND_LINKS": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert failed.returncode == 2 and "tiny-data==1.0" in failed.stderr and "data.mirror" in failed.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["rows.jsonl", "versions.csv", "wheels"]


class Hub(BaseHTTPRequestHandler):
    """As much of the hub's API as a snapshot needs: the tree, the revision and the files."""

    content: dict[str, bytes]
    stated: dict[str, bytes]

    def do_GET(self) -> None:
        kind, path = type(self), urlsplit(self.path).path
        if path.startswith("/api/") and "/tree/" in path:
            tree = [
                {"type": "file", "path": p, "size": len(c), "oid": git_id(c)} for p, c in kind.stated.items()
            ]
            for file in tree:
                if file["path"].endswith(".bin"):
                    content = kind.stated[file["path"]]
                    file["lfs"] = {"oid": sha(content), "size": len(content), "pointerSize": 1}
            self._answer(json.dumps(tree).encode(), "application/json", "")
        elif path.startswith("/api/"):
            siblings = [{"rfilename": p} for p in kind.content]
            about = {"id": "owner/model", "modelId": "owner/model", "sha": REVISION, "siblings": siblings}
            self._answer(json.dumps(about).encode(), "application/json", "")
        else:
            name = path.rpartition(f"/resolve/{REVISION}/")[2]
            content = kind.content[name]
            etag = sha(content) if name.endswith(".bin") else git_id(content)
            self._answer(content, "application/octet-stream", etag)

    do_HEAD = do_GET

    def _answer(self, body: bytes, kind: str, etag: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Repo-Commit", REVISION)
        if etag:
            self.send_header("ETag", f'"{etag}"')
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


def git_id(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0%b" % (len(content), content)).hexdigest()


def hub_fetch(address: str, rows: Path, name: str, out: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "semcoder.cli", "data", "fetch", name, "--versions", str(rows)]
    environment = {
        **os.environ,
        "HF_ENDPOINT": address,
        "HF_HUB_OFFLINE": "0",  # tests of models, run before in this process, set it
        "HF_HUB_DISABLE_XET": "1",
        "HF_HOME": str(rows.parent),
    }
    return subprocess.run(
        [*command, "--out", str(out), *more], env=environment, capture_output=True, text=True, check=False
    )


def test_a_snapshot_is_checked_file_by_file_and_serves_as_a_mirror(tmp_path: Path) -> None:
    content = {"config.json": b"{}", "sub/weights.bin": BODY}
    handler = type("Handler", (Hub,), {"content": content, "stated": content})
    rows = tmp_path / "versions.csv"
    rows.write_text(
        "name,kind,location,revision,sha256,size_bytes,licence,note\n"
        f"model,hub-model,owner/model,{REVISION},,,MIT,\n"
        f"part,hub-dataset,owner/model:sub/*,{REVISION},,,MIT,\n"
        f"one,hub-file,owner/model:sub/weights.bin,{REVISION},{sha(BODY)},,MIT,\n"
    )
    mirror = tmp_path / "mirror"
    with serving(handler) as address:
        done = hub_fetch(address, rows, "model", mirror / "model")
        assert done.returncode == 0, done.stderr
        assert hub_fetch(address, rows, "part", tmp_path / "part").returncode == 0
        assert hub_fetch(address, rows, "one", tmp_path / "one.bin").returncode == 0
    assert {p.relative_to(mirror / "model").as_posix() for p in mirror.rglob("*") if p.is_file()} == {
        "config.json",
        "sub/weights.bin",
        MANIFEST,
    }
    assert not (tmp_path / "part" / "config.json").exists()
    assert (tmp_path / "one.bin").read_bytes() == BODY

    pinned = read_versions(rows)["model"]
    fetch(pinned, tmp_path / "copy", mirror)
    assert (tmp_path / "copy" / "sub" / "weights.bin").read_bytes() == BODY
    by_tree = pinned.model_copy(update={"sha256": tree_sha256(mirror / "model")})
    (tmp_path / "copy" / ".snakemake_timestamp").touch()  # as Snakemake leaves in a folder that it has made
    assert mismatch(pinned, tmp_path / "copy") == mismatch(by_tree, tmp_path / "copy") == ""
    (mirror / "model" / "config.json").write_bytes(b"[]")
    for each in (pinned, by_tree):
        with pytest.raises(UserError, match=r"config\.json|tree sha256"):
            fetch(each, tmp_path / "again", mirror)
    (mirror / "model" / MANIFEST).unlink()
    with pytest.raises(UserError, match="no readable"):
        fetch(pinned, tmp_path / "again", mirror)
    assert not (tmp_path / "again").exists()


def test_a_snapshot_with_another_file_than_the_tree_states_is_refused(tmp_path: Path) -> None:
    handler = type("Handler", (Hub,), {"content": {"a.json": b"{}"}, "stated": {"a.json": b"[]"}})
    rows = tmp_path / "versions.csv"
    rows.write_text(
        f"name,kind,location,revision,sha256,size_bytes,licence,note\nmodel,hub-model,o/m,{REVISION},,,MIT,\n"
    )
    with serving(handler) as address:
        done = hub_fetch(address, rows, "model", tmp_path / "out")
    assert done.returncode == 2 and "a.json" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_mirror_may_be_laid_out_as_the_data_folder_is(tmp_path: Path) -> None:
    (tmp_path / "mirror/thing").mkdir(parents=True)
    (tmp_path / "mirror/thing/a.bin").write_bytes(BODY)
    fetch(entry("http://127.0.0.1:9/x/a.bin"), tmp_path / "out", tmp_path / "mirror")
    assert (tmp_path / "out").read_bytes() == BODY


def test_a_folder_in_a_mirror_is_no_file(tmp_path: Path, files: tuple[type[Files], str]) -> None:
    _, address = files
    (tmp_path / "mirror/thing").mkdir(parents=True)
    fetch(entry(f"{address}/a"), tmp_path / "out", tmp_path / "mirror")
    assert (tmp_path / "out").read_bytes() == BODY


def test_a_source_out_of_reach_is_not_asked(tmp_path: Path, files: tuple[type[Files], str]) -> None:
    handler, address = files
    with pytest.raises(UserError, match=r"thing: .*data\.reach has no url"):
        fetch(entry(f"{address}/a"), tmp_path / "out", reach=["pypi", "hub"])
    assert handler.ranges == [] and list(tmp_path.iterdir()) == []


def test_a_file_is_not_fetched_over_a_directory(tmp_path: Path, files: tuple[type[Files], str]) -> None:
    handler, address = files
    (tmp_path / "out").mkdir()
    with pytest.raises(UserError, match=r"out: is a directory"):
        fetch(entry(f"{address}/a"), tmp_path / "out")
    assert handler.ranges == [] and [each.name for each in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("from_mirror", [True, False])
def test_a_full_disk_leaves_nothing(
    tmp_path: Path, files: tuple[type[Files], str], monkeypatch: pytest.MonkeyPatch, from_mirror: bool
) -> None:
    _, address = files
    (tmp_path / "mirror").mkdir()
    if from_mirror:
        (tmp_path / "mirror/thing").write_bytes(BODY)

    def full(*arguments: object) -> None:
        part = next(each for each in arguments if isinstance(each, Path) and each.name.endswith(".part"))
        part.write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(
        "semcoder.fetch.shutil.copyfile" if from_mirror else "semcoder.download._stream", full
    )
    with pytest.raises(UserError, match=r"out: no space left for thing"):
        fetch(entry(f"{address}/a"), tmp_path / "out", tmp_path / "mirror")
    assert [each.name for each in tmp_path.iterdir()] == ["mirror"]


def test_what_has_no_pin_is_taken_from_a_mirror_once_its_hash_is_written_down(tmp_path: Path) -> None:
    row = {"name": "PyX", "kind": "hub-dataset", "location": "semcoder/PyX", "licence": "MIT"}
    (tmp_path / "PyX").mkdir()
    (tmp_path / "PyX/pyx.jsonl").write_text("{}\n")
    out, found = tmp_path / "out/PyX", tree_sha256(tmp_path / "PyX")
    with pytest.raises(UserError, match=f"not pinned.*or take {tmp_path}/PyX for it: sha256 column, {found}"):
        fetch(External.model_validate(row), out, tmp_path, [])
    fetch(External.model_validate(row | {"sha256": found}), out, tmp_path, [])
    assert (out / "pyx.jsonl").read_text() == "{}\n"
