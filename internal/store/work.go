package store

import (
	"database/sql"
	"errors"
	"time"

	"github.com/riverqueue/river"

	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/porting"
)

func dueColumns(d *order.Due) columns {
	return columns{{"order_id", &d.OrderID}, {"kind", &d.Kind}, {"at", instant{&d.At}}, {"reason", &d.Reason}}
}

func dues(t *Tx, where string, args ...any) ([]order.Due, error) {
	return all(t, `SELECT `+dueColumns(&order.Due{}).names()+` FROM due WHERE `+where, args, func(d *order.Due) []any { return dueColumns(d).values() })
}

// SetDue implements porting.Tx.
func (t *Tx) SetDue(d order.Due) error {
	cs := dueColumns(&d)
	_, err := t.Exec(`
		INSERT INTO due (`+cs.names()+`) VALUES (`+cs.holders()+`)
		ON CONFLICT (order_id, kind) DO UPDATE SET at = EXCLUDED.at, reason = EXCLUDED.reason, lease = NULL`, cs.values()...)
	return err
}

// ClearDue implements porting.Tx.
func (t *Tx) ClearDue(orderID int64, kind order.DueKind) error {
	_, err := t.Exec(`DELETE FROM due WHERE order_id = $1 AND kind = $2`, orderID, string(kind))
	return err
}

// Due implements porting.Tx.
func (t *Tx) Due(orderID int64, kind order.DueKind) (*order.Due, error) {
	found, err := dues(t, `order_id = $1 AND kind = $2`, orderID, string(kind))
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

// Dues implements porting.Tx.
func (t *Tx) Dues(orderID int64) ([]order.Due, error) {
	return dues(t, `order_id = $1 ORDER BY at, kind`, orderID)
}

// NextDue implements porting.Tx.
func (t *Tx) NextDue() (next time.Time, ok bool, err error) {
	err = t.Row(`SELECT MIN(at) FROM due`, nil, instant{&next})
	return next, !next.IsZero(), err
}

// Unqueued implements porting.Tx.
func (t *Tx) Unqueued(now time.Time, limit int) ([]order.Due, error) {
	return dues(t, `at <= $1 AND (lease IS NULL OR lease <= $2) ORDER BY at, order_id, kind LIMIT $3`, at(now), at(t.wall), limit)
}

// jobAttempts is how often a job is tried before the queue gives it up. What is
// due outlives its jobs: it is queued again when its lease has run out.
const jobAttempts = 25

// Enqueue implements porting.Tx. Two instances may find the same thing due at
// the same time: the lease is taken first, so that one of them makes the job.
func (t *Tx) Enqueue(d order.Due, until time.Time) error {
	res, err := t.Exec(`UPDATE due SET lease = $3 WHERE order_id = $1 AND kind = $2 AND (lease IS NULL OR lease <= $4)`,
		d.OrderID, string(d.Kind), at(until), at(t.wall))
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if err != nil || n == 0 {
		return err
	}
	return t.Tx.Enqueue(porting.Job{OrderID: d.OrderID, What: d.Kind}, &river.InsertOpts{MaxAttempts: jobAttempts})
}

func submissionColumns(s *order.Submission) columns {
	return columns{
		{"order_id", &s.OrderID}, {"kind", &s.Kind}, {"version", &s.Version}, {"state", &s.State}, {"attempts", &s.Attempts},
		{"lease", instant{&s.Lease}}, {"created", instant{&s.Created}}, {"sent", instant{&s.Sent}},
	}
}

// InsertSubmission implements porting.Tx.
func (t *Tx) InsertSubmission(s *order.Submission) error {
	return submissionColumns(s).insert(t, "submission", &s.ID)
}

// LastSubmission implements porting.Tx.
func (t *Tx) LastSubmission(orderID int64, kind order.SubmissionKind) (*order.Submission, error) {
	var s order.Submission
	cs := submissionColumns(&s)
	err := t.Row(`SELECT id, `+cs.names()+` FROM submission WHERE order_id = $1 AND kind = $2 ORDER BY id DESC LIMIT 1`,
		[]any{orderID, string(kind)}, append([]any{&s.ID}, cs.values()...)...)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &s, nil
}

// SaveSubmission implements porting.Tx. A state does not tell two senders
// apart, one of which took over from the other; the attempts do, since who takes
// over counts them up. So of two that take over at once one is told that the
// other did, and who was taken for dead changes nothing any more.
func (t *Tx) SaveSubmission(s *order.Submission, was order.SubmissionState) error {
	fewer := 0
	if was == order.SubmissionSending && !s.Lease.IsZero() {
		fewer = 1
	}
	res, err := t.Exec(`
		UPDATE submission SET state = $3, attempts = $4, sent = $5, lease = $6
		WHERE id = $1 AND state = $2 AND attempts <= CAST($4 AS BIGINT) - CAST($7 AS BIGINT)`,
		s.ID, string(was), string(s.State), s.Attempts, at(s.Sent), at(s.Lease), fewer)
	return changed(res, err, porting.ErrMoved)
}

// Heard implements porting.Tx.
func (t *Tx) Heard(orderID int64, key string) (fresh bool, err error) {
	res, err := t.Exec(`INSERT INTO heard (order_id, key) VALUES ($1, $2) ON CONFLICT (order_id, key) DO NOTHING`, orderID, key)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// Setting implements porting.Tx.
func (t *Tx) Setting(key string) (value string, err error) { return t.setting(key, "") }

func (t *Tx) setting(key, lock string) (value string, err error) {
	err = t.Row(`SELECT value FROM setting WHERE key = $1 `+lock, []any{key}, &value)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return value, err
}

// SetSetting implements porting.Tx.
func (t *Tx) SetSetting(key, value string) error {
	_, err := t.Exec(`INSERT INTO setting (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value`, key, value)
	return err
}
