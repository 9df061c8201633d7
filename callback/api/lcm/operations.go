package lcm

import (
	"context"
	"strings"

	"github.com/ringback-go/ringback/callback/api"
	"github.com/ringback-go/ringback/callback/api/internal/wire"
)

// operation is the operation of a subtopic.
type operation struct {
	name   string // subtopic of the request
	answer string // subtopic of the reply
	roles  []api.Role
	ofCall bool // data contains the agent's call id
	// outbound: the topic Outbound is accepted too, and is that of the reply.
	outbound bool
	do       func(c *call, ctx context.Context) (any, error)
	failed   func(callID string, told *wireError) any
}

func operations() []operation {
	return []operation{
		{name: "GetCallBackModes", answer: "CallBackModes", roles: []api.Role{api.RoleCreate, api.RoleOperate}, ofCall: true,
			do: (*call).modes, failed: noModes},
		{name: "SetCallbackWithComments", answer: "SetCallbackWithCommentsResult", roles: []api.Role{api.RoleCreate}, ofCall: true,
			do: (*call).set, failed: notSet},
		{name: "SetPersonalCallbackWithComments", answer: "SetPersonalCallbackWithCommentsResult", roles: []api.Role{api.RoleCreate},
			ofCall: true, do: (*call).setPersonal, failed: notSet},
		{name: "GetPersonalCallbackList", answer: "PersonalCallbackList", roles: []api.Role{api.RoleRead, api.RoleOperate},
			do: (*call).list, failed: noList},
		{name: "ScheduledCallBackOverlap", answer: "ScheduledCallBackOverlapResult", ofCall: true, outbound: true,
			roles: []api.Role{api.RoleCreate, api.RoleRead, api.RoleOperate}, do: (*call).overlap, failed: noOverlap},
	}
}

// find returns the operation of a message.
func find(env *envelope) (operation, bool) {
	for _, op := range operations() {
		topic := strings.EqualFold(env.topic, topicWeb) || op.outbound && strings.EqualFold(env.topic, topicOut)
		if topic && strings.EqualFold(env.subtopic, op.name) {
			return op, true
		}
	}
	return operation{}, false
}

// reply encodes a reply.
func (op operation) reply(env *envelope, message any) ([]byte, error) {
	if op.outbound && strings.EqualFold(env.topic, topicOut) {
		return wire.Encode(reply{channelLCM, topicOut, op.name, message})
	}
	return wire.Encode(reply{channelLCM, topicWeb, op.answer, message})
}
