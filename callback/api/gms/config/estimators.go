package config

import (
	"errors"
	"fmt"

	"github.com/ringback-go/ringback/callback"
	"github.com/ringback-go/ringback/scheduler"
)

// Estimators are the expected waits that a host can tell, by the name that a
// configuration has for them: a statistic (_request_queue_time_stat), such as
// "ExpectedWaitTime;Queue;8999@SIP_Server;Environment", or a service that tells the
// expected wait (_request_ewt_service).
type Estimators map[string]scheduler.Estimator

// Estimate sets Booking.Estimator of the services in o.Services whose
// _request_ewt_service or else _request_queue_time_stat names one of e. An estimator
// that the host has set stays. Call it before [Options.Source].
//
// The error joins one [callback.FieldError], a [callback.ErrConfiguration], for each
// service whose names e does not have. The service then has no estimator, so that
// nothing is added to its buffer; the others are set all the same.
func (o *Options) Estimate(e Estimators) error {
	var faults []error
	for i := range o.Services {
		s := &o.Services[i]
		settings := o.Settings[s.Name]
		if s.Booking.Estimator != nil || settings.EWTService == "" && settings.QueueTimeStat == "" {
			continue
		}
		var named scheduler.Estimator
		for _, name := range []string{settings.EWTService, settings.QueueTimeStat} {
			if name != "" && named == nil {
				named = e[name]
			}
		}
		if named == nil {
			option := "_request_ewt_service"
			if settings.EWTService == "" {
				option = "_request_queue_time_stat"
			}
			faults = append(faults, fmt.Errorf("service %q: %w", s.Name,
				callback.NewFieldError(callback.ErrConfiguration, option, "names no estimator")))
			continue
		}
		s.Booking.Estimator = named
	}
	return errors.Join(faults...)
}
