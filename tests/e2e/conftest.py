"""A clone of the repository in which the graph runs, on the environment and the downloads of this one.

Its corpus is a folder, as a lab's own code would be: the quickstart reads the standard library as a whole.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
LIBRARY = Path(statistics.__file__).parent
CORPUS = """
    ast base64 bisect calendar codecs colorsys copy csv datetime difflib dis email/_parseaddr email/header
    email/quoprimime email/utils fnmatch fractions functools genericpath gettext hashlib heapq html/__init__
    http/cookies imaplib inspect ipaddress json/decoder json/scanner keyword locale mimetypes ntpath nturl2path numbers
    opcode operator optparse os pkgutil posixpath pprint quopri random reprlib shlex sre_parse stat statistics string
    stringprep textwrap
    token tokenize types unittest/util urllib/parse urllib/request uuid warnings wsgiref/util xml/sax/saxutils
""".split()  # noqa: SIM905
"""Modules of the standard library, where they are there."""
SCALES = ["profiles/quickstart/scale.yaml", "tests/e2e/scale.yaml"]

DATA = ("seeds/*", "pyx/**/*.json*", "traces/*", "monologues/**/*.json*", "formats/**/*.json*", "mixtures/*")
"""What is equal to the byte in every run."""
Clone = Callable[[str], "Checkout"]


class Checkout:
    """A clone, and snakemake in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.results = folder / "results" / "quickstart"
        self.scales = SCALES
        self.settings: dict[str, Any] = {"data": {"directory": str(ROOT / "data" / "external")}}
        """Laid over the small scale."""
        self.environment = dict(os.environ)

    def command(self, *words: str, profile: str = "profiles/quickstart", cores: int = 2) -> list[str]:
        """snakemake on the small scale."""
        snakemake = str(Path(sys.executable).with_name("snakemake"))
        settings = [f"{key}={json.dumps(value)}" for key, value in self.settings.items()]
        options = ["--profile", profile, "--configfile", *self.scales, "--config", *settings]
        return [snakemake, *options, "--cores", str(cores), *words]

    def run(self, *words: str, profile: str = "profiles/quickstart", cores: int = 2, status: int = 0) -> str:
        """Run it to its end, which must be this one; returns what it printed."""
        command = self.command(*words, profile=profile, cores=cores)
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    def files(self, *patterns: str) -> dict[str, bytes]:
        """The artifacts that match, with their content."""
        found = [path for pattern in patterns for path in sorted(self.results.glob(pattern))]
        return {str(path.relative_to(self.results)): path.read_bytes() for path in found}


@pytest.fixture(scope="session")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """Makes a clone with the files that git knows, as they stand here."""

    def make(name: str) -> Checkout:
        folder = tmp_path_factory.mktemp(name)
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        ).stdout
        for path in listed.decode().rstrip("\0").split("\0"):
            if (ROOT / path).is_file() or (ROOT / path).is_symlink():
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / path, folder / path, follow_symlinks=False)
        for module in CORPUS:
            if (source := LIBRARY / f"{module}.py").is_file():
                (folder / "corpus" / module).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, folder / f"corpus/{module}.py")
        return Checkout(folder)

    return make


@pytest.fixture(scope="session")
def finished(clone: Clone) -> Checkout:
    """A clone in which the whole graph was run, undisturbed."""
    checkout = clone("whole")
    checkout.run()
    return checkout
