"""Make .venv, or one beside it, from hash-locked requirements: `python envs/install.py quickstart|dev|demo|...`.

Standard library only. Says what will be downloaded before it downloads. Interrupted, it can be run again.
"""

import hashlib
import os
import re
import subprocess
import sys
import venv
from pathlib import Path

ENVS = Path(__file__).resolve().parent
ROOT = ENVS.parent
VENV = ROOT / ".venv"
DEMO = ROOT / ".venv-demo"
"""Over the quickstart's: what the demo needs in another version, and what it needs besides."""
VALIDATOR = ROOT / ".venv-validator"
"""By itself: what checks run records in the tests."""

# What pip downloads, in MB, on Linux x86_64 with CPython 3.11 (du of a fresh download folder); torch-gpu is estimated.
MEGABYTES = {
    "torch-cpu": 192,
    "torch-gpu": 3000,
    "quickstart": 178,
    "dev": 35,
    "browser": 54,
    "demo": 40,
    "benchmarks": 45,
    "model": 93,
    "workflow": 25,
    "cluster": 30,
    "validator": 18,
}


def main(wanted: str) -> None:
    """Install `wanted`; its stamp is written last, so a killed run is never taken for done."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this script is what an older interpreter runs first
        sys.exit(
            f"semcoder needs Python 3.11 or newer, this is {sys.version.split()[0]}; say PYTHON=python3.11."
        )
    if not (VENV / "bin" / "python").exists():
        venv.create(VENV, with_pip=True)
    if wanted == "cluster":
        _cluster()
        return
    if _missing("quickstart"):
        _torch()
        _rest()
        _pip("-r", ENVS / "crate.lock")
        _done("quickstart")
    for name, use in (
        ("dev", "tools for the tests"),
        ("browser", "what drives a browser in the tests"),
        ("benchmarks", "the harnesses we are measured against"),
    ):
        if wanted == name and _missing(name):
            _say(f"about {MEGABYTES[name]} MB of {use}")
            _pip("-r", ENVS / f"{name}.lock")
            _done(name)
    if wanted == "demo" and _missing("demo", DEMO):
        _demo()
    if wanted == "validator" and _missing("validator", VALIDATOR):
        _apart("validator", "what checks run records in the tests", VALIDATOR)
        _done("validator", VALIDATOR)


def _apart(name: str, use: str, where: Path) -> None:
    """An environment of its own, into which the first one's pip installs."""
    _say(f"about {MEGABYTES[name]} MB for {use}", where)
    subprocess.run([VENV / "bin/python", "-m", "venv", "--without-pip", "--clear", where], check=True)
    _pip("-r", ENVS / f"{name}.lock", into=where)


def _demo() -> None:
    _apart("demo", "the demo", DEMO)
    (below,) = VENV.glob("lib/python*/site-packages")
    (site,) = DEMO.glob("lib/python*/site-packages")
    # Behind its own packages it finds the quickstart's, this package among them.
    (site / "quickstart.pth").write_text(f"import site; site.addsitedir({str(below)!r})\n")
    command = DEMO / "bin" / "semcoder"
    command.write_text(f"#!{DEMO / 'bin' / 'python'}\nfrom semcoder.cli import main\n\nmain()\n")
    command.chmod(0o755)
    _done("demo", DEMO)


def _cluster() -> None:
    """What starts jobs, and no more: they run in images. Beside the quickstart's environment, or by itself."""
    if _missing("quickstart") and _missing("workflow"):
        _say(f"about {MEGABYTES['workflow']} MB for the workflow")
        _pip("-r", ENVS / "workflow.lock")
        _pip("-r", ENVS / "crate.lock")
        _pip("--no-build-isolation", "--editable", ROOT, hashes=False)
        _done("workflow")
    if _missing("cluster"):
        _say(f"about {MEGABYTES['cluster']} MB for SLURM and images")
        _pip("-r", ENVS / "cluster.lock")
        _done("cluster")


def _torch() -> None:
    """The CPU build where pip's own indexes and links offer one, else the registry's default build."""
    _say(f"about {MEGABYTES['torch-cpu']} MB for torch (CPU build)")
    if _pip("-r", ENVS / "torch-cpu.lock", may_fail=True):
        return
    _say(
        f"about {MEGABYTES['torch-gpu']} MB for torch: pip finds no CPU build for this Python (a folder or index "
        "that has one can be named in PIP_FIND_LINKS or PIP_EXTRA_INDEX_URL)"
    )
    _pip("-r", ENVS / "torch-gpu.lock")


def _rest() -> None:
    later = f"the base model, {MEGABYTES['model']} MB, comes when the graph runs"
    _say(f"about {MEGABYTES['quickstart']} MB for everything else ({later})")
    blocks = re.split(r"(?m)^(?=[a-z])", (ENVS / "quickstart.lock").read_text())
    # DeepSpeed comes as source only and looks at the installed torch while it is built.
    for name, isolated, wanted in (("wheels", True, False), ("deepspeed", False, True)):
        part = VENV / f"{name}.lock"
        part.write_text("".join(block for block in blocks if block.startswith("deepspeed==") == wanted))
        _pip(*([] if isolated else ["--no-build-isolation"]), "-r", part)
    _pip("--no-build-isolation", "--editable", ROOT, hashes=False)


def _pip(*arguments: str | Path, hashes: bool = True, may_fail: bool = False, into: Path = VENV) -> bool:
    command = [
        VENV / "bin" / "python",
        "-m",
        "pip",
        "--python",
        into / "bin" / "python",
        "--disable-pip-version-check",
        "install",
        "--quiet",
        "--no-deps",
    ]
    command += ["--require-hashes"] if hashes else []
    quiet = subprocess.DEVNULL if may_fail else None
    environment = {**os.environ, "DS_BUILD_OPS": "0"}  # no CUDA kernels are compiled at installation
    code = subprocess.run([*command, *arguments], env=environment, stderr=quiet, check=False).returncode
    if code and not may_fail:
        sys.exit(
            f"semcoder: pip could not install {arguments[-1]} (its message stands above); run the command again."
        )
    return code == 0


def _identity() -> str:
    files = [*sorted(ENVS.glob("*.lock")), ROOT / "pyproject.toml"]
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()


def _missing(name: str, where: Path = VENV) -> bool:
    stamp = where / f".{name}"
    return not stamp.exists() or stamp.read_text() != _identity()


def _done(name: str, where: Path = VENV) -> None:
    (where / f".{name}").write_text(_identity())


def _say(text: str, where: Path = VENV) -> None:
    print(f"semcoder: downloading {text}, into {where}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
