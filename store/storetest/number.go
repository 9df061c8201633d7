package storetest

import (
	"fmt"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/phonenum"
)

// Number returns one of 100 addresses, selected by n modulo 100, from numbers
// of the United Kingdom that are reserved for fiction (+44 20 7946 0000 to
// 0099).
func Number(n int) phonenum.Address {
	a, err := phonenum.ParseAddress(fmt.Sprintf("+442079460%03d", (n%100+100)%100), "GB")
	if err != nil {
		// The clauses that search by number then report that it is empty.
		return phonenum.Address{}
	}
	return a
}

// numbered returns an ID that contains i. Up to 9999 the IDs sort as the
// numbers do.
func numbered(i int) callback.ID { return callback.ID(fmt.Sprintf("n%04d", i)) }

// seat returns the key of a bucket's counter.
func seat(slot int64) callback.PermitKey {
	return callback.PermitKey{Kind: callback.PermitBucket, Service: Service, Slot: slot}
}

// person returns the key of a counter of a person's callbacks.
func person(subject string) callback.PermitKey {
	return callback.PermitKey{Kind: callback.PermitNumber, Service: Service, Subject: subject}
}

// takes adds permits to a change.
func takes(c callback.Change, permits ...callback.Permit) callback.Change {
	c.Take = append(c.Take, permits...)
	return c
}

// gives adds returned units to a change.
func gives(c callback.Change, held ...callback.Held) callback.Change {
	c.Give = append(c.Give, held...)
	return c
}
