# Two commands are enough: `make run` does the main job, `make test` runs the tests.
# Both set up a virtual environment first, and only once.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints/constraints.txt
RUNS := runs

export OPENBLAS_NUM_THREADS ?= 1
unexport PYTHONDONTWRITEBYTECODE # hundreds of processes would compile the sources again

.DEFAULT_GOAL := help
.PHONY: help run studio studio-bundle studio-images kernel test test-deep wheel wheel-check docs docs-open docs-refresh fuzz mutation lint format bench-experiments bench-verify bench-data bench-kill-resume bench-nano bench-nano-tasks bench-warm-start bench-mixers bench-optima bench-compile bench-scale bench-one-shot bench-noise bench-runtime bench-compare bench-ground bench-refine bench-device bench-reinforcement bench-before-after bench-serve data-nano train-nano clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 20

$(VENV)/pip: 
	$(PYTHON) -c 'import sys; sys.exit("quasar needs Python 3.11 or newer: make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/core: $(VENV)/pip pyproject.toml constraints/constraints.txt $(wildcard src/quasar/*/*.[ch])
	$(PIP) --no-compile -e '.[optima]' # Python compiles what is used, when it is
	touch $@

$(VENV)/models: $(VENV)/core
	$(PIP) -e '.[models]'
	touch $@

$(VENV)/dev: $(VENV)/pip pyproject.toml constraints/constraints.txt $(wildcard src/quasar/*/*.[ch])
	$(PIP) -e '.[dev]'
	touch $@ $(VENV)/core $(VENV)/models $(VENV)/serve

$(VENV)/serve: $(VENV)/core
	$(PIP) -e '.[optima,serve]'
	touch $@

run: $(VENV)/core ## Let the packaged language model solve two problems on a real network
	@echo "Marriages among 15 families of Renaissance Florence, as maximum cut:"
	@$(BIN)/quasar generate --problem examples/florentine_maxcut.json --algorithm qaoa --layers 4 --refine --out $(RUNS)/florentine_maxcut --force
	@echo
	@echo "The same network, as minimum vertex cover:"
	@$(BIN)/quasar generate --problem examples/florentine_vertex_cover.json --refine --out $(RUNS)/florentine_vertex_cover --force

studio: $(VENV)/serve ## Open the studio: draw a problem in the browser, look at the verdict
	$(BIN)/quasar studio

studio-images: $(VENV)/dev ## Take the pictures of docs/studio.md again (needs chromium)
	$(BIN)/python -m benchmarks.studio --images

studio-bundle: ## Build the studio's page again, after a change in studio/ (needs Node 20 and npm)
	cd studio && npm ci --silent && npx tsc --noEmit && npx vite build

kernel: $(VENV)/pip ## Compile the parts in C again, after a change of one
	$(BIN)/python src/quasar/core/compiled.py

test: $(VENV)/dev ## Run the tests; the long versions of some are left to test-deep
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow"

test-deep: $(VENV)/dev ## Nightly: all tests, the long versions and all cases of the others too
	$(BIN)/python -m pytest -n 2 --dist loadfile --hypothesis-profile deep

wheel: $(VENV)/dev ## Build the wheel and the sdist, in dist
	$(BIN)/python -m build --no-isolation --outdir dist

wheel-check: wheel ## Install the wheel into an empty environment, generate and verify there
	$(BIN)/python tests/wheel_check.py dist

docs: $(VENV)/dev ## Build the documentation site, in build/docs
	PYTHONWARNINGS=ignore $(BIN)/python -m sphinx -W --keep-going -q -c docs/site -b html docs build/docs
	@echo "build/docs/site/index.html"

docs-open: docs ## Build the documentation site and open it
	$(BIN)/python -m webbrowser -t "file://$(CURDIR)/build/docs/site/index.html"

docs-refresh: $(VENV)/dev ## Run the pages' examples and rewrite the output that they show
	PYTHONPATH=tests $(BIN)/python tests/docs_refresh.py $(PAGES)

fuzz: $(VENV)/dev ## Nightly: random programs against the importer, refusals, equivalent programs, other libraries
	PYTHONPATH=tests $(BIN)/python tests/fuzz.py
	PYTHONPATH=tests $(BIN)/python tests/fuzz_refusals.py --inputs 200000
	PYTHONPATH=tests $(BIN)/python tests/fuzz_compiled.py --inputs 200000
	PYTHONPATH=tests $(BIN)/python tests/fuzz_compiled.py --inputs 5000 --sanitized
	PYTHONPATH=tests $(BIN)/python tests/fuzz_metamorphic.py
	PYTHONPATH=tests $(BIN)/python tests/fuzz_differential.py

.PHONY: fuzz-million
fuzz-million: $(VENV)/dev ## Nightly: a million hostile programs (hours); goes on where it stopped; INPUTS=20000
	PYTHONPATH=tests nice $(BIN)/python tests/fuzz_hostile.py --inputs $(or $(INPUTS),1000000)

.PHONY: fuzz-corpora kill-loop
fuzz-corpora: $(VENV)/dev ## Nightly: public programs in the folders of QUASAR_CORPORA, beside the importer and Aer
	PYTHONPATH=tests nice $(BIN)/python tests/fuzz_corpora.py

kill-loop: $(VENV)/dev ## Nightly: server, workers, data build, evaluation and training killed at random; KILLS=2
	$(BIN)/python -m benchmarks.kill_resume --subjects all --kills $(or $(KILLS),10) --load 2

.PHONY: canary
CANARY := build/canary
canary: ## Nightly: the verifier's tests on the newest Qiskit and importer; TESTS=tests/circuits/test_qasm.py
	$(PYTHON) -m venv --clear $(CANARY)
	grep -vE '^(qiskit|qiskit-qasm3-import)==' constraints/constraints.txt > $(CANARY)/constraints.txt
	@{ $(CANARY)/bin/python -m pip install --quiet -c $(CANARY)/constraints.txt -e '.[aer,serve]' hypothesis psutil pytest pytest-timeout pytest-xdist \
	&& $(CANARY)/bin/python -m pip install --quiet --upgrade qiskit qiskit-qasm3-import; } \
	|| { echo "The newest versions cannot be installed: see above. Without network there is no canary." >&2; exit 1; }
	$(CANARY)/bin/python tests/canary.py $(TESTS)

mutation: $(VENV)/dev ## Nightly: which small faults the tests notice; make mutation LIMIT=72 SEED=1 ROOMS=verifier
	nice $(BIN)/python -m benchmarks.mutation --limit $(or $(LIMIT),0) --seed $(or $(SEED),1) $(if $(ROOMS),--rooms $(ROOMS))

lint: $(VENV)/dev ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/dev ## Rewrite the sources in the project's style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench-experiments: $(VENV)/dev ## Known states, entanglement and optima, measured
	$(BIN)/python -m benchmarks.experiments

bench-verify: $(VENV)/dev ## Speed of the verifier, against an older commit and the published way
	$(BIN)/python -m benchmarks.judge_speed $(if $(OLD),--old $(OLD))
	$(BIN)/python -m benchmarks.verify

bench-data: $(VENV)/dev ## Seconds a circuit, against the published way (with PennyLane)
	$(PIP) -e '.[bench]'
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.data

bench-warm-start: $(VENV)/dev ## Warm-started QAOA at the angles of its table
	$(BIN)/python -m benchmarks.warm_start

bench-mixers: $(VENV)/dev ## Mixers that keep constraints, beside the X mixer with penalties
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.mixers

bench-optima: $(VENV)/dev ## Optima with proof, beside CP-SAT and HiGHS alone on the same models
	$(BIN)/python -m benchmarks.optima

bench-compile: $(VENV)/dev ## Compiled circuits beside Qiskit alone and pytket (minutes)
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.compile

bench-scale: $(VENV)/dev ## QAOA beyond 24 qubits: energies beside other libraries; QUICK=1 takes minutes
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.scale $(if $(QUICK),--quick)

bench-one-shot: $(VENV)/dev ## QAOA angles without optimisation, beyond 24 qubits; goes on where it stopped; QUICK=1 takes minutes
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.one_shot $(if $(QUICK),--quick)

bench-noise: $(VENV)/dev ## Energies of noisy devices with and without mitigation; goes on where it stopped; QUICK=1 takes a minute
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.noise $(if $(QUICK),--quick)

bench-nano-tasks: $(VENV)/dev ## The packaged model on target tasks that it never learnt from, some minutes
	$(BIN)/python -m benchmarks.nano_tasks

bench-nano: $(VENV)/dev ## The packaged model on problems that it never saw, beside baselines; goes on where it stopped
	$(BIN)/python -m benchmarks.nano

bench-runtime: $(VENV)/dev ## Ways to run the packaged model: speed, memory, the same tokens
	$(BIN)/python -m benchmarks.runtime --busy

bench-compare: $(VENV)/dev ## The packaged model beside large models and the designer, on the benchmark
	$(BIN)/python -m benchmarks.compare

bench-ground: $(VENV)/dev ## Ground states beside VQE by Qiskit and PennyLane, and a gradient beside theirs (needs both)
	$(BIN)/python -m benchmarks.ground_states compare
	$(BIN)/python -m benchmarks.ground_states gradient

bench-refine: $(VENV)/dev ## `--refine` with the packaged model, and its angles as a start
	$(BIN)/python -m benchmarks.refine

bench-device: $(VENV)/dev ## Circuits chosen for a device, beside those chosen without, under its noise; goes on where it stopped
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.device_synthesis $(if $(MODEL),--model $(MODEL))

bench-reinforcement: $(VENV)/dev ## Reinforcement under ten rewards and losses (an hour and a half)
	$(BIN)/python -m benchmarks.reinforcement

bench-before-after: $(VENV)/dev ## Two models on the same problems: make bench-before-after BEFORE=folder AFTER=nano DATA=data/x
	$(BIN)/python -m benchmarks.before_after $(BEFORE) $(AFTER) --data $(DATA)

bench-serve: $(VENV)/dev ## Throughput and latency of the HTTP service
	$(BIN)/python -m benchmarks.serve

data-nano: $(VENV)/dev ## The packaged model's training data (about half an hour)
	$(BIN)/quasar data build --config configs/data-nano-solutions.toml --out data/nano-solutions
	$(BIN)/quasar data build --config configs/data-nano-angles.toml --out data/nano-angles
	$(BIN)/quasar data build --config configs/data-nano-agent-q.toml --out data/nano-agent-q
	$(BIN)/quasar data build --config configs/data-nano-agent-q-angles.toml --out data/nano-agent-q-angles

train-nano: $(VENV)/dev data-nano ## The packaged model from scratch (about two hours more)
	$(BIN)/quasar train sft configs/sft-nano.toml

bench-kill-resume: $(VENV)/dev ## A build killed ten times and resumed, against one left alone
	$(BIN)/python -m benchmarks.kill_resume

clean: ## Remove the environment and all caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
