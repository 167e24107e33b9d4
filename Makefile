# Two commands: `make quickstart` (the whole graph, small, on a CPU) and `make test`.
# PYTHON=... chooses the interpreter (3.11 or newer), CORES=... how many cores, MIRROR=DIR a folder of benchmark files.
# `make demo` asks the quickstart's checkpoint; MODEL=DIR another one, SERVER=URL an OpenAI-compatible server;
# PORT=N is where the page is served.
PYTHON ?= $(firstword $(foreach p,python3.11 python3.12 python3.13 python3,\
	$(if $(shell $(p) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo yes),$(p))) python3)
CORES ?= $(shell nproc 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null || echo 2)
MIRROR ?=
BIN := .venv/bin
OUT := results/quickstart
MODEL ?= $(OUT)/checkpoints/quickstart
SERVER ?=
PORT ?=
LOCKS := $(wildcard envs/*.lock) envs/install.py pyproject.toml
SNAKEMAKE := $(BIN)/snakemake --profile profiles/quickstart --cores $(CORES) \
	$(if $(MIRROR),--config 'data={"mirror": "$(abspath $(MIRROR))"}')

.PHONY: quickstart test demo cluster benchmarks lock clean

quickstart: .venv/.quickstart
	$(SNAKEMAKE)
	@if [ ! -e $(OUT)/report.html ] || \
	  [ -n "$$(find $(OUT)/tables $(OUT)/plots $(OUT)/pages -newer $(OUT)/report.html -print -quit)" ]; then \
	  $(SNAKEMAKE) --report $(OUT)/report.html > $(OUT)/logs/report.log 2>&1 || { cat $(OUT)/logs/report.log; exit 1; }; fi
	@cat $(OUT)/tables/scores.md
	@printf '\nReport: %s\nTables: %s\n' "$(CURDIR)/$(OUT)/report.html" "$(CURDIR)/$(OUT)/tables/"

test: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/snakefmt --check Snakefile rules
	$(BIN)/snakemake --lint --profile profiles/quickstart
	$(BIN)/pytest -n 2 --dist loadscope --no-loadscope-reorder

.venv/.quickstart: $(LOCKS)
	@$(PYTHON) envs/install.py quickstart && touch $@

.venv/.dev: $(LOCKS)
	@$(PYTHON) envs/install.py dev && touch .venv/.quickstart $@

.venv/.browser: $(LOCKS)
	@$(PYTHON) envs/install.py browser && touch .venv/.quickstart $@

.venv-demo/.demo: $(LOCKS)
	@$(PYTHON) envs/install.py demo && touch .venv/.quickstart $@

.venv-validator/.validator: $(LOCKS)
	@$(PYTHON) envs/install.py validator && touch .venv/.quickstart $@

demo: .venv-demo/.demo
	.venv-demo/bin/semcoder demo $(if $(SERVER),--server $(SERVER),--model $(MODEL)) $(if $(PORT),--port $(PORT))

.venv/.benchmarks: $(LOCKS)
	@$(PYTHON) envs/install.py benchmarks && touch .venv/.quickstart $@

# What a cluster's front end needs for `snakemake --profile slurm`: jobs run in images.
cluster:
	@$(PYTHON) envs/install.py cluster

benchmarks: .venv/.benchmarks
	$(BIN)/python -m benchmarks --mirror "$(MIRROR)"

lock:
	envs/lock.sh

clean:
	rm -rf $(OUT)
