package manager

import "github.com/ringback-go/ringback/callback/internal/text"

// The methods below write String for encoding/json and the handlers of log/slog,
// so that neither shows numbers or values of properties.

func (r Request) MarshalText() ([]byte, error)           { return text.Marshal(r) }
func (r UpdateRequest) MarshalText() ([]byte, error)     { return text.Marshal(r) }
func (r RescheduleRequest) MarshalText() ([]byte, error) { return text.Marshal(r) }
func (r StateReport) MarshalText() ([]byte, error)       { return text.Marshal(r) }
func (r ForgetRequest) MarshalText() ([]byte, error)     { return text.Marshal(r) }
