module github.com/ringback-go/ringback/ci/count

go 1.26.0
