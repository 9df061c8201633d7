package architecture

import (
	"reflect"

	"github.com/ringback-go/ringback/availability"
	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/api/gms"
	"github.com/ringback-go/ringback/callback/api/gms/config"
	"github.com/ringback-go/ringback/callback/api/interaction"
	"github.com/ringback-go/ringback/callback/api/lcm"
	"github.com/ringback-go/ringback/callback/api/lucs"
	"github.com/ringback-go/ringback/callback/callbacktest"
	"github.com/ringback-go/ringback/callback/manager"
	"github.com/ringback-go/ringback/callback/manager/managertest"
	"github.com/ringback-go/ringback/phonenum"
	"github.com/ringback-go/ringback/scheduler"
	"github.com/ringback-go/ringback/store"
	"github.com/ringback-go/ringback/store/record"
	"github.com/ringback-go/ringback/store/storetest"
)

// exported lists the exported types of the packages that a host can import, except
// interfaces and functions. TestPrintingKnowsEveryType keeps it complete.
func exported() []reflect.Type {
	return []reflect.Type{
		// availability
		of[availability.Alternative](), of[availability.Bucket](), of[availability.Calendar](), of[availability.CalendarConfig](),
		of[availability.ClosedError](), of[availability.ConfigError](), of[availability.DateHours](), of[availability.DateRange](),
		of[availability.DateRule](), of[availability.DenseLoad](), of[availability.Explanation](), of[availability.ExtraHours](),
		of[availability.FullError](), of[availability.Hours](), of[availability.LoadMap](), of[availability.LocalKind](),
		of[availability.LocalTime](), of[availability.Period](), of[availability.Planner](), of[availability.PlannerConfig](),
		of[availability.Query](), of[availability.QueryError](), of[availability.RangeError](), of[availability.Recurring](),
		of[availability.Resolution](), of[availability.RuleKind](), of[availability.Slot](), of[availability.Slots](),
		of[availability.TimeOfDay](), of[availability.Weekly](), of[availability.WeeklyConfig](), of[availability.WeeklyHours](),
		of[availability.Window](),
		// callback
		of[callback.Agent](), of[callback.AgentChange](), of[callback.Attempt](), of[callback.AttemptKey](), of[callback.AvailabilityError](),
		of[callback.Booking](), of[callback.By](), of[callback.Call](), of[callback.CallEnd](), of[callback.CallResult](), of[callback.Callback](),
		of[callback.Certainty](), of[callback.Change](), of[callback.ClaimRequest](), of[callback.Claimed](), of[callback.Confirm](),
		of[callback.Consent](), of[callback.ContactError](), of[callback.ContactMode](), of[callback.Counter](), of[callback.Cursor](),
		of[callback.Customer](), of[callback.Decision](), of[callback.DialOptions](), of[callback.DialerChange](), of[callback.DialerLimits](),
		of[callback.EraseRequest](), of[callback.Event](), of[callback.EventPage](), of[callback.EventQuery](), of[callback.EventType](),
		of[callback.FieldError](), of[callback.Found](), of[callback.FoundState](), of[callback.Group](), of[callback.Hangup](),
		of[callback.Held](), of[callback.ID](), of[callback.Idempotency](), of[callback.Inbound](), of[callback.Interaction](),
		of[callback.Lease](), of[callback.Limit](), of[callback.LimitError](), of[callback.Limits](), of[callback.LoadRequest](),
		of[callback.MaskedError](), of[callback.Match](), of[callback.ModeError](), of[callback.NopObserver](), of[callback.NumberError](),
		of[callback.Numbers](), of[callback.Offer](), of[callback.OfferAnswer](), of[callback.OfferKind](), of[callback.OrderBy](),
		of[callback.Origin](), of[callback.Outcome](), of[callback.Owed](), of[callback.OwedError](), of[callback.Page](), of[callback.PanicError](),
		of[callback.Party](), of[callback.Pause](), of[callback.PendingError](), of[callback.Permit](), of[callback.PermitError](),
		of[callback.PermitKey](), of[callback.PermitKind](), of[callback.Pick](), of[callback.Place](), of[callback.Policy](),
		of[callback.Precondition](), of[callback.Preview](), of[callback.Progress](), of[callback.Query](), of[callback.QueueClaim](),
		of[callback.QueueKey](), of[callback.Queueing](), of[callback.Reason](), of[callback.Ref](), of[callback.Refusal](), of[callback.Release](),
		of[callback.Report](), of[callback.Reservation](), of[callback.RetryLimits](), of[callback.SearchValue](), of[callback.Service](),
		of[callback.Services](), of[callback.Source](), of[callback.Span](), of[callback.Stage](), of[callback.State](),
		of[callback.StateError](), of[callback.StoreCall](), of[callback.Throttle](), of[callback.ThrottledError](), of[callback.TickReport](),
		of[callback.Trace](), of[callback.Treatments](), of[callback.Values](), of[callback.Window](),
		// api
		of[api.Basic](), of[api.Caller](), of[api.Fault](), of[api.Operation](), of[api.Origins](), of[api.Role](), of[api.User](),
		// gms
		of[gms.Config](), of[gms.Handler](),
		// config
		of[config.Credentials](), of[config.Estimators](), of[config.Notification](), of[config.Options](), of[config.Problem](), of[config.Resolution](),
		of[config.Settings](), of[config.Severity](),
		// interaction
		of[interaction.CallResult](), of[interaction.CallbackStatus](), of[interaction.CallbackType](), of[interaction.Config](),
		of[interaction.DeliveryError](), of[interaction.EntityType](), of[interaction.FileCursor](), of[interaction.Handler](),
		of[interaction.Interaction](), of[interaction.Name](), of[interaction.Notification](), of[interaction.Notifier](),
		of[interaction.NotifierConfig](), of[interaction.Options](), of[interaction.ResponseType](), of[interaction.SignatureError](),
		of[interaction.Status](),
		// lcm
		of[lcm.Config](), of[lcm.Directory](), of[lcm.Handler](), of[lcm.Tenants](),
		// lucs
		of[lucs.Config](), of[lucs.Handler](),
		// callbacktest
		of[callbacktest.Call](), of[callbacktest.Clock](), of[callbacktest.ClockStore](), of[callbacktest.Dialer](), of[callbacktest.Double](),
		of[callbacktest.DoubleKind](), of[callbacktest.Driven](), of[callbacktest.Driver](), of[callbacktest.Fault](),
		of[callbacktest.FaultKind](), of[callbacktest.FaultyStore](), of[callbacktest.Injected](), of[callbacktest.Method](),
		of[callbacktest.Op](), of[callbacktest.OrderError](), of[callbacktest.Quirk](), of[callbacktest.Rates](), of[callbacktest.Recorder](),
		of[callbacktest.Refusal](), of[callbacktest.Router](), of[callbacktest.Step](),
		// manager
		of[manager.AnswerRequest](), of[manager.AvailabilityRequest](), of[manager.BulkItem](), of[manager.BulkResult](),
		of[manager.CancelAllRequest](), of[manager.CancelRequest](), of[manager.Config](), of[manager.ExportRequest](),
		of[manager.ForgetRequest](), of[manager.Manager](), of[manager.PauseRequest](), of[manager.PausedError](), of[manager.Position](),
		of[manager.QueuesRequest](), of[manager.RangeError](), of[manager.Request](), of[manager.RescheduleRequest](),
		of[manager.Resolution](), of[manager.RevisionError](), of[manager.ServiceQueue](), of[manager.Starter](), of[manager.StateReport](),
		of[manager.Subscription](), of[manager.UpdateRequest](), of[manager.Watermarks](), of[manager.WatermarksRequest](),
		// managertest
		of[managertest.Config](), of[managertest.Rig](),
		// phonenum
		of[phonenum.Address](), of[phonenum.AddressError](), of[phonenum.AddressKind](), of[phonenum.List](), of[phonenum.Number](),
		of[phonenum.ParseError](), of[phonenum.PatternError](), of[phonenum.Patterns](), of[phonenum.Reason](), of[phonenum.ShortKind](),
		of[phonenum.Type](),
		// scheduler
		of[scheduler.FieldError](), of[scheduler.Order](), of[scheduler.Outcome](), of[scheduler.Pending](), of[scheduler.Priority](),
		of[scheduler.RateEstimator](), of[scheduler.RateOptions](), of[scheduler.Recurrence](), of[scheduler.RetryDecision](),
		of[scheduler.RetryInput](), of[scheduler.RetryPolicy](), of[scheduler.Rule](), of[scheduler.Timing](), of[scheduler.Weights](),
		of[scheduler.Why](),
		// store
		of[store.By](), of[store.Change](), of[store.ClaimRequest](), of[store.Claimed](), of[store.ClockStore](), of[store.Config](),
		of[store.ConflictError](), of[store.Counter](), of[store.EraseRequest](), of[store.EventPage](), of[store.EventQuery](),
		of[store.Filter](), of[store.Group](), of[store.LoadRequest](), of[store.Mark](), of[store.Memory](), of[store.Page](), of[store.Part](), of[store.Parts](),
		of[store.Pause](), of[store.PausingStore](), of[store.Precondition](), of[store.Query](), of[store.QueueClaim](),
		of[store.SchemaError](), of[store.Store](), of[store.Window](),
		// record
		of[record.DamagedError](), of[record.VersionError](),
		// storetest
		of[storetest.Clause](), of[storetest.LackError](),
	}
}

func of[T any]() reflect.Type { return reflect.TypeFor[T]() }
