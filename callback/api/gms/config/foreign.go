package config

import (
	"strings"
	"time"
)

func (d *draft) noticeOptions() []spec {
	n := &d.settings.Notification
	modes := words[string]{"false": "", "notify": "notify", "subscribe_notify": "subscribe_notify"}
	types := words[string]{"httpcb": "httpcb", "orscb": "orscb"}
	return []spec{
		{name: "_enable_status_notification", unset: "false", read: readWord(&n.Mode, modes, "is not false, notify or subscribe_notify")},
		{name: "_status_notification_type", unset: "none", read: readWord(&n.Type, types, "is neither httpcb nor orscb")},
		{name: "_status_notification_target", unset: "none", read: readText(&n.Target)},
		{name: "_status_notification_provider", unset: "none", read: readText(&n.Provider)},
		{name: "_status_notification_language", unset: "none", read: readText(&n.Language)},
		{name: "_status_notification_debug", unset: "false", read: readFlag(&n.Debug, false)},
		{name: "_callback_events_list", unset: "all events", read: readText(&d.events)},
		{name: "_enable_notification_reminder", unset: "false", read: readFlag(&d.remind, false)},
		{name: "_notification_reminder_buffer", unset: "300", read: readSeconds(&d.reminder, time.Second, maxKept, zeroRefused)},
	}
}

// foreignOptions are options for servers that this library replaces.
func foreignOptions() []spec {
	var list []spec
	for _, group := range []struct{ why, names string }{
		{"configures the orchestration server, which attempts and reports replace",
			"_ors _ors_lb_strategy _enable_gms_dfm _fetch_retry_attempt _fetch_retry_delay _fetch_timeout " +
				"_retain_session_until_ixn_deleted _ixn_update_data_time_to_wait"},
		{"configures polling, which the store makes unnecessary",
			"queue-polling-rate queue-polling-rate-recover _queue_poll_period _queue_poll_period_recovery _queue_ping_ors_period"},
		{"configures the routing server, which the host's Router and Dialer replace",
			"_eta_pos_threshold _urs_ewt_estimation_method _urs_prioritization_strategy _urs_vq_priority " +
				"_urs_vq_priority_increment _urs_vq_priority_increment_interval _urs_call_interaction_age _agent_reserve_timeout " +
				"_agent_transfer_confirm_timeout _max_transfer_to_agent_attempts _agent_first_via_rp _agent_first_via_tg " +
				"_urs_strategy_update_sub_routine _urs_request_timeout _urs_server_url _urs_sec_server_url _max_time_to_reach_eta_pos_threshold " +
				"_max_urs_ewt_pos_polling_interval _min_urs_ewt_pos_polling_interval _on_route_done_delay _transfer_to_agent_retry_timeout _src_route_point"},
		{"configures T-Server events, which events of the Manager replace",
			"_attach_udata _urs_udata_xfer_keys _urs_extension_data _preview_userevent_mediatype _disposition_userevent_mediatype " +
				"_rep_userevent_enable _rep_userevent_dn _rep_userevent_switch _rep_userevent_mediatype _use_reporting_aggregator " +
				"_reporting_aggregator_url"},
		{"configures push messages, which the host sends on events of the Manager",
			"_notification_message_file _max_notify_delivery_attempts _max_number_of_user_availability_confirmation_attempts " +
				"_agent_availability_notification_delay _provider_name _use_debug_push_certificate"},
		{"configures the agent desktop or the dialing platform",
			"_enable_disposition_dialog _agent_disposition_timeout _snooze_duration _userorig_connect_limit _plugin_on_dial_url " +
				"_plugin_on_dial_timeout _plugin_on_dial_associate_ixn _plugin_on_dial_invoke_on_call_failed _vq_for_outbound_calls " +
				"_max_successful_customer_contacts _call_timeguard_timeout _cb_dim_channel " +
				"_ixn_createcall_hints _ixn_redirect_confirm _ixn_redirect_hints _offer_callback _offer_callback_vxml_app_url _chat_endpoint"},
		{"configures the GMS server", "_services_credentials callback_column_alias log-background-activity"},
	} {
		for name := range strings.FieldsSeq(group.names) {
			list = append(list, spec{name: name, why: group.why})
		}
	}
	return list
}
