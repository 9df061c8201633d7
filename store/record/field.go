package record

// The field numbers of every message. They are permanent: a number that was
// ever written keeps its meaning and its kind, a field that goes leaves its
// number unused, and a new field takes the next number of its message. Numbers
// below 32 take one byte; what most callbacks have comes first.
//
// What stands behind a number is the kind of its value: int is a zig-zag
// varint, uint and bool a plain one, time an int of microseconds, duration an
// int of nanoseconds, float eight bytes, little end first; text, address (what
// reveals it), json, a message and a list of messages are bytes with their
// length in front.
const (
	callbackImmediate    = 1  // bool
	callbackCustomer     = 2  // message
	callbackAgent        = 3  // message
	callbackOrigin       = 4  // message
	callbackProperties   = 5  // json
	callbackUserData     = 6  // json
	callbackLookups      = 7  // list
	callbackDesired      = 8  // time
	callbackUntil        = 9  // time
	callbackBucket       = 10 // time
	callbackCreated      = 11 // time
	callbackUpdated      = 12 // time
	callbackReleaseAt    = 13 // time
	callbackQueuedAt     = 14 // time
	callbackReadyAt      = 15 // time
	callbackExpiresAt    = 16 // time
	callbackRemindAt     = 17 // time
	callbackDeadlineAt   = 18 // time
	callbackEndedAt      = 19 // time
	callbackAttempts     = 20 // list
	callbackHeld         = 21 // list
	callbackIdempotency  = 22 // message
	callbackReason       = 23 // text
	callbackDetail       = 24 // text
	callbackLocal        = 25 // text
	callbackZone         = 26 // text
	callbackRetry        = 27 // message
	callbackOffer        = 28 // message
	callbackReservation  = 29 // message
	callbackSessionID    = 30 // text
	callbackInteraction  = 31 // message
	callbackCancelReason = 32 // text
	callbackSubmits      = 33 // int
	callbackRejects      = 34 // int
	callbackLostLeases   = 35 // int
	callbackCopiedFrom   = 36 // text
	callbackAccessNumber = 37 // text
	callbackAccessCode   = 38 // text
	callbackPausedAt     = 39 // time
	callbackPausedFor    = 40 // duration

	customerNumber      = 1 // address
	customerAlternative = 2 // address
	customerID          = 3 // text
	customerAccount     = 4 // text
	customerModeID      = 5 // text
	customerCampaignID  = 6 // text
	customerContactID   = 7 // text

	agentTarget       = 1 // text
	agentQueue        = 2 // text
	agentPersonal     = 3 // text
	agentComments     = 4 // text
	agentDescription  = 5 // text
	agentLeadScore    = 6 // float
	agentTargetAmount = 7 // float

	originCreator       = 1  // text
	originInitiator     = 2  // text
	originSupervisor    = 3  // text
	originCallerID      = 4  // text
	originExternalID    = 5  // text
	originIncomingURI   = 6  // text
	originAppPool       = 7  // text
	originSessionID     = 8  // text
	originInteractionID = 9  // text
	originContextURL    = 10 // text
	originRetryType     = 11 // text

	interactionMediaType      = 1  // text
	interactionResponseType   = 2  // text
	interactionType           = 3  // text
	interactionSubType        = 4  // text
	interactionParentID       = 5  // text
	interactionThreadID       = 6  // text
	interactionOwnerID        = 7  // int
	interactionCreatorAppID   = 8  // int
	interactionCategoryID     = 9  // text
	interactionSubject        = 10 // text
	interactionText           = 11 // text
	interactionStructuredText = 12 // text
	interactionStructuredMIME = 13 // text
	interactionBinaryContent  = 14 // text
	interactionBinaryMIME     = 15 // text
	interactionBinarySize     = 16 // int
	interactionTimeShift      = 17 // int
	interactionNoChildren     = 18 // bool
	interactionDN             = 19 // text
	interactionLocation       = 20 // text
	interactionServerID       = 21 // text

	lookupKey    = 1 // text
	lookupValue  = 2 // text
	lookupFormer = 3 // bool

	attemptN       = 1  // int
	attemptKey     = 2  // text
	attemptEpoch   = 3  // int
	attemptRef     = 4  // text
	attemptStage   = 5  // uint
	attemptAgent   = 6  // text
	attemptBegan   = 7  // time
	attemptPlaced  = 8  // time
	attemptEnded   = 9  // time
	attemptOutcome = 10 // message
	attemptLookups = 11 // int

	outcomeResult     = 1  // uint
	outcomeCertainty  = 2  // uint
	outcomeReached    = 3  // uint
	outcomeBy         = 4  // uint
	outcomeSIP        = 5  // int
	outcomeQ850       = 6  // int
	outcomeRaw        = 7  // text
	outcomeRing       = 8  // duration
	outcomeTalk       = 9  // duration
	outcomeRetryAfter = 10 // duration

	heldKind    = 1 // text
	heldService = 2 // text
	heldName    = 3 // text
	heldSubject = 4 // text
	heldSlot    = 5 // int
	heldN       = 6 // int

	idempotencyKey  = 1 // text
	idempotencyHash = 2 // text

	retryMaxAttempts = 1 // int
	retryDelay       = 2 // duration

	offerKind      = 1 // uint
	offerUntil     = 2 // time
	offerCanReject = 3 // bool
	offerAccepted  = 4 // bool

	reservationID      = 1 // text
	reservationAgent   = 2 // text
	reservationAddress = 3 // text

	eventService   = 1  // text
	eventAt        = 2  // time
	eventFrom      = 3  // uint
	eventTo        = 4  // uint
	eventReason    = 5  // text
	eventAttempt   = 6  // int
	eventStage     = 7  // uint
	eventResult    = 8  // uint
	eventCertainty = 9  // uint
	eventNext      = 10 // time
	eventEpoch     = 11 // int
	eventActor     = 12 // text
	eventDetail    = 13 // text
)
