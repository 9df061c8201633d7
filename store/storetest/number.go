package storetest

import (
	"fmt"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/phonenum"
)

// Number is one of 100 different addresses, from numbers of the United Kingdom
// that are set aside for drama (+44 20 7946 0000 to 0099). N is taken modulo
// 100.
func Number(n int) phonenum.Address {
	a, err := phonenum.ParseAddress(fmt.Sprintf("+442079460%03d", (n%100+100)%100), "GB")
	if err != nil {
		// The clauses that search by number then find that it is empty.
		return phonenum.Address{}
	}
	return a
}

// numbered is the i-th of many IDs, which sort as their numbers do up to 9999.
func numbered(i int) callback.ID { return callback.ID(fmt.Sprintf("n%04d", i)) }

// seat is the counter of a bucket.
func seat(slot int64) callback.PermitKey {
	return callback.PermitKey{Kind: callback.PermitBucket, Service: Service, Slot: slot}
}

// person is the counter of a person's callbacks.
func person(subject string) callback.PermitKey {
	return callback.PermitKey{Kind: callback.PermitNumber, Service: Service, Subject: subject}
}

// takes adds permits to a change.
func takes(c callback.Change, permits ...callback.Permit) callback.Change {
	c.Take = append(c.Take, permits...)
	return c
}

// gives adds units given back to a change.
func gives(c callback.Change, held ...callback.Held) callback.Change {
	c.Give = append(c.Give, held...)
	return c
}
