package callback

// OfferAnswer is the answer to an [Offer].
type OfferAnswer uint8

// The answers to offers.
const (
	AnswerAccept   OfferAnswer = iota + 1 // the agent takes the previewed callback, or the customer confirms
	AnswerReject                          // the agent rejects the previewed callback
	AnswerCancel                          // the agent cancels the previewed callback, or the customer declines
	AnswerCalledIn                        // the customer called the access number and is on the line
)
