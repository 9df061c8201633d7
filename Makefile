# make test   everything that must be green: vet, the linter, every test of every module; installs PostgreSQL when it is missing
# make lint   vet, gofmt and staticcheck alone
# make bench  the benchmarks whose figures README.md quotes
# make gen    the number tables from their metadata

STATICCHECK = go run honnef.co/go/tools/cmd/staticcheck@v0.8.2
MODULES = $(shell go list -m -f '{{.Dir}}')

.PHONY: test lint bench gen

test: lint
	.ci/postgres
	go test -race -timeout 20m work

lint:
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "gofmt would change:"; echo "$$unformatted"; exit 1; }
	go vet work
	@for dir in $(MODULES); do (cd $$dir && $(STATICCHECK) ./...) || exit 1; done

bench:
	go test -run '^$$' -bench 'Start|Search|Drain|DueToDial' -benchmem ./store
	go test -run '^$$' -bench Availability -benchmem ./availability
	go test -run '^$$' -bench Pending -benchmem ./scheduler
	cd phonenum/internal/gen && go test -run '^$$' -bench Validate -benchmem .
	cd store/sqlite && go test -run '^$$' -bench . .
	cd store/postgres && go test -run '^$$' -bench . .
	go test -run '^$$' -bench 'Start|Availability|Create' -benchmem ./callback/api/gms ./callback/api/lucs
	cd examples/server && go test -run '^$$' -bench HTTP -benchtime 20000x .
	go run ./examples/versus

gen:
	go generate ./phonenum
