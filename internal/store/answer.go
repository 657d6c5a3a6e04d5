package store

import (
	"database/sql"
	"errors"
	"time"

	"github.com/portin/portin/internal/porting"
	"github.com/portin/portin/internal/seal"
)

// keyMAC is what is kept of an idempotency key: customers put all sorts of
// things into theirs.
func (t *Tx) keyMAC(key string) []byte {
	mac := t.ring.MAC("idempotency key", []byte(key))
	return mac[:]
}

func bodyPlace(uid seal.UID) seal.Place {
	return seal.Place{Table: "answer", Column: "body_sealed", UID: uid}
}

// Answer implements porting.Tx.
func (t *Tx) Answer(accountID int64, key string) (*porting.Answer, error) {
	var a porting.Answer
	var uid seal.UID
	var body []byte
	err := t.Row(`SELECT uid, fingerprint, status, body_sealed, at FROM answer WHERE account_id = $1 AND key_mac = $2 AND at >= $3`,
		[]any{accountID, t.keyMAC(key), at(t.wall.Add(-porting.AnswersKept))},
		fixed{uid[:]}, fixed{a.Fingerprint[:]}, &a.Status, &body, instant{&a.At})
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	a.Body, err = t.ring.Open(bodyPlace(uid), body)
	return &a, err
}

// SaveAnswer implements porting.Tx. An answer that another instance has stored
// meanwhile stays: the call must be tried again, and replays it.
func (t *Tx) SaveAnswer(accountID int64, key string, a porting.Answer) error {
	uid := seal.NewUID()
	res, err := t.Exec(`
		INSERT INTO answer (account_id, key_mac, uid, fingerprint, status, body_sealed, at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (account_id, key_mac) DO UPDATE
		SET uid = EXCLUDED.uid, fingerprint = EXCLUDED.fingerprint, status = EXCLUDED.status, body_sealed = EXCLUDED.body_sealed, at = EXCLUDED.at
		WHERE answer.at < $8`,
		accountID, t.keyMAC(key), uid[:], a.Fingerprint[:], a.Status, t.ring.Seal(bodyPlace(uid), a.Body), at(a.At), at(t.wall.Add(-porting.AnswersKept)))
	return changed(res, err, porting.ErrMoved)
}

// ForgetAnswers implements porting.Tx.
func (t *Tx) ForgetAnswers(before time.Time) error {
	_, err := t.Exec(`DELETE FROM answer WHERE at < $1`, at(before))
	return err
}
