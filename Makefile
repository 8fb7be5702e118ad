# `make test` is the whole test command: what it accepts may be merged. Everything it needs beyond Go, node and npm it
# installs itself.

SHELL       := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS   += --no-builtin-rules

FUZZTIME ?= 30s
CHECKS   ?= 100000

# The properties of paging, which are checked on more random lists than the others.
PAGING   := QuietPages|MovingList|SeekAfter|SeekOn|Ties|WalkOn|CursorRound

GOLANGCI := go tool -modfile=$(CURDIR)/tools/go.mod golangci-lint
SOURCES  := find . \( -name .git -o -name node_modules \) -prune -o -type f
BENCH    := $(wildcard bench/go.mod)

.PHONY: help
help: ## say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: ## start the gateway over demonstration data
	go run . --demo

# The order is from the cheapest fault to the dearest. What runs on node is driven by Go tests: test-go runs it with the others.
.PHONY: test
test: generate-check lint test-go image-check ## run the whole test command

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
lint: lint-go lint-length ## hold the code to the house's rules

# The linters check the formatting too: gofumpt and goimports are among them.
.PHONY: lint-go
lint-go:
	$(GOLANGCI) run

# A file is read in one sitting: 300 lines, a test 500. Generated files are for no reader.
.PHONY: lint-length
lint-length:
	@$(SOURCES) -name '*.go' -exec awk ' \
	  function tell() { if (!generated && lines > limit) { print file ": " lines " lines, at most " limit; bad = 1 } } \
	  FNR == 1 { tell(); file = FILENAME; generated = 0; limit = file ~ /_test\.go$$/ ? 500 : 300 } \
	  /^\/\/ Code generated .* DO NOT EDIT\.$$/ { generated = 1 } \
	  { lines = FNR } \
	  END { tell(); exit bad }' {} +

.PHONY: fmt
fmt: ## format the code
	$(GOLANGCI) fmt

.PHONY: test-go
test-go: ## run the Go tests
	go test -race -shuffle=on -parallel 8 -timeout 10m ./...
	go test -count=1 -run '$(PAGING)' ./graph/paging -rapid.checks=1000
	go test -count=1 -run Alloc ./restclient ./internal/gateway # the race detector allocates, too
	$(if $(BENCH),go -C bench vet ./...)

.PHONY: audits
audits: ## hold the program to the GraphQL-over-HTTP specification
	go test -count=1 -v ./e2e/audits

.PHONY: language
language: ## compare what is taken for GraphQL with graphql-js
	go test -count=1 -v ./e2e/language

.PHONY: composition
composition: ## compose the subgraph with others'
	go test -count=1 -v ./e2e/composition

.PHONY: federation
federation: ## run the gateway behind three federation routers
	go test -count=1 -v ./e2e/federation

.PHONY: image-check
image-check: ## build and start what the Dockerfile describes, without a container engine
	e2e/image/check.sh

.PHONY: bench
bench: ## run the benchmarks
	go test -run '^$$' -bench . -benchmem ./...
	$(if $(BENCH),go -C bench test -run '^$$' -bench . -benchmem ./...)

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
	go test -count=1 -timeout 0 -run '$(PAGING)' ./graph/paging -rapid.checks=$(CHECKS)

.PHONY: clean
clean: ## remove what the other targets left
	rm -rf jobsgateway coverage*
	$(SOURCES) \( -name '*.test' -o -name '*.prof' \) -exec rm -f {} +
	find . -name node_modules -prune -exec rm -rf {} +

# One shell a recipe, so that a recipe can be read as a script; and one after another, since generate-check writes.
.ONESHELL:
.NOTPARALLEL:
