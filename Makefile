# `make test` is the whole test command: what it accepts may be merged. CONTRIBUTING.md says what has to be there already.

SHELL       := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS   += --no-builtin-rules

FUZZTIME ?= 30s
CHECKS   ?= 100000
SOAK     ?= 10m

# What `make test` does, from the cheapest fault to the dearest.
STEPS := generate-check lint-go lint-length lint-failures test-go test-load test-properties test-allocations bench-check \
  deploy-check image-check release-check

GOLANGCI := go tool -modfile=$(CURDIR)/tools/go.mod golangci-lint
SOURCES  := find . \( -name .git -o -name node_modules \) -prune -o -type f

.PHONY: help
help: ## say what can be made
	@say() { awk -F ':.*## ' -v wanted="$$1" '/^[a-z0-9-]+:.*## / && (index(" $(STEPS) ", " " $$1 " ") > 0) == wanted \
	  {printf "  %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST); }
	echo 'make test takes these steps; go test ./... runs the tests that need neither node nor a network, within a minute:'
	say 1
	echo 'also:'
	say 0

.PHONY: run
run: ## start the gateway over demonstration data
	go run . --demo

.PHONY: test
test: $(STEPS) ## run the whole test command

.PHONY: generate
generate: ## write the generated code
	go generate ./...

# Hashes before and after, not `git status`: it tells the truth in a tree with other changes too.
.PHONY: generate-check
generate-check: ## fail when the generated code is not what would be generated
	@hashes() { $(SOURCES) -exec sha256sum {} + | sort -k 2; }
	before=$$(hashes)
	go generate ./...
	diff <(echo "$$before") <(hashes) || { echo 'generated code was out of date; it is written now, commit it' >&2; exit 1; }

.PHONY: lint
lint: lint-go lint-length lint-failures ## hold the code to the house's rules

# The linters check the formatting too: gofumpt and goimports are among them.
.PHONY: lint-go
lint-go: ## run the linters over all Go code
	$(GOLANGCI) run

# A file is read in one sitting. Generated files are for no reader.
.PHONY: lint-length
lint-length: ## look for files longer than 300 lines, and tests longer than 500
	@$(SOURCES) -name '*.go' -exec awk ' \
	  function tell() { if (!generated && lines > limit) { print file ": " lines " lines, at most " limit; bad = 1 } } \
	  FNR == 1 { tell(); file = FILENAME; generated = 0; limit = file ~ /_test\.go$$/ ? 500 : 300 } \
	  /^\/\/ Code generated .* DO NOT EDIT\.$$/ { generated = 1 } \
	  { lines = FNR } \
	  END { tell(); exit bad }' {} +

# What rapid writes when a property fails is for whoever mends it; committed, everybody would run it again for ever.
.PHONY: lint-failures
lint-failures: ## look for what rapid has written down of a property that failed
	@failures=$$($(SOURCES) -path '*/testdata/rapid/*' -print)
	[[ -z $$failures ]] || { echo "$$failures"; echo 'once the property holds, make clean removes these files' >&2; exit 1; }

.PHONY: fmt
fmt: ## format the code
	$(GOLANGCI) fmt

# test-properties checks the properties of these two more often, in a tenth of the time that the race detector needs.
.PHONY: test-go
test-go: ## run all Go tests in random order with the race detector, those of e2e on node among them
	packages=$$(go list -tags e2e ./... | grep -vE '/graph/(paging|live)$$')
	go test -tags e2e -race -shuffle=on -parallel 8 -timeout 10m $$packages
	go test -race -shuffle=on -parallel 8 -timeout 10m ./graph/paging ./graph/live -rapid.checks=5

.PHONY: test-load
test-load: ## let 9000 callers be slow, ask too much, and let the gateway work for 20 seconds over an API that fails
	go test -tags e2e -count=1 -v -run TestSlowClients ./e2e/program -slow-clients=9000
	go test -tags e2e -count=1 -v ./e2e/overload -alone
	go test -tags e2e -count=1 -v ./e2e/soak -soak=20s

.PHONY: test-properties
test-properties: ## check the properties of paging 1000 times each, and those of subscriptions 300 times
	go test -count=1 ./graph/paging -rapid.checks=1000
	go test -count=1 ./graph/live -rapid.checks=300

.PHONY: test-allocations
test-allocations: ## hold the hot path to its budgets of allocations, without the race detector, which allocates too
	go test -count=1 -run Alloc ./restclient ./internal/gateway ./internal/push ./internal/telemetry

.PHONY: bench-check
bench-check: ## compile the benchmarks of bench
	go -C bench vet ./...

.PHONY: deploy-check
deploy-check: ## hold the files of deploy and .github to the program, with the libraries that read such files
	go -C deploy/check vet ./...
	go -C deploy/check test -count=1 ./...

.PHONY: e2e
e2e: ## run the tests of e2e alone: the built program, and what needs node
	go test -tags e2e -count=1 -v ./e2e/...

audits: ## hold the program to the GraphQL-over-HTTP specification
language: ## compare what is taken for GraphQL with graphql-js
composition: ## compose the subgraph with others'
federation: ## run the gateway behind three federation routers
replicas: ## run two gateways behind nginx
browser: ## look at the playground in Chromium
clients: ## run frontends' clients against the gateway, on node and in Chromium

.PHONY: audits language composition federation replicas browser clients
audits language composition federation replicas browser clients:
	go test -tags e2e -count=1 -v ./e2e/$@/...

.PHONY: soak
soak: ## let the gateway work for SOAK (10m) over an API that fails, and tell what came of it
	go test -tags e2e -count=1 -v -timeout 0 ./e2e/soak -soak=$(SOAK)

# Each test and benchmark behind a goal writes a line that begins with the goal's number.
.PHONY: reliability
reliability: ## measure the figures of docs/reliability.md and print them in its order; takes SOAK and six minutes
	@measured=$$(mktemp)
	{ go test -v -run '^$$' -bench 'Guards|Refusal' ./internal/gateway
	  go test -count=1 -v -run 'TestDeadAPI|TestRandomFailures' .
	  go test -tags e2e -count=1 -v -run TestOverload ./e2e/overload -full
	  go test -tags e2e -count=1 -v -run 'TestSlowClients|TestGreatAnswers|TestCallersWhoLeave|TestNothingIsLeft' ./e2e/program -slow-clients=10000
	  go test -tags e2e -count=1 -v -run 'TestProcess/(callers_who_watch|all_connections)' -bench Start ./e2e/program
	  go test -tags e2e -count=1 -v -timeout 0 ./e2e/soak -soak=$(SOAK)
	} > "$$measured" || { cat "$$measured"; exit 1; }
	grep -o '\bG[0-9]*: .*' "$$measured" | sort -V
	rm "$$measured"

.PHONY: overload
overload: ## ask five times of what the Jobs API can answer, for as long as the fault catalogue says
	go test -tags e2e -count=1 -v ./e2e/overload -full

.PHONY: image-check
image-check: ## build and start what the Dockerfile describes, without a container engine
	e2e/image/check.sh

.PHONY: release-check
release-check: ## build a release of the last commit for two platforms, twice, and look at it
	deploy/release/check.sh

.PHONY: release
release: ## build what a release of the last commit has, into dist
	rm -rf dist
	deploy/release/release.sh dist

.PHONY: bench
bench: ## run the benchmarks
	go test -run '^$$' -bench . -benchmem ./...
	go -C bench test -run '^$$' -bench . -benchmem ./...

# go test fuzzes one target at a time, so that each gets FUZZTIME.
.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME (30s)
	@go test -list '^Fuzz' ./... |
	  awk '/^Fuzz/ {targets[++n] = $$1} /^ok/ {for (i = 1; i <= n; i++) print $$2, targets[i]; n = 0}' |
	  while read -r package target; do
	    go test -run '^$$' -fuzz "^$$target$$" -fuzztime '$(FUZZTIME)' "$$package"
	  done

.PHONY: properties
properties: ## check the properties of paging CHECKS (100000) times each; takes hours
	go test -count=1 -timeout 0 ./graph/paging -rapid.checks=$(CHECKS)

.PHONY: clean
clean: ## remove what the other targets left
	rm -rf jobsgateway coverage* dist
	$(SOURCES) \( -name '*.test' -o -name '*.prof' \) -exec rm -f {} +
	find . \( -name node_modules -o -path '*/testdata/rapid' \) -prune -exec rm -rf {} +

# One shell a recipe, so that a recipe can be read as a script; and one after another, since generate-check writes.
.ONESHELL:
.NOTPARALLEL:
