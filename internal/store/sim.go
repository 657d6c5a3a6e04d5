package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/portin/portin/internal/bizday"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/gateway/sim"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/order"
)

// SimReceipts keeps what the simulated carriers got. It shares the database
// with portin's own tables and nothing else: carriers have transactions of
// their own.
type SimReceipts struct{ store *Store }

var _ sim.Receipts = SimReceipts{}

// SimReceipts returns the store of the simulated carriers.
func (s *Store) SimReceipts() SimReceipts { return SimReceipts{store: s} }

// simRequest is what is kept of a request.
type simRequest struct {
	Numbers   []nanp.Number `json:"numbers,omitempty"`
	Requested bizday.Date   `json:"requested_foc_date,omitzero"`
	Zone      string        `json:"zone,omitempty"`
}

// Keep implements sim.Receipts.
func (s SimReceipts) Keep(ctx context.Context, r sim.Receipt) (sim.Receipt, error) {
	request, err := json.Marshal(simRequest{Numbers: r.Numbers, Requested: r.Requested, Zone: r.Zone})
	if err != nil {
		return sim.Receipt{}, fault.Wrap(err, "write a simulated receipt")
	}
	var kept []sim.Receipt
	err = s.store.Update(ctx, func(tx *Tx) error {
		_, err := tx.Exec(`
			INSERT INTO sim_receipt (pon, version, kind, received_at, request) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (pon, version, kind) DO NOTHING`,
			r.PON, r.Version, string(r.Kind), r.At.UnixMilli(), string(request))
		if err != nil {
			return err
		}
		kept, err = simReceipts(tx, `pon = $1 AND version = $2 AND kind = $3`, r.PON, r.Version, string(r.Kind))
		return err
	})
	if err != nil {
		return sim.Receipt{}, err
	}
	return kept[0], nil
}

// Of implements sim.Receipts.
func (s SimReceipts) Of(ctx context.Context, pon string) ([]sim.Receipt, error) {
	var out []sim.Receipt
	err := s.store.View(ctx, func(tx *Tx) error {
		var err error
		out, err = simReceipts(tx, `pon = $1`, pon)
		return err
	})
	return out, err
}

func simReceipts(tx *Tx, where string, args ...any) ([]sim.Receipt, error) {
	rows, err := tx.Query(`SELECT pon, version, kind, received_at, request FROM sim_receipt WHERE `+where+` ORDER BY id`, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []sim.Receipt
	for rows.Next() {
		var r sim.Receipt
		var kind, request string
		var at int64
		err = rows.Scan(&r.PON, &r.Version, &kind, &at, &request)
		if err != nil {
			return nil, err
		}
		var req simRequest
		err = json.Unmarshal([]byte(request), &req)
		if err != nil {
			return nil, fault.Wrap(err, "read a simulated receipt")
		}
		r.Kind, r.At = order.SubmissionKind(kind), time.UnixMilli(at).UTC()
		r.Numbers, r.Requested, r.Zone = req.Numbers, req.Requested, req.Zone
		out = append(out, r)
	}
	return out, rows.Err()
}
