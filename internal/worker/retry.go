package worker

import (
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/porting"
)

// retries says when a failed job is tried again: soon at first, since most
// failures pass.
type retries struct{}

// pauses are the waits after the first attempts; the last one repeats.
var pauses = []time.Duration{time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 20 * time.Second, 40 * time.Second}

// chainLife is for how long a job is retried. It is the time for which porting
// leases what a job is to do: after that the sweeper makes a new job, which
// goes on in this one's place. Without an end each lease that runs out would
// add another chain of retries to those that the order has already.
const chainLife = 2 * time.Minute

// NextRetry implements river.ClientRetryPolicy.
func (retries) NextRetry(job *rivertype.JobRow) time.Time {
	return attempted(job).Add(pause(job.Attempt))
}

// pause is the wait after an attempt, counted from 1.
func pause(attempt int) time.Duration {
	return pauses[min(max(attempt, 1), len(pauses))-1]
}

func attempted(job *rivertype.JobRow) time.Time {
	if job.AttemptedAt == nil {
		return job.CreatedAt
	}
	return *job.AttemptedAt
}

// failed makes the error that River stores and acts upon. River keeps its text
// in the database as it is, so it says no more than the kind of the failure.
func failed(job *river.Job[porting.Job], err error) error {
	told := errors.New(string(fault.KindOf(err)))
	if e, ok := errors.AsType[*fault.Error](err); ok && e.Code != "" {
		told = fmt.Errorf("%s (%s)", e.Kind, e.Code)
	}
	if attempted(job.JobRow).Add(pause(job.Attempt)).Sub(job.CreatedAt) >= chainLife {
		return river.JobCancel(told)
	}
	return told
}
