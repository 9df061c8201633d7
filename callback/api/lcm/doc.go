// Package lcm answers the messages by which agents of Acqueon LCM ask for the
// ways to reach a customer and set callbacks, over a Manager.
//
// A message is one JSON object,
//
//	{"channel":"LCM","topic":"WebService","subtopic":"GetCallBackModes",
//	 "source":"desktop","data":{"callid":"12345","AccountNumber":"5|3|1|0|0|44|1"}}
//
// and so is the reply, with message in place of data. [Handler.Handle] is for
// hosts with a message bus: one reply for each message. [Handler.ServeHTTP] takes
// one message as the body of a POST.
//
//	subtopic                         reply's subtopic                       roles
//	GetCallBackModes                 CallBackModes                          create, operate
//	SetCallbackWithComments          SetCallbackWithCommentsResult          create
//	SetPersonalCallbackWithComments  SetPersonalCallbackWithCommentsResult  create
//	GetPersonalCallbackList          PersonalCallbackList                   read, operate
//	ScheduledCallBackOverlap         ScheduledCallBackOverlapResult         create, read, operate
//
// Channel, topic, subtopic and the names of members are compared without case.
// The topic is WebService; ScheduledCallBackOverlap may also come with the topic
// Outbound and then is answered with that topic and under its own subtopic, as
// LCM's table has it. source is whoever sends the message: it is kept as the
// callback's Origin.CallerID and not repeated in the reply, which has none in
// LCM's definition. A caller that is bound to one customer may send none of these
// messages: they are an agent's, and an account is not a customer's id.
//
// # Callbacks
//
// StartDate and StartTime, DD/MM/YYYY and HH:mm on the clock of [Config.Zone],
// are when the callback is desired, and EndDate and EndTime its Until. Where the
// two are the same it has no end but the service's TTL. CallbackModeId, in either
// spelling and as a number or a text, is the contact mode whose number is
// called. SetPersonalCallbackWithComments binds the callback to the agent UserID;
// otherwise any agent takes it and UserID is its Origin.Initiator. callid becomes
// Origin.InteractionID and AccountNumber, beside Customer.Account, the
// Origin.ExternalID under which the callback is found.
//
// A message that comes twice makes one callback: everything in it together is the
// idempotency key. Sent again after that callback is over it is refused.
//
// Two windows overlap when they share a moment; one without length is a minute
// long. ScheduledCallBackOverlap looks at the callbacks that are not completed of
// the account, or personal ones of the agent.
//
// # Errors
//
// LCM publishes an error's type, the actual error and a message for two cases: a
// callid that is empty ("Callid is empty") and one that is not valid ("Invalid
// Call ID:" and the id), both with the message "Invalid Call ID.". How they are
// sent is inferred: in the reply that the request would have had,
//
//	{"channel":"LCM","topic":"WebService","subtopic":"CallBackModes","message":{"callid":"",
//	 "response":[],"error":{"ErrorType":"WS_Error","ActualError":"Callid is empty",
//	 "Message":"Invalid Call ID.","Code":40010}}}
//
// where success, RequestResult and IsOverlap are false. A message whose subtopic
// cannot be read is answered with the subtopic WS_Error. Code is that of
// [callback.Code], or an HTTP status with two zeros where there is none. All
// other errors, their texts and messages are inferred as well.
package lcm
