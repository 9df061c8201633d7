module github.com/ringback-go/ringback/phonenum/internal/gen

go 1.26.0

require (
	github.com/nyaruka/phonenumbers v1.8.1
	github.com/ringback-go/ringback v0.1.0
)

require (
	golang.org/x/text v0.23.0 // indirect
	google.golang.org/protobuf v1.36.11 // indirect
)

replace github.com/ringback-go/ringback => ../../..
