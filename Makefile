.DEFAULT_GOAL := help
export CGO_ENABLED ?= 1

STATICCHECK := go run honnef.co/go/tools/cmd/staticcheck@v0.8.2

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

.PHONY: test
test: ## run every test, with the race detector
	go test -race -shuffle=on ./...

.PHONY: lint
lint: ## check the form of the code
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo 'run gofmt -w on these files'; exit 1; }
	go vet ./...
	$(STATICCHECK) ./...

.PHONY: bench
bench: ## measure
	go test -run '^$$' -bench . ./...
