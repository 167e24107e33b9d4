"""A Debian tree to build images on where no container registry can be reached.

Two runs give the same bytes as long as the archive does not move (a point release, a security update).
"""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Annotated

import typer

from semcoder.artifacts import written_by_program
from semcoder.containers.sif import EPOCH
from semcoder.errors import UserError

SUITE = "bookworm"
PACKAGES = ("ca-certificates", "python3", "python3-venv", "python3-dev", "g++")
"""Python 3.11, and a compiler: DeepSpeed builds its kernels at first use."""
LEFT_OUT = "/usr/share/{man,doc,locale,info}/*"


def main(
    out: Annotated[Path, typer.Option(help="The tree, as a tar archive.")],
) -> None:
    """Make a Debian 12 tree with Python 3.11 and a compiler, for images.

    Needs mmdebstrap, and root or unprivileged user namespaces. The archive is the one that apt uses on this machine.

    Example: semcoder containers base --out images/debian.tar
    """
    if not shutil.which("mmdebstrap"):
        raise UserError(
            "containers.base is debian, which needs mmdebstrap: install the package, or name an image."
        )
    with written_by_program(out) as unfinished:
        command = ["mmdebstrap", "--quiet", "--variant=minbase", "--format=tar"]
        command += [f"--mode={'root' if os.geteuid() == 0 else 'unshare'}", f"--include={','.join(PACKAGES)}"]
        command += [f"--dpkgopt=path-exclude={LEFT_OUT}", SUITE, str(unfinished), *_archive()]
        done = subprocess.run(
            command,
            env={**os.environ, "SOURCE_DATE_EPOCH": str(EPOCH)},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise UserError(
                f"mmdebstrap ended with {done.returncode}: {' '.join(done.stderr.split())[-500:]}."
            )


def _archive() -> list[str]:
    """The Debian archive that apt uses here; mmdebstrap's own choice where that is not to be found."""
    form = "$(REPO_URI)|$(ORIGIN)|$(CODENAME)|$(COMPONENT)"
    done = subprocess.run(
        ["apt-get", "indextargets", "--format", form, "Created-By: Packages"],
        capture_output=True,
        text=True,
        check=False,
    )
    rows = (line.split("|") for line in done.stdout.splitlines())
    found = [row[0] for row in rows if row[1:] == ["Debian", SUITE, "main"]]
    return found[:1]
