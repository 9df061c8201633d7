package store

import "github.com/ringback-go/ringback/callback"

// The author of a store imports this package only. Package callback defines the
// types.
type (
	Store          = callback.Store
	ClockStore     = callback.ClockStore
	NotifyingStore = callback.NotifyingStore
	PausingStore   = callback.PausingStore
	Pause          = callback.Pause
	Change         = callback.Change
	Window         = callback.Window
	By             = callback.By
	ClaimRequest   = callback.ClaimRequest
	QueueClaim     = callback.QueueClaim
	Claimed        = callback.Claimed
	Query          = callback.Query
	Page           = callback.Page
	Group          = callback.Group
	LoadRequest    = callback.LoadRequest
	Counter        = callback.Counter
	EventQuery     = callback.EventQuery
	EventPage      = callback.EventPage
	EraseRequest   = callback.EraseRequest
	Precondition   = callback.Precondition
)
