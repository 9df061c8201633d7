package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api/interaction"
)

// subscriber is who is notified of what becomes of the callbacks, as the flags
// say.
type subscriber struct{ url, secret, cursor string }

// notifier returns the notifier of the subscriber; nil without one. A subscriber
// whose place in the feed is not kept in a file hears of what happens from now on.
func (s *server) notifier(to subscriber, now time.Time) (*interaction.Notifier, error) {
	if to.url == "" {
		return nil, nil
	}
	c := interaction.NotifierConfig{
		Manager: s.manager, URL: to.url, AllowHTTP: strings.HasPrefix(to.url, "http://"), Secrets: [][]byte{[]byte(to.secret)},
		Cursor: new(place), Since: now, Logger: s.log,
	}
	if to.cursor != "" {
		c.Cursor, c.Since = interaction.FileCursor(to.cursor), time.Time{}
	}
	return interaction.NewNotifier(c)
}

// withSecret returns the subscriber with a secret to sign by, which is printed if
// the flags do not give one.
func (to subscriber) withSecret(stdout io.Writer) subscriber {
	if to.url == "" {
		return to
	}
	if to.secret == "" {
		to.secret = rand.Text()
		fmt.Fprintf(stdout, "notifications are signed with %s\n", to.secret)
	}
	return to
}

// place keeps a place in the feed for as long as the server runs.
type place struct {
	mu sync.Mutex
	at callback.Cursor
}

// Load returns the place.
func (p *place) Load(context.Context) (callback.Cursor, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.at, nil
}

// Save keeps the place.
func (p *place) Save(_ context.Context, at callback.Cursor) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at = at
	return nil
}
