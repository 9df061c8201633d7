package record_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/phonenum"
	"github.com/ringback-go/ringback/store/record"
)

// A store writes its columns and the record into one row.
func ExampleAppendCallback() {
	number, err := phonenum.ParseAddress("078 555 66 77", "CH")
	if err != nil {
		fmt.Println(err)
		return
	}
	c := callback.Callback{
		Tenant: "acme", ID: "c1", Service: "sales", Revision: 1, State: callback.Scheduled,
		Customer: callback.Customer{Number: number},
		Desired:  time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC),
	}
	body, err := record.AppendCallback(nil, &c)
	fmt.Println(len(body), err)
	// Output: 26 <nil>
}

// A callback is decoded into a value that has the columns of its row.
func ExampleDecodeCallback() {
	number, err := phonenum.ParseAddress("078 555 66 77", "CH")
	if err != nil {
		fmt.Println(err)
		return
	}
	body, err := record.AppendCallback(nil, &callback.Callback{
		Customer: callback.Customer{Number: number}, UserData: callback.Values{"score": 5},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	row := callback.Callback{Tenant: "acme", ID: "c1", Service: "sales", Revision: 1, State: callback.Scheduled}
	err = record.DecodeCallback(body, &row)
	fmt.Println(row, err)
	fmt.Println(row.Customer.Number == number, row.UserData["score"])
	// Output:
	// callback c1 of service "sales", revision 1, SCHEDULED <nil>
	// true 5
}

func ExampleAppendEvent() {
	e := callback.Event{
		Tenant: "acme", Callback: "c1", Service: "sales", Seq: 1, Type: callback.EventAccepted,
		At: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), To: callback.Scheduled,
	}
	body, err := record.AppendEvent(nil, &e)
	fmt.Println(len(body), err)
	read := callback.Event{Tenant: e.Tenant, Callback: e.Callback, Seq: e.Seq, Type: e.Type}
	err = record.DecodeEvent(body, &read)
	fmt.Println(read == e, err)
	// Output:
	// 19 <nil>
	// true <nil>
}

// Decoding accepts any bytes. A record of a newer library, which calls for an
// upgrade, gives another error than a damaged one.
func ExampleDecodeEvent() {
	for _, body := range [][]byte{{1}, {2, 1}, {1, 5, 9}} {
		err := record.DecodeEvent(body, &callback.Event{})
		fmt.Println(errors.Is(err, record.ErrVersion), errors.Is(err, record.ErrDamaged), err)
	}
	// Output:
	// false false <nil>
	// true false record has version 2, newer than 1
	// false true record is damaged at byte 2: length exceeds the remaining bytes
}
