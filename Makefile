# Thin names over the npm scripts; they bring the Node version that they need.

.DEFAULT_GOAL := help
INSTALLED := node_modules/.package-lock.json
DEPLOY_TOOLS := stacks/node_modules/.package-lock.json
RUN := npm run --silent

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

.PHONY: demo
demo: $(INSTALLED) ## The main job on a sample repository, with a scripted model (ARGS=--exit ends it when it is done)
	@$(RUN) demo -- $(ARGS)

.PHONY: dev
dev: $(INSTALLED) ## Start everything on this machine, with your model
	@$(RUN) dev -- $(ARGS)

.PHONY: test
test: $(INSTALLED) $(if $(ARGS),$(if $(filter stacks,$(ARGS)),$(DEPLOY_TOOLS)),$(DEPLOY_TOOLS)) ## All suites, at most 15 minutes (ARGS=unit runs one of them; ARGS=chaos the long ones)
	@$(RUN) test -- $(ARGS)

.PHONY: lint
lint: $(INSTALLED) ## Format, lint and type check, without changing anything
	@$(RUN) lint
	@$(RUN) typecheck

.PHONY: build
build: $(INSTALLED) ## Type check, and write the OpenAPI document to dist/
	@$(RUN) build

.PHONY: bench
bench: $(INSTALLED) $(if $(findstring --only,$(ARGS)),$(if $(findstring function-start,$(ARGS)),$(DEPLOY_TOOLS)),$(DEPLOY_TOOLS)) ## Measure what it costs and how fast it is (ARGS="--quick", ARGS="--only makespan")
	@$(RUN) bench -- $(ARGS)

.PHONY: clean
clean: ## Stop what still runs on .smol-gang, and remove .smol-gang, dist and coverage
	@if [ -e $(INSTALLED) ]; then $(RUN) clean; else echo 'Nothing is installed, so nothing runs; .smol-gang is left alone.'; fi

$(INSTALLED): package-lock.json
	@command -v node >/dev/null 2>&1 || { echo 'Node 20 or newer is needed: https://nodejs.org'; exit 1; }
	@node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)' \
		|| { echo "Node 20 or newer is needed; this is $$(node --version)."; exit 1; }
	@command -v git >/dev/null 2>&1 || { echo 'git is needed.'; exit 1; }
	@echo 'Installing what package-lock.json names (once, about a minute)...'
	@npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(DEPLOY_TOOLS): stacks/package-lock.json
	@echo 'Installing the deploy tooling for the suite stacks and the benchmark function-start (once, 0.9 GB)...'
	@$(RUN) stacks:install
	@touch $@
