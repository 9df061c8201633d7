// Package lcm implements the messages by which Acqueon LCM agents look up
// contact modes and set callbacks, on a [callback.Manager].
//
// A message is a JSON object,
//
//	{"channel":"LCM","topic":"WebService","subtopic":"GetCallBackModes",
//	 "source":"desktop","data":{"callid":"12345","AccountNumber":"5|3|1|0|0|44|1"}}
//
// and so is its reply, with message in place of data. [Handler.Handle] is for
// hosts with a message bus: it returns one reply per message.
// [Handler.ServeHTTP] accepts a message as the body of a POST.
//
//	subtopic                         reply's subtopic                       roles
//	GetCallBackModes                 CallBackModes                          create, operate
//	SetCallbackWithComments          SetCallbackWithCommentsResult          create
//	SetPersonalCallbackWithComments  SetPersonalCallbackWithCommentsResult  create
//	GetPersonalCallbackList          PersonalCallbackList                   read, operate
//	ScheduledCallBackOverlap         ScheduledCallBackOverlapResult         create, read, operate
//
// Channel, topic, subtopic and names of members are case-insensitive. The topic
// is WebService. ScheduledCallBackOverlap may also have the topic Outbound; the
// reply then has that topic and the subtopic of the request, as in the table of
// LCM. source becomes Origin.CallerID of the callback. Replies have no source,
// as in the definition of LCM. A caller restricted to a customer cannot send
// messages: they are those of agents, and an account is not a customer id.
//
// # Callbacks
//
// StartDate and StartTime are the desired time, EndDate and EndTime are Until,
// as DD/MM/YYYY and HH:mm in [Config].Zone. If they are equal the callback ends
// with the TTL of the service. CallbackModeId, in either spelling and as a
// number or a string, is the contact mode to call.
// SetPersonalCallbackWithComments assigns the callback to the agent UserID;
// otherwise any agent can take it and UserID is Origin.Initiator. callid
// becomes Origin.InteractionID. AccountNumber becomes Customer.Account and
// Origin.ExternalID, by which the callback is found.
//
// The content of a message is its idempotency key, so that a repeated message
// creates one callback. Once that callback has completed, the message is
// rejected.
//
// Two windows overlap if they have an instant in common; an empty window lasts
// a minute. ScheduledCallBackOverlap checks the open callbacks of the account
// and the open personal callbacks of the agent.
//
// # Errors
//
// LCM documents the error type, the actual error and the message for two cases:
// an empty callid ("Callid is empty") and an invalid one ("Invalid Call ID:"
// and the id), both with the message "Invalid Call ID.". Their place in the
// reply is inferred:
//
//	{"channel":"LCM","topic":"WebService","subtopic":"CallBackModes","message":{"callid":"",
//	 "response":[],"error":{"ErrorType":"WS_Error","ActualError":"Callid is empty",
//	 "Message":"Invalid Call ID.","Code":40010}}}
//
// success, RequestResult and IsOverlap are false in that case. The reply to a
// message without a valid subtopic has the subtopic WS_Error. Code is the
// result of [callback.Code], or the HTTP status followed by 00. All other
// errors, their texts and messages are inferred.
package lcm
