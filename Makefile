# Needs Go and make, nothing else.

FUZZTIME ?= 30s

.DEFAULT_GOAL := help
.PHONY: help build quick bench bench-full report test truth lint fuzz dist clean

help: ## List what can be made (the default).
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r name what; do printf '  make %-12s %s\n' "$$name" "$$what"; done

build: ## Build the four programs into bin/: servers, loadgen, bench, report.
	CGO_ENABLED=0 go build -o bin/ ./servers ./loadgen ./bench ./report

quick: build ## See that everything works: one short round, about a minute, compares nothing.
	bin/bench quick

bench: build ## Measure and compare the models: under five minutes on two processors.
	bin/bench default

bench-full: build ## Measure every model and scenario in more and longer rounds.
	bin/bench full

report: build ## Draw the newest run under results/ again.
	bin/report

test: ## Run the tests.
	go test -timeout 20m ./...

truth: build ## Prove what loadgen measures: the table and the picture of loadgen/README.md. Half an hour, on a quiet machine.
	@cd scripts/clients && CGO_ENABLED=0 go build -o ../../bin/clients/ tool || echo "hey and vegeta cannot be built: they are skipped where they are not on the PATH"
	@go test -count=1 -timeout 90m -v ./loadgen/truth -live -table ../README.md -data ../../results/truth; held=$$?; bin/report results/truth; exit $$held

lint: ## Check format, vet and staticcheck.
	@unformatted=$$(gofmt -l .) && test -z "$$unformatted" || { echo "gofmt -w these: $$unformatted"; exit 1; }
	go vet ./...
	go vet -tags exercise ./lessons/...
	go tool staticcheck ./...
	go tool staticcheck -tags exercise ./lessons/...

fuzz: ## Fuzz every parser, each for FUZZTIME (30s).
	@grep -ro --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' . | sort | while IFS=: read -r file target; do \
		echo "$${target#func } in $${file%/*}"; \
		go test -run '^$$' -fuzz "^$${target#func }$$" -fuzztime $(FUZZTIME) "$${file%/*}" </dev/null || exit 1; \
	done

dist: ## Build archives of the programs for Linux, macOS and Windows into dist/. The same commit and the same Go give the same bytes.
	scripts/dist.sh

clean: ## Remove bin/ and dist/. Results stay.
	rm -rf bin dist
