package callback

// OfferAnswer is what somebody says to an offer.
type OfferAnswer uint8

const (
	// AnswerAccept: the agent takes the previewed callback, or the customer
	// confirms. It is dialled next.
	AnswerAccept OfferAnswer = iota + 1
	// AnswerReject: the agent hands the previewed callback back.
	AnswerReject
	// AnswerCancel: the agent ends the previewed callback, or the customer
	// declines.
	AnswerCancel
	// AnswerCalledIn: the customer called the access number and is on the line.
	AnswerCalledIn
)
