package store

import (
	"slices"

	"github.com/portin/portin/internal/intake"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/porting"
)

func uploadColumns(u *porting.Upload) columns {
	return columns{
		{"account_id", &u.AccountID}, {"fingerprint", fixed{u.Fingerprint[:]}}, {"accepted", &u.Accepted}, {"created", instant{&u.Created}},
	}
}

// InsertUpload implements porting.Tx.
func (t *Tx) InsertUpload(u *porting.Upload) error {
	rejected := u.Rejected
	if rejected == nil {
		rejected = []intake.Rejected{}
	}
	return append(uploadColumns(u), column{"rejected", asJSON{rejected}}).insert(t, "upload", &u.ID)
}

func uploads(t *Tx, where string, args ...any) (*porting.Upload, error) {
	return one(all(t, `SELECT id, `+uploadColumns(&porting.Upload{}).names()+` FROM upload AS u WHERE `+where, args, func(u *porting.Upload) []any {
		return append([]any{&u.ID}, uploadColumns(u).values()...)
	}))
}

// Upload implements porting.Tx.
func (t *Tx) Upload(accountID, id int64) (*porting.Upload, error) {
	return uploads(t, `account_id = $1 AND id = $2`, accountID, id)
}

// Rejected implements porting.Tx.
func (t *Tx) Rejected(uploadID int64) ([]intake.Rejected, error) {
	var out []intake.Rejected
	err := t.Row(`SELECT rejected FROM upload WHERE id = $1`, []any{uploadID}, asJSON{&out})
	return out, missing(err)
}

// Repeated implements porting.Tx.
func (t *Tx) Repeated(accountID int64, fingerprint [32]byte) (*porting.Upload, error) {
	return uploads(t, `account_id = $1 AND fingerprint = $2
		AND accepted = (SELECT COALESCE(SUM(number_count), 0) FROM port_order WHERE upload_id = u.id)
		AND NOT EXISTS (SELECT 1 FROM port_order WHERE upload_id = u.id AND status <> 'created')
		ORDER BY id DESC LIMIT 1`, accountID, fingerprint[:])
}

// InOpenOrders implements porting.Tx.
func (t *Tx) InOpenOrders(accountID int64, numbers []nanp.Number) (map[nanp.Number]int64, error) {
	return which(t, `
		SELECT n.did, n.order_id FROM `+t.Values("$2")+`
		CROSS JOIN order_number AS n WHERE n.account_id = $1 AND n.did = CAST(r.value AS BIGINT) AND n.held`, accountID, numbers,
		func(id int64) int64 { return id })
}

// Owned implements porting.Tx.
func (t *Tx) Owned(accountID int64, numbers []nanp.Number) (map[nanp.Number]bool, error) {
	return which(t, `
		SELECT n.did, n.order_id FROM `+t.Values("$2")+`
		CROSS JOIN order_number AS n WHERE n.account_id = $1 AND n.did = CAST(r.value AS BIGINT) AND n.status = 'ported'`, accountID, numbers,
		func(int64) bool { return true })
}

// which asks in which orders numbers are. Its queries say CROSS JOIN since
// SQLite keeps the order of such a join: it knows nothing of the length of a
// JSON array, and would else walk all of it for each of the account's numbers.
func which[T any](t *Tx, query string, accountID int64, numbers []nanp.Number, say func(orderID int64) T) (map[nanp.Number]T, error) {
	type hit struct {
		did     nanp.Number
		orderID int64
	}
	// In the order of the index, whose pages are then read once each.
	param, err := list(slices.Sorted(slices.Values(numbers)))
	if err != nil {
		return nil, err
	}
	hits, err := all(t, query, []any{accountID, param}, func(h *hit) []any { return []any{&h.did, &h.orderID} })
	if err != nil {
		return nil, err
	}
	out := make(map[nanp.Number]T, len(hits))
	for _, h := range hits {
		out[h.did] = say(h.orderID)
	}
	return out, nil
}
