"""How torch, transformers and DeepSpeed are loaded: quiet, offline, on a given number of threads."""

import logging
import os
import sys


def prepare(threads: int = 0) -> None:
    """Call before any of these libraries is imported. `threads`: CPU threads of torch, 0 for one a core."""
    if not sys.stderr.isatty():
        os.environ.setdefault("TQDM_DISABLE", "1")
    # Models and data sets come from files; a missing one must not turn into a download.
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    # DeepSpeed writes to stdout and resets its logger's level when imported; a filter outlives that.
    logging.getLogger("DeepSpeed").addFilter(lambda record: record.levelno >= logging.ERROR)

    logging.getLogger("accelerate").setLevel(logging.ERROR)
    if threads:
        os.environ["OMP_NUM_THREADS"] = str(threads)

    import torch
    from transformers.utils.logging import set_verbosity_error

    set_verbosity_error()  # type: ignore[no-untyped-call]
    if threads:
        torch.set_num_threads(threads)
