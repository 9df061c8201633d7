package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/phonenum"
)

// demo are the operations for people who test their clients. They need the role
// admin: they show numbers.
type demo struct {
	engine *engine
	auth   api.Authorizer
	log    *slog.Logger
}

func (d *demo) register(mux *http.ServeMux) {
	mux.HandleFunc("POST /demo/clock", d.guarded(d.advance))
	mux.HandleFunc("POST /demo/outcomes", d.guarded(d.outcomes))
	mux.HandleFunc("GET /demo/calls", d.guarded(d.calls))
}

// guarded asks who it is, and writes what a handler returns.
func (d *demo) guarded(handle func(w http.ResponseWriter, r *http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var answer any
		err := (*api.Origins)(nil).Check(r)
		if err == nil {
			_, err = api.Permit(w, r, d.auth, api.RoleAdmin)
		}
		if err == nil {
			answer, err = handle(w, r)
		}
		if err == nil {
			writeJSON(w, http.StatusOK, answer)
			return
		}
		var fault *api.Fault
		if !errors.As(err, &fault) {
			d.log.LogAttrs(r.Context(), slog.LevelError, "a demonstration request failed", slog.String("path", r.URL.Path), slog.String("error", err.Error()))
			fault = api.NewFault(http.StatusInternalServerError, "", "it failed; the log says why")
		}
		writeJSON(w, fault.Status, map[string]string{"error": fault.Error()})
	}
}

func writeJSON(w http.ResponseWriter, status int, answer any) {
	w.Header().Set("Content-Type", api.JSON)
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(answer) // the client has gone
}

// furthest is how far the clock moves at once.
const furthest = 366 * 24 * time.Hour

func (d *demo) advance(w http.ResponseWriter, r *http.Request) (any, error) {
	if !d.engine.clock.manual {
		return nil, api.NewFault(http.StatusConflict, "", "the clock tells the time of day: start the server with -clock to move it")
	}
	by, err := time.ParseDuration(r.URL.Query().Get("advance"))
	if err != nil || by < 0 || by > furthest {
		return nil, api.NewFault(http.StatusBadRequest, "advance", fmt.Sprintf("is not a duration from 0s to %s, such as 90s", furthest))
	}
	// A year may take longer than other requests.
	if err := http.NewResponseController(w).SetWriteDeadline(time.Time{}); err != nil {
		return nil, err
	}
	// Time passes even if the client no longer waits for the response.
	if err := d.engine.advance(context.WithoutCancel(r.Context()), by); err != nil {
		return nil, err
	}
	return map[string]time.Time{"now": d.engine.clock.now()}, nil
}

func (d *demo) outcomes(w http.ResponseWriter, r *http.Request) (any, error) {
	body, _, err := api.ReadBody(w, r, api.JSON)
	if err != nil {
		return nil, err
	}
	var names map[string][]string
	if err := api.Decode(body, &names); err != nil {
		return nil, err
	}
	turns := make(map[string][]turn, len(names))
	scripted := 0
	for text, list := range names {
		number, err := phonenum.Parse(text, "")
		if err != nil {
			return nil, api.NewFault(http.StatusBadRequest, "", "a number is not in the form +41785556677")
		}
		key := number.E164()
		if _, again := turns[key]; again {
			return nil, api.NewFault(http.StatusBadRequest, "", "a number is there twice")
		}
		turns[key] = nil
		for _, name := range list {
			t, err := parseTurn(name)
			if err != nil {
				return nil, api.NewFault(http.StatusBadRequest, "", err.Error())
			}
			turns[key] = append(turns[key], t)
			scripted++
		}
	}
	d.engine.platform.scripts.set(turns)
	return map[string]int{"scripted": scripted}, nil
}

func (d *demo) calls(http.ResponseWriter, *http.Request) (any, error) {
	calls := d.engine.platform.placedCalls()
	if calls == nil {
		calls = []placed{}
	}
	return calls, nil
}
