// Package callback is the domain and the engine of ringback: it takes requests
// to be called back, keeps them, releases them in fair order, has them dialled,
// retries, completes, and can always say what happened and why.
//
// A host makes a [Manager] of a [Store], a [ServiceSource] and a [Dialer], calls
// its verbs from its own handlers, and lets [Manager.Run] do the work. The
// package places no calls, opens no sockets and keeps no data itself.
//
// # States
//
// The legal moves, each written as one atomic change with one event:
//
//	(new)      -> Scheduled Queued Paused Offered Routing Processing Completed
//	Scheduled  -> Scheduled Queued Paused Routing Processing Completed
//	Queued     -> Scheduled Queued Paused Offered Dialing Routing Processing Unresolved Completed
//	Paused     -> Scheduled Queued Paused Completed
//	Offered    -> Queued Offered Dialing Routing Processing Completed
//	Dialing    -> Queued Dialing Routing Processing Unresolved Completed
//	Routing    -> Queued Routing Processing Unresolved Completed
//	Processing -> Queued Processing Unresolved Completed
//	Unresolved -> Queued Dialing Routing Processing Unresolved Completed
//	Completed  ->
//
// The common life of a callback is
//
//	Start                 now or a time               its time has come
//	  |---- booked ----> Scheduled -------------------------> Queued
//	  '---- now --------------------------------------------> Queued
//	Queued -- agent and line free, attempt committed -------> Dialing
//	Dialing -- customer answers --> Routing -- agent -------> Processing
//	Dialing -- busy, no answer, ... another attempt later --> Queued
//	Dialing -- nobody knows what happened ------------------> Unresolved
//	Processing -- the call is over -------------------------> Completed
//
// # Six ideas
//
// Time is data: decisions take it as an argument, [Config.Now] or the store's
// [ClockStore] is read at the door of a verb and when a dialer is handed a call, and [Manager.Tick] performs one
// step of the engine at whatever time it is told.
//
// One atomic write per change: the record under compare-and-swap on its
// revision, the permits it takes and gives back, the idempotency key and the
// event, together or not at all.
//
// Permits: every limit is a counter with a key, a maximum and perhaps a window.
// A callback holds permits and gives them back on the transition that frees
// them. See [PermitKind].
//
// One moment of attention: Callback.NextAt is the earliest of all that is due.
// Recovery is nothing special: work whose lease ran out is simply due.
//
// Write before you dial: the attempt is committed, under a key and an epoch,
// before the dialer is called.
//
// No leader: any number of Managers may share a store and any of them may do
// any duty.
//
// # What is promised when something dies
//
// A callback whose Start returned nil is in the store until it is completed, as
// far as the store keeps what it is given.
//
// Work lost before its attempt was committed is done again; it uses up no
// attempt. An attempt lost after that is Unresolved. It leaves that state only
// through the dialer's own look-up ([LookupDialer]), a late report that carries its
// key, or an operator ([Manager.Resolve]); nothing is ever dialled again because
// a time-out passed. With a dialer whose platform is fenced by epoch, a customer
// never has two live calls; with a dialer that can look attempts up, the same as
// long as a request dies within its deadline; with one that can do neither, at
// most one request is sent per operator's decision.
//
// After Cancel returned nil no attempt begins. While a call is in flight Cancel
// says so with [ErrInFlight], and no further attempt follows.
//
// # Errors
//
// nil means it happened. [ErrOutcomeUnknown] means it may have happened, and
// that repeating it with the same key is safe. Every other error means that it
// did not happen. [Code] gives each error the number GMS clients know. A number
// of a person is in no error, event or log line; [phonenum.Address] shows it only
// where Reveal is called by name.
//
// # Options of GMS that have no field here
//
// [Service] names the GMS option that a field stands for, where there is one.
// These options steer Genesys' own servers and mean nothing outside them, or are
// read by whoever translates a configuration:
//
//   - _ors, _ors_lb_strategy, _enable_gms_dfm, _fetch_retry_attempt,
//     _fetch_retry_delay, _fetch_timeout, _retain_session_until_ixn_deleted,
//     _ixn_update_data_time_to_wait: sessions of the orchestration server;
//     attempts and reports take their place
//   - queue-polling-rate, queue-polling-rate-recover, _queue_poll_period,
//     _queue_poll_period_recovery, _queue_ping_ors_period: windows of a poller; a
//     store knows the next moment of each callback, however old
//   - _eta_pos_threshold, _urs_ewt_estimation_method,
//     _urs_prioritization_strategy, _urs_vq_priority, _urs_vq_priority_increment,
//     _urs_vq_priority_increment_interval, _urs_call_interaction_age,
//     _agent_reserve_timeout, _agent_transfer_confirm_timeout,
//     _max_transfer_to_agent_attempts, _agent_first_via_rp, _agent_first_via_tg:
//     strategies of the routing server; [Router] and [Dialer] decide
//   - _attach_udata, _urs_udata_xfer_keys, _urs_extension_data,
//     _preview_userevent_mediatype, _disposition_userevent_mediatype,
//     _rep_userevent_*, _use_reporting_aggregator, _reporting_aggregator_url:
//     forms of T-Server events; [Event] takes their place
//   - _notification_message_file, _max_notify_delivery_attempts,
//     _max_number_of_user_availability_confirmation_attempts,
//     _agent_availability_notification_delay, _status_notification_*,
//     _enable_status_notification,
//     _callback_events_list: push messages are made by the host from
//     [Manager.Subscribe], webhooks by the Notifier of callback/api/interaction
//   - _enable_disposition_dialog, _agent_disposition_timeout, _snooze_duration,
//     _userorig_connect_limit, _plugin_on_dial_*, _vq_for_outbound_calls, _max_successful_customer_contacts,
//     _call_timeguard_timeout, _cb_dim_channel: belong to agent desktops and
//     dialling platforms
//   - _service, _type, $token$ values, _throttle_customer_number_limit (an
//     older name), _paused_services_list, _paused_services_id: read by the
//     translation of a configuration; _originating_interaction_id and
//     _desired_time are fields of a Request
//   - username, password, filter-keys, returned-keys, _services_credentials, callback_column_alias,
//     _enable_throttle_header_parameters, log-background-activity: belong to the
//     HTTP face; Request.Parameters carries header values to be counted
package callback
