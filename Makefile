# Two commands to begin with: `make run` and `make test`. See README.md.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test check bench bench-lock examples-lock invoice-pictures lint install lock lock-image screenshots

run: install
	@$(BIN)/python manage.py demo
	@DEMO_SIGN_IN=true $(BIN)/python server.py

test: install
	@$(BIN)/python -m pytest

check: lint test

bench: install
	@$(BIN)/python -m benchmarks

# Both need npm and uv. The libraries of the peers and of the examples, with hashes, without addresses.
bench-lock:
	$(call lock-npm,benchmarks/peers)
	$(call lock-pip,benchmarks/peers)

examples-lock:
	$(call lock-npm,examples)
	$(call lock-pip,examples/python)

define lock-npm
	cd $(1) && npm update --save --package-lock-only \
		--omit-lockfile-registry-resolved --ignore-scripts --no-audit --no-fund && node -e \
		"const lock = require('./package-lock.json'); \
		for (const part of Object.values(lock.packages)) delete part.funding; \
		fs.writeFileSync('package-lock.json', JSON.stringify(lock, null, 2) + '\n')"
endef

define lock-pip
	uv pip compile $(1)/requirements.in --generate-hashes --no-emit-index-url \
		--no-header --universal --upgrade --quiet -o $(1)/requirements.txt
endef

# Needs pdftoppm (Debian's poppler-utils). The pictures of docs/invoices.md.
invoice-pictures: install
	@for locale in en-US de-DE ja-JP; do $(MAKE) --no-print-directory picture-$$locale; done
	@$(MAKE) --no-print-directory NOTE=--credit-note picture-fr-FR

picture-%:
	@mkdir -p data
	@$(BIN)/python manage.py invoice sample --locale $* $(NOTE) data/sample.pdf
	@pdftoppm -r 64 -png -singlefile data/sample.pdf docs/images/invoice-$*
	@rm data/sample.pdf

# The pictures in docs/images, of the demo in Chromium.
screenshots: install
	@$(BIN)/python -m tests.browser.screenshots

lint: install
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/deptry .
	@$(BIN)/hadolint Dockerfile
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.compose-spec compose.yaml

install: .venv/.installed

.venv/.installed: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Seatwise needs Python 3.11 or newer (PYTHON=python3.x make ...)"; exit 1; }
	@$(PYTHON) -m venv .venv \
		|| { echo "Python's venv module is missing: on Debian, apt-get install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

# Needs uv. Takes the newest versions that pyproject.toml allows, with hashes, without addresses.
lock:
	uv pip compile pyproject.toml --group dev --generate-hashes --no-emit-index-url \
		--no-header --universal --upgrade --quiet -o requirements.lock
	$(MAKE) --no-print-directory lock-image

# The same versions for the container image: what runs, with the extra for traces, without tools.
lock-image:
	uv pip compile pyproject.toml --extra otel -c requirements.lock --generate-hashes \
		--no-emit-index-url --no-header --no-annotate --universal --quiet -o deploy/requirements.lock
