#!/usr/bin/env bash
# Resolve envs/*.in into hash-locked envs/*.lock (needs uv). Locks hold for Python 3.11 and newer on every platform.
# The CPU build of torch is looked for among the links that pip is set up with (PIP_FIND_LINKS).
set -euo pipefail
cd "$(dirname "$0")"
common=(--universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url
        --no-emit-find-links --quiet)
cpu=$(mktemp) most=$(mktemp); trap 'rm -f "$cpu" "$most"' EXIT
echo 'torch==2.13.0+cpu' > "$cpu"

# One resolution for everything that runs on a CPU; torch stands apart, since its builds differ.
uv pip compile "${common[@]}" ${PIP_FIND_LINKS:+--find-links "$PIP_FIND_LINKS"} --override "$cpu" \
    --no-emit-package torch quickstart.in -o quickstart.lock
for each in workflow data; do uv pip compile "${common[@]}" -c quickstart.lock "$each.in" -o "$each.lock"; done
uv pip compile "${common[@]}" -c quickstart.lock train.in -o train.lock
for each in dev browser benchmarks cluster crate validator; do uv pip compile "${common[@]}" "$each.in" -o "$each.lock"; done
uv pip compile "${common[@]}" --python-platform x86_64-manylinux_2_28 --no-universal serve.in -o serve.lock

# torch-gpu (the registry's build with its CUDA packages) and demo (whose pillow must be an older one) stand over
# quickstart: less what it has already.
uv pip compile "${common[@]}" -c quickstart.lock - -o torch-gpu.lock <<< 'torch==2.13.0'
awk '/^[a-z]/ { kept = !/^pillow==/ } kept' quickstart.lock > "$most"
uv pip compile "${common[@]}" -c "$most" demo.in -o demo.lock
python3 - <<'PY'
import re
from pathlib import Path
have = {line.split("==")[0] for line in Path("quickstart.lock").read_text().splitlines() if line[:1].isalpha()}
for path, own in ((Path("torch-gpu.lock"), set()), (Path("demo.lock"), {"pillow"})):
    blocks = re.split(r"(?m)^(?=[a-z])", path.read_text())
    path.write_text("".join(b for b in blocks if b.split("==")[0] not in have - own))
PY
# torch-cpu: the hash of each CPU wheel found in PIP_FIND_LINKS.
if [ -n "${PIP_FIND_LINKS:-}" ] && ls "$PIP_FIND_LINKS"/torch-2.13.0+cpu-*.whl > /dev/null 2>&1; then
    { echo "torch==2.13.0+cpu \\"
      sha256sum "$PIP_FIND_LINKS"/torch-2.13.0+cpu-*.whl | awk '{print "    --hash=sha256:" $1 " \\"}' | sed '$ s/ \\$//'
    } > torch-cpu.lock
fi
