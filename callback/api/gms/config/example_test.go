package config_test

import (
	"context"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/api/gms/config"
	"github.com/ringback-go/ringback/callback/manager"
)

// A configuration is parsed into services and calendars. What cannot be used is
// reported by line.
func ExampleParse() {
	options, err := config.Parse([]byte(`
[callback]
_default_country = CH

[service.billing]
_service = callback
_call_direction = USERTERMINATED
_business_hours_service = office
_enable_reject_out_of_office_hours = true
_dial_in_office_hours = true
_request_execution_time_bufer = 15
_ttl = 30
_ors = http://ors:8080

[service.office]
_service = office-hours
_timezone = Europe/Zurich
_bh_regular1 = Mon-Fri 9:00-17:00
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, problem := range options.Problems {
		fmt.Println(problem)
	}
	for _, s := range options.Services {
		fmt.Println(s.Name, s.Numbers.Country, s.TTL)
	}
	opens, _ := options.Calendars["office"].NextOpen(time.Date(2026, 3, 7, 12, 0, 0, 0, time.UTC))
	fmt.Println("opens", opens.Format(time.RFC3339))
	// Output:
	// note: the bookings of a number are not limited over services and days, as in GMS: set Limits.BookingsPerDay of the services
	// line 3: note: [callback] _default_country says only how numbers are read: services accept those of all regions, as GMS does, until Numbers.Countries is set
	// line 11: warning: [service.billing] _request_execution_time_bufer is unknown (did you mean _request_execution_time_buffer?): ignored
	// line 12: warning: [service.billing] _ttl "30" is not between 60 and 34560000 seconds: 60 is used
	// line 13: note: [service.billing] _ors configures the orchestration server, which attempts and reports replace
	// billing CH 1m0s
	// opens 2026-03-09T08:00:00Z
}

// The same from maps, such as those of a configuration service.
func ExampleFromMap() {
	options, err := config.FromMap(map[string]map[string]string{
		"callback":        {"_max_queued_callbacks_per_service": "0"},
		"service.billing": {"_service": "callback", "_call_direction": "USERTERMINATED"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	// A limit of 0 rejects every request in GMS; the library uses callback.None.
	fmt.Println(options.Services[0].Name, options.Services[0].Limits.Queued)
	// Output: billing none
}

// Fields without a GMS option are set before the services are used.
func ExampleOptions_Source() {
	options, err := config.Parse([]byte("[service.billing]\n_service=callback\n_call_direction=USERTERMINATED"))
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range options.Services {
		options.Services[i].Queueing.Lines = 30
	}
	services, err := options.Source()
	if err != nil {
		fmt.Println(err)
		return
	}
	policy, err := services.Policy(context.Background(), "", "billing")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(policy.Service().Queueing.Lines, policy.Service().Booking.Buffer)
	// Output: 30 2m0s
}

// A host that does not start with an incomplete configuration uses Err.
func ExampleOptions_Err() {
	options, err := config.Parse([]byte("[service.billing]\n_service=callback\n_call_direction=USERTERMINATED\n_exceptions=PREMIUM"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(options.Services), "services")
	fmt.Println(options.Err())
	// Output:
	// 0 services
	// service is not configured: line 4: error: [service.billing] _exceptions names the pattern group "PREMIUM", which [patterns] does not have: the service is left out
}

// The body of a start request sets tokens and the redirection; Apply copies the
// result into the request.
func ExampleOptions_Resolve() {
	options, err := config.Parse([]byte(`
[service.front]
_service = callback
_call_direction = USERTERMINATED
_redirect = $desk$

[service.billing]
_service = callback
_call_direction = USERTERMINATED
_target = Billing@$my_token$.GA
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	body := callback.Values{"desk": "billing", "my_token": "Stat_Server1"}
	resolution, err := options.Resolve("front", body)
	if err != nil {
		fmt.Println(err)
		return
	}
	request := manager.Request{Number: "+41446681800", Properties: body}
	resolution.Apply(&request)
	fmt.Println(request.Service, request.Agent.Target)
	// Output: billing Billing@Stat_Server1.GA
}

// The credentials of a configuration are users of an authorizer.
func ExampleOptions_Users() {
	options, err := config.Parse([]byte("[server]\nusername = default\npassword = s3cret"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(options.Global.Credentials)
	users, err := options.Users("", api.RoleCreate, api.RoleRead)
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := api.NewBasic("callbacks", users...); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(users), "user with", users[0].Roles)
	// Output:
	// {default ****}
	// 1 user with [create read]
}
