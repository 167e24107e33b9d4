"""Whether programs can be run apart from this machine: `python -m semcoder.execution.probe namespaces`.

Prints a JSON object: what stands in the way of the stage leaving the `network`, and of the `sandbox` then.
"""

import json
import sys
from typing import get_args

from semcoder.errors import UserError
from semcoder.execution import network
from semcoder.execution.api import Job, Limits
from semcoder.execution.isolation import Isolation
from semcoder.execution.pool import Sandbox


def probe(isolation: Isolation) -> str:
    """Run one program; returns what stands in the way, nothing where it ran."""
    try:
        with Sandbox(1, Limits(cpu_s=5, wall_s=30), preload=(), isolation=isolation) as sandbox:
            outcome = next(iter(sandbox.run([Job("probe", "print(1)")])))
    except UserError as error:
        return str(error)
    return (
        "" if outcome.verdict == "ok" else f"a program that prints ends as {outcome.verdict} {outcome.detail}"
    )


if __name__ == "__main__":
    wanted = next(each for each in get_args(Isolation) if each == sys.argv[1])
    print(json.dumps({"network": network.leave(), "sandbox": probe(wanted)}))
