package interaction_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/api/interaction"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/store"
)

// desk returns a Manager with one service and a stopped clock.
func desk() *manager.Manager {
	now := func() time.Time { return time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC) }
	services, err := callback.NewServices(callback.Service{Name: "support", Numbers: callback.Numbers{Country: "CH"}})
	if err != nil {
		panic(err)
	}
	m, err := manager.New(manager.Config{Store: store.NewMemory(store.Config{}), Services: services, Dialer: callbacktest.NewDialer(now),
		Now: now, NewID: callbacktest.IDs("cb"), Node: "node-1"})
	if err != nil {
		panic(err)
	}
	return m
}

// book creates a callback for the afternoon.
func book(m *manager.Manager) *callback.Callback {
	cb, err := m.Start(context.Background(), manager.Request{Service: "support", Number: "044 668 18 00", CustomerID: "C-17",
		Desired: time.Date(2026, time.March, 2, 14, 30, 0, 0, time.UTC), Properties: callback.Values{"topic": "invoice"}})
	if err != nil {
		panic(err)
	}
	return cb
}

// The JSON of an Interaction contains the number; printing it does not.
func ExampleFromCallback() {
	i := interaction.FromCallback(book(desk()), interaction.Options{CreatorAppID: 7})
	fmt.Println(i)
	text, err := json.MarshalIndent(i, "", "  ")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s\n", text)
	// Output:
	// interaction cb000001, TIMER, PENDING
	// {
	//   "callback_status": 2,
	//   "desired_response_type": "Voice",
	//   "start_time": "2026-03-02T14:30:00.000Z",
	//   "end_time": "2026-03-03T14:30:00.000Z",
	//   "customer_number": "+41446681800",
	//   "attempts": 0,
	//   "callback_type": 2,
	//   "customer_id": "C-17",
	//   "interaction_id": "cb000001",
	//   "status": 1,
	//   "entity_type": 5,
	//   "type": "Outbound",
	//   "media_type": "voice",
	//   "creator_app_id": 7,
	//   "start_date": "2026-03-02T09:00:00.000Z",
	//   "allow_children": true,
	//   "udata": {
	//     "topic": "invoice"
	//   }
	// }
}

// UnmarshalJSON reports all faults of a resource at once.
func ExampleInteraction_UnmarshalJSON() {
	var i interaction.Interaction
	err := json.Unmarshal([]byte(`{"desired_response_type":"Voice","start_time":"2.3.2026 14:30","customer_number":"+41446681800",
		"attempts":0,"customer_id":"C-17","interaction_id":"1","status":4,"entity_type":4,"type":"Inbound","media_type":"voice",
		"creator_app_id":0,"start_date":"2026-03-02T09:00:00.000Z","structured_text":"https://example.com/t"}`), &i)
	fmt.Println(err)
	// Output:
	// start_time: is not a time of the form 2006-01-02T15:04:05.000Z
	// status: 4 is not defined
	// entity_type: 4 is not defined
	// structured_text_mime: is required with structured_text
}

// Validate checks a resource before it is written.
func ExampleInteraction_Validate() {
	fmt.Println(interaction.Interaction{ID: "1", ResponseType: interaction.Voice, Type: "Inbound", StartTime: time.Unix(0, 0), Attempts: -1}.Validate())
	// Output:
	// attempts: -1 is negative
	// media_type: is required
	// start_date: is required
}

// The handler serves interactions by id, under any prefix.
func ExampleHandler() {
	m := desk()
	cb := book(m)
	users, err := api.NewBasic("", api.User{Name: "crm", Password: "secret", Roles: []api.Role{api.RoleRead}})
	if err != nil {
		fmt.Println(err)
		return
	}
	h, err := interaction.New(interaction.Config{Manager: m, Authorizer: users})
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("/interactions/", http.StripPrefix("/interactions", h))
	for _, id := range []callback.ID{cb.ID, "unknown"} {
		r := httptest.NewRequest(http.MethodGet, "/interactions/"+string(id), nil)
		r.SetBasicAuth("crm", "secret")
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		fmt.Printf("%d %.64s\n", w.Code, w.Body)
	}
	// Output:
	// 200 {"callback_status":2,"desired_response_type":"Voice","start_time
	// 404 {"code":40030,"message":"no such interaction"}
}

// New reports all faults of a configuration at once.
func ExampleNew() {
	_, err := interaction.New(interaction.Config{})
	fmt.Println(err)
	// Output:
	// Manager: is required
	// Authorizer: is required
}

// A subscriber verifies each notification, skips ids that it has seen, and
// receives the changes of a callback in order.
func ExampleNotifier() {
	key := []byte("a secret that both sides know")
	ctx, stop := context.WithCancel(context.Background())
	seen := make(map[string]bool)
	subscriber := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = interaction.VerifySignature(r.Header, body, key, time.Now())
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		var n struct {
			ID, Event string
			Params    map[string]any
		}
		if err := json.Unmarshal(body, &n); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if !seen[n.ID] {
			seen[n.ID] = true
			fmt.Println(n.Event, n.Params["_service_id"], n.Params["_callback_state"])
		}
		if n.Event == string(interaction.OnCancelled) {
			stop()
		}
	}))
	defer subscriber.Close()

	cursor, remove := tempFile()
	defer remove()
	m := desk()
	notifier, err := interaction.NewNotifier(interaction.NotifierConfig{
		Manager: m, URL: subscriber.URL, Secrets: [][]byte{key}, Cursor: cursor,
		Transport: subscriber.Client().Transport, // trusts the test certificate
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	cb := book(m)
	if _, err := m.Cancel(ctx, manager.CancelRequest{ID: cb.ID, Actor: "web"}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(notifier.Run(ctx))
	// Output:
	// _cbe_on_callback_scheduled cb000001 SCHEDULED
	// _cbe_on_callback_cancelled cb000001 COMPLETED
	// <nil>
}

// A Notifier refuses unencrypted connections unless AllowHTTP is set.
func ExampleNewNotifier() {
	_, err := interaction.NewNotifier(interaction.NotifierConfig{
		Manager: desk(), URL: "http://subscriber.example.com", Secrets: [][]byte{[]byte("too short")}, Cursor: interaction.FileCursor("cursor"),
	})
	fmt.Println(err)
	// Output:
	// URL: does not begin with https://
	// Secrets: must have at least 16 bytes each
}

// VerifySignature rejects unsigned and modified notifications.
func ExampleVerifySignature() {
	header := http.Header{}
	header.Set(interaction.HeaderID, "msg_p5jXN8AQM9LWM0D4loKWxJek")
	header.Set(interaction.HeaderTimestamp, "1614265330")
	header.Set(interaction.HeaderSignature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
	now := time.Unix(1614265330, 0)
	fmt.Println(interaction.VerifySignature(header, []byte(`{"test": 2432232315}`), []byte("another secret"), now))
	fmt.Println(interaction.VerifySignature(header, nil, nil, now.Add(time.Hour)))
	// Output:
	// Webhook-Signature: does not match the message
	// Webhook-Timestamp: is more than 5m0s from now
}

// An event maps to any number of notifications, including none.
func ExampleNamesOf() {
	fmt.Println(interaction.NamesOf(callback.Event{Type: callback.EventDialing, From: callback.Queued, To: callback.Dialing, Attempt: 1}))
	fmt.Println(interaction.NamesOf(callback.Event{Type: callback.EventPlaced, From: callback.Dialing, To: callback.Dialing, Attempt: 1}))
	// Output:
	// [_cbe_on_target_found _cbe_on_dial_init]
	// []
}

// The cursor survives a restart of the process.
func ExampleFileCursor() {
	ctx := context.Background()
	file, remove := tempFile()
	defer remove()
	before, err := file.Load(ctx)
	fmt.Printf("%q %v\n", before, err)
	fmt.Println(file.Save(ctx, "42"))
	after, err := file.Load(ctx)
	fmt.Printf("%q %v\n", after, err)
	// Output:
	// "" <nil>
	// <nil>
	// "42" <nil>
}

// tempFile returns a FileCursor in a temporary folder.
func tempFile() (cursor interaction.FileCursor, remove func()) {
	dir, err := os.MkdirTemp("", "cursor")
	if err != nil {
		panic(err)
	}
	return interaction.FileCursor(filepath.Join(dir, "cursor")), func() { _ = os.RemoveAll(dir) }
}
