package worker

import (
	"errors"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/portin/portin/internal/porting"
)

// TestRetriesEndWithTheLease: a job that fails and fails is retried for as long
// as nobody else takes up its work, and no longer.
func TestRetriesEndWithTheLease(t *testing.T) {
	t.Parallel()
	created := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	now := created
	job := &river.Job[porting.Job]{JobRow: &rivertype.JobRow{CreatedAt: created}}
	for job.Attempt = 1; job.Attempt < 100; job.Attempt++ {
		job.AttemptedAt = &now
		err := failed(job, errors.New("no route"))
		_, ended := errors.AsType[*rivertype.JobCancelError](err)
		next := retries{}.NextRetry(job.JobRow)
		if ended {
			if now.Sub(created) < chainLife/2 || job.Attempt < 5 {
				t.Errorf("the retries end after %v and %d attempts", now.Sub(created), job.Attempt)
			}
			return
		}
		if next.Sub(created) >= chainLife {
			t.Fatalf("attempt %d is followed by one at %v", job.Attempt, next.Sub(created))
		}
		if !next.After(now) {
			t.Fatalf("attempt %d at %v is followed by one at %v", job.Attempt, now, next)
		}
		now = next
	}
	t.Error("the retries never end")
}
