package manager

import "github.com/ringback-go/ringback/callback/internal/text"

// MarshalText returns String, so that encoding/json and the handlers of log/slog
// show neither numbers nor values of properties.
func (r Request) MarshalText() ([]byte, error) { return text.Marshal(r) }

// MarshalText returns String, as that of Request.
func (r UpdateRequest) MarshalText() ([]byte, error) { return text.Marshal(r) }

// MarshalText returns String, as that of Request.
func (r RescheduleRequest) MarshalText() ([]byte, error) { return text.Marshal(r) }

// MarshalText returns String, as that of Request.
func (r StateReport) MarshalText() ([]byte, error) { return text.Marshal(r) }

// MarshalText returns String, as that of Request.
func (r ForgetRequest) MarshalText() ([]byte, error) { return text.Marshal(r) }
