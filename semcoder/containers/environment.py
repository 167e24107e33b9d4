"""What a job sees inside of its image: nothing of the machine but what is declared here.

Apptainer takes its options from the environment as well. They are set by the Snakefile, which every job reads, and
not by a profile: so a job in an image is clean with any profile.
"""

import os
import tempfile
from collections.abc import Iterable, Mapping, MutableMapping
from pathlib import Path

PASSED = ("CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS", "SEMCODER_ISOLATION")
"""Variables that reach a job if they are set, besides the teacher's key."""
CAPABILITIES = "CAP_SETUID,CAP_SETGID,CAP_SETFCAP"
"""What root keeps, to make the sandbox's user namespaces; with capabilities of another user bubblewrap refuses."""


def enter(
    checkout: Path,
    read: Iterable[Path],
    written: Iterable[Path],
    passed: list[str],
    gpus: bool,
    environment: MutableMapping[str, str],
) -> None:
    """Set in `environment` what Apptainer is to do for each job that is started with it.

    `checkout` (the package's source) and the places that are `read` are seen at their own paths and cannot be
    written; those `written` can, as can the working directory, which Snakemake binds.
    """
    scratch = Path(tempfile.gettempdir()) / f"semcoder-{os.getuid()}"
    scratch.mkdir(mode=0o700, exist_ok=True)
    here = Path.cwd()
    seen = {path.resolve(): "ro" for path in (checkout, *read)}
    seen |= {path.resolve(): "rw" for path in written}
    outside = {path: how for path, how in seen.items() if not path.is_relative_to(here)}
    bound = {
        here: "rw",
        **outside,
    }  # Snakemake binds it too, but a /tmp of the job's own would cover one below /tmp
    environment.update(
        APPTAINER_CONTAINALL="1",
        APPTAINER_CLEANENV="1",
        APPTAINER_WORKDIR=str(scratch),  # or /tmp would hold 64 MB
        APPTAINER_BIND=",".join(f"{path}:{path}:{how}" for path, how in bound.items()),
        **_inside(environment, checkout, passed),
    )
    if os.geteuid() == 0:
        environment["APPTAINER_ADD_CAPS"] = CAPABILITIES
    if gpus:
        environment["APPTAINER_NV"] = "1"


def _inside(environment: Mapping[str, str], checkout: Path, passed: list[str]) -> dict[str, str]:
    inside = {
        "PYTHONPATH": str(checkout.resolve()),
        "XDG_CACHE_HOME": "/tmp/cache",
        "MPLCONFIGDIR": "/tmp/cache/matplotlib",
        **{name: environment[name] for name in (*PASSED, *passed) if name in environment},
    }
    return {f"APPTAINERENV_{name}": value for name, value in inside.items()}
