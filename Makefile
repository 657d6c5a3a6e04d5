.DEFAULT_GOAL := help

STATICCHECK := go run honnef.co/go/tools/cmd/staticcheck@v0.8.2
BENCH ?= .

.PHONY: help build run test lint bench

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

build: ## build bin/portin: one static binary
	CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o bin/portin ./cmd/portin

run: build ## run the sandbox
	bin/portin dev

test: ## run every test, with the race detector, on SQLite and on PostgreSQL
	scripts/need gcc:libc6-dev curl
	@test -e "$${PORTIN_REFDATA:-../shared/refdata}/FORMATS.md" || echo "skipped: tests on the publishers' own reference data, which are not in PORTIN_REFDATA or ../shared/refdata"
	CGO_ENABLED=1 scripts/postgres run go test -race -shuffle=on ./...

lint: ## check the form of the code
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo 'run gofmt -w on these files'; exit 1; }
	go vet ./...
	$(STATICCHECK) ./...

bench: ## measure; BENCH selects
	scripts/postgres run go test -run '^$$' -bench '$(BENCH)' ./...
