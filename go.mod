module github.com/ringback-go/ringback

go 1.26.0

require (
	github.com/google/go-cmp v0.7.0
	github.com/google/uuid v1.6.0
	github.com/robfig/cron/v3 v3.0.1
	golang.org/x/exp v0.0.0-20260908205506-85c1c2202aba
)
