#!/bin/sh
# What every image's %post does, from what the build laid into /opt/build: no network, nothing that a clock or a
# random number would decide. Never touch /tmp here: Apptainer binds the building machine's own into the image.
set -eu
export PYTHONDONTWRITEBYTECODE=1 PYTHONHASHSEED=0 LC_ALL=C.UTF-8 PIP_CONFIG_FILE=/dev/null
unset PIP_FIND_LINKS PIP_INDEX_URL PIP_EXTRA_INDEX_URL 2> /dev/null || true
cd /opt/build
python3 -m venv /opt/venv
pip() {
    # --no-compile: byte code is not the same in every build.
    /opt/venv/bin/python -m pip --no-cache-dir --disable-pip-version-check install --root-user-action=ignore \
        --quiet --no-compile --no-index --find-links wheelhouse --no-deps --require-hashes "$@"
}
pip --only-binary :all: -r wheels.lock
# What is published as source only (DeepSpeed) looks at the installed torch while it is built.
if [ -s sources.lock ]; then DS_BUILD_OPS=0 pip --no-build-isolation -r sources.lock; fi
/opt/venv/bin/python -m pip check
# The package itself is mounted: its modules' hashes stand in the rules' parameters, so that an edited module makes
# its own artifacts anew; in the image it would make everything anew.
printf '#!/bin/sh\nexec /opt/venv/bin/python -m semcoder.cli "$@"\n' > /usr/local/bin/semcoder
chmod 755 /usr/local/bin/semcoder
/opt/venv/bin/python sbom.py > /opt/sbom.json
cd /
# Byte code of pip itself, from the making of the environment.
find /opt/venv -name __pycache__ -prune -exec rm -rf {} +
rm -rf /opt/build /var/cache/ldconfig /var/cache/apt/*.bin /var/log/apt /var/log/dpkg.log /var/log/alternatives.log \
    /var/log/bootstrap.log
