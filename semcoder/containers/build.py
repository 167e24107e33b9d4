"""Building an image: all laid out in one folder, Apptainer run on it without a network, the result normalised."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from semcoder.artifacts import sha256_of, written_by_program
from semcoder.containers.images import DEFINITIONS, IMAGES, by_kind, definition_of, without_comments
from semcoder.containers.sif import EPOCH, normalise
from semcoder.errors import UserError

COMPRESSION = "-comp zstd -Xcompression-level 6"
"""A third of gzip's time for a smaller file."""
_STAGE = """
set -e
mount -t tmpfs -o mode=755 tmpfs /mnt && mkdir /mnt/build && mount --bind "$PWD" /mnt/build
mount -t tmpfs -o mode=1777 tmpfs /tmp && mount -t tmpfs -o mode=1777 tmpfs /var/tmp
cd /mnt/build
export HOME="$PWD" APPTAINER_TMPDIR="$PWD/tmp" APPTAINER_CACHEDIR="$PWD/tmp"
exec "$@"
"""
"""A /tmp of the build's own, which Apptainer binds into the image's %post, and the same path for every build."""


def main(
    name: Annotated[str, typer.Argument(metavar="IMAGE", help=f"One of {', '.join(IMAGES)}.")],
    wheelhouse: Annotated[
        Path, typer.Option(exists=True, help="Its packages: `semcoder containers wheelhouse`.")
    ],
    base: Annotated[
        str, typer.Option(help="A Debian tree (`semcoder containers base`), or NAME@sha256:DIGEST.")
    ],
    out: Annotated[Path, typer.Option(help="The SIF.")],
) -> None:
    """Build an image, bit-for-bit the same wherever it is built.

    Needs Apptainer and, but for root, a user with subordinate ids or unprivileged user namespaces.

    Example: semcoder containers build data --wheelhouse images/wheelhouse/data --base images/debian.tar
    --out images/data.sif
    """
    if name not in IMAGES:
        raise UserError(f"there is no image {name}; images are {', '.join(IMAGES)}.")
    if not shutil.which("apptainer"):
        raise UserError(
            "an image is built by apptainer, and there is none; install it (tests/provision shows how)."
        )
    with (
        written_by_program(out) as unfinished,
        tempfile.TemporaryDirectory(dir=out.parent, prefix=".build-") as made,
    ):
        stage = Path(made)
        arguments = _laid_out(name, wheelhouse, base, stage)
        _run(
            stage,
            ["apptainer", "--quiet", "build", "--force", "--mksquashfs-args", COMPRESSION]
            + [word for key, value in arguments.items() for word in ("--build-arg", f"{key}={value}")]
            + ["image.sif", "image.def"],
        )
        normalise(stage / "image.sif")
        shutil.move(stage / "image.sif", unfinished)


def _laid_out(name: str, wheelhouse: Path, base: str, stage: Path) -> dict[str, str]:
    """Fill the folder that the build runs in; returns the definition's arguments."""
    wheels, sources = by_kind(name)
    context = stage / "context"
    shutil.copytree(wheelhouse, context / "wheelhouse", copy_function=_linked)
    for file, text in {
        "wheels.lock": wheels,
        "sources.lock": sources,
        "post.sh": without_comments(DEFINITIONS / "post.sh"),
        "sbom.py": without_comments(DEFINITIONS / "sbom.py"),
    }.items():
        (context / file).write_text(text, encoding="utf-8")
    for path in (context, *context.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    (stage / "image.def").write_text(without_comments(DEFINITIONS / f"{IMAGES[name].definition}.def"))
    (stage / "tmp").mkdir()
    arguments = {"NAME": name, "DEFINITION": definition_of(name), "BUILD_DATE": "2026-01-01T00:00:00Z"}
    if "@sha256:" in base:
        return {**arguments, "BOOTSTRAP": "docker", "FROM": base, "BASE": base}
    tree = stage / "rootfs"
    tree.mkdir()
    done = subprocess.run(
        ["tar", "--extract", "--exclude=./dev/*", "--file", base, "--directory", tree],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise UserError(f"{base}: cannot be unpacked ({done.stderr.strip()[-200:]}); make it again.")
    return {
        **arguments,
        "BOOTSTRAP": "localimage",
        "FROM": "rootfs",
        "BASE": f"debian {sha256_of(Path(base))}",
    }


def _linked(source: str, target: str) -> str:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
    return target


def _run(stage: Path, command: list[str]) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(stage),
        "LC_ALL": "C.UTF-8",
        "SOURCE_DATE_EPOCH": str(EPOCH),
        "APPTAINER_TMPDIR": str(stage / "tmp"),
        "APPTAINER_CACHEDIR": str(stage / "tmp"),
    }
    if os.geteuid() == 0:
        code, said = _as_full_root(command, stage, environment, offline="BOOTSTRAP=localimage" in command)
    else:
        done = subprocess.run(
            command, cwd=stage, env=environment, stderr=subprocess.PIPE, text=True, check=False
        )
        code, said = done.returncode, done.stderr
    if code:
        raise UserError(f"apptainer could not build the image: {' '.join(said.split())[-1500:]}")


def _as_full_root(
    command: list[str], stage: Path, environment: dict[str, str], offline: bool
) -> tuple[int, str]:
    """Run it as root of a user namespace that maps all ids to themselves, without a network unless a base is pulled.

    %post asks for every capability, and root of a container or virtual machine may lack some; there it has all.
    """
    waits, goes = os.pipe()
    says, told = os.pipe()
    script = f'echo >&{told}; read -r _ <&{waits}; exec bash -c "$0" stage "$@"'
    with subprocess.Popen(
        [
            "unshare",
            "--user",
            "--mount",
            *(["--net"] if offline else []),
            "bash",
            "-c",
            script,
            _STAGE,
            *command,
        ],
        cwd=stage,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        pass_fds=(waits, told),
    ) as child:
        os.close(told)
        os.close(waits)
        if os.read(says, 1):
            for table in ("uid_map", "gid_map"):
                Path(f"/proc/{child.pid}/{table}").write_text("0 0 65536\n")
            os.write(goes, b"\n")
        os.close(goes)
        os.close(says)
        _, said = child.communicate()
    return child.returncode, said
