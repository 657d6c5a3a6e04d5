package store

import (
	"cmp"
	"encoding/json"
	"errors"
	"iter"
	"slices"

	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/numbering"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/seal"
)

// bulk is how many numbers one statement writes at most: its JSON stays a
// few megabytes.
const bulk = 5000

// ahead is how many rows are made while those before are written.
const ahead = 250

// fees and numberRow are what a bulk statement reads of its JSON parameter.
type fees struct {
	DID     uint64 `json:"did"`
	PortFee string `json:"port_fee"`
	MRC     string `json:"mrc"`
}

type numberRow struct {
	fees
	Position int                `json:"position"`
	Status   order.NumberStatus `json:"status"`
	Held     int                `json:"held"`
	Facts    string             `json:"facts"`
}

func feesOf(n order.Number) fees {
	return fees{DID: uint64(n.Facts.Number), PortFee: n.PortFee.String(), MRC: n.MRC.String()}
}

// insertNumbers writes an order's numbers, the lowest DID first, so that
// transactions which meet do so in the same order.
func (t *Tx) insertNumbers(o *order.Order, numbers []order.Number) error {
	sorted := make([]int, len(numbers))
	for i := range sorted {
		sorted[i] = i
	}
	slices.SortFunc(sorted, func(a, b int) int { return cmp.Compare(numbers[a].Facts.Number, numbers[b].Facts.Number) })
	size := ahead
	if t.postgres {
		size = bulk
	}
	err := t.insertRows(o, rowsOf(o, numbers, sorted, size))
	if err != nil {
		return err
	}
	for _, n := range numbers {
		if n.Message == "" {
			continue
		}
		_, err := t.Exec(`UPDATE order_number SET message_sealed = $3 WHERE order_id = $1 AND did = $2`, o.ID, n.Facts.Number, t.message(&o.UID, &n.Message))
		if err != nil {
			return err
		}
	}
	return nil
}

// rowsOf makes the rows of numbers, some at a time, while those before are
// written: there is a transaction that others wait for.
func rowsOf(o *order.Order, numbers []order.Number, sorted []int, size int) iter.Seq2[[]numberRow, error] {
	type part struct {
		rows []numberRow
		err  error
	}
	return func(yield func([]numberRow, error) bool) {
		parts := make(chan part, 1)
		stop := make(chan struct{})
		defer close(stop)
		go func() {
			defer close(parts)
			texts := map[numbering.Facts]string{} // numbers of a block are alike but for their line
			for indexes := range slices.Chunk(sorted, size) {
				p := part{rows: make([]numberRow, 0, len(indexes))}
				for _, i := range indexes {
					p.rows, p.err = appendRow(p.rows, o, i, &numbers[i], texts)
					if p.err != nil {
						break
					}
				}
				select {
				case parts <- p:
				case <-stop:
					return
				}
			}
		}()
		for p := range parts {
			if !yield(p.rows, p.err) {
				return
			}
		}
	}
}

func appendRow(rows []numberRow, o *order.Order, position int, n *order.Number, texts map[numbering.Facts]string) ([]numberRow, error) {
	alike := n.Facts
	alike.Number = 0
	facts, known := texts[alike]
	if !known {
		text, err := json.Marshal(alike)
		if err != nil {
			return rows, err
		}
		facts = string(text)
		texts[alike] = facts
	}
	r := numberRow{Position: position, Status: n.Status, Facts: facts}
	if !n.Status.Final() && !o.Status.Final() {
		r.Held = 1
	}
	r.fees = feesOf(*n)
	return append(rows, r), nil
}

const insertNumber = `INSERT INTO order_number (order_id, account_id, did, position, status, held, port_fee, mrc, facts) `

// insertRows writes rows as fast as the engine can: what SQLite reads out of
// JSON, it reads slower than arguments.
func (t *Tx) insertRows(o *order.Order, parts iter.Seq2[[]numberRow, error]) error {
	if !t.postgres {
		var failed error
		err := t.ExecEach(insertNumber+`VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, func(yield func([]any) bool) {
			args := make([]any, 9)
			args[0], args[1] = o.ID, o.AccountID
			for rows, err := range parts {
				if err != nil {
					failed = err
					return
				}
				for i := range rows {
					r := &rows[i]
					args[2], args[3], args[4], args[5], args[6], args[7], args[8] = int64(r.DID), r.Position, string(r.Status), r.Held, r.PortFee, r.MRC, r.Facts
					if !yield(args) {
						return
					}
				}
			}
		})
		return cmp.Or(failed, err)
	}
	for rows, err := range parts {
		if err != nil {
			return err
		}
		param, err := list(rows)
		if err != nil {
			return err
		}
		_, err = t.Exec(insertNumber+`
			SELECT CAST($1 AS BIGINT), CAST($2 AS BIGINT), CAST(r.value->>'did' AS BIGINT), CAST(r.value->>'position' AS BIGINT), r.value->>'status',
				CAST(r.value->>'held' AS INTEGER) = 1, r.value->>'port_fee', r.value->>'mrc', r.value->>'facts'
			FROM `+t.Objects("$3")+` WHERE TRUE`, o.ID, o.AccountID, param)
		if err != nil {
			return err
		}
	}
	return nil
}

// message is a number's message in its column. It is bound to the order, since
// a carrier's words are often about many of its numbers.
func (t *Tx) message(uid *seal.UID, text *string) sealed {
	return sealed{ring: t.ring, table: "order_number", column: "message_sealed", uid: uid, v: text}
}

func (t *Tx) uidOf(orderID int64) (seal.UID, error) {
	var uid seal.UID
	err := t.Row(`SELECT uid FROM port_order WHERE id = $1`, []any{orderID}, fixed{uid[:]})
	return uid, missing(err)
}

// Numbers implements porting.Tx.
func (t *Tx) Numbers(orderID int64) ([]order.Number, error) {
	uid, err := t.uidOf(orderID)
	if err != nil {
		return nil, err
	}
	numbers, err := all(t, `
		SELECT facts, did, status, port_fee, mrc, message_sealed FROM order_number WHERE order_id = $1 ORDER BY position, did`, []any{orderID},
		func(n *order.Number) []any {
			return []any{asJSON{&n.Facts}, &n.Facts.Number, &n.Status, &n.PortFee, &n.MRC, t.message(&uid, &n.Message)}
		})
	return numbers, err
}

// Counts implements porting.Tx.
func (t *Tx) Counts(orderID int64) (order.Counts, error) {
	type row struct {
		status order.NumberStatus
		count  int
	}
	rows, err := all(t, `SELECT status, COUNT(*) FROM order_number WHERE order_id = $1 GROUP BY status`, []any{orderID},
		func(r *row) []any { return []any{&r.status, &r.count} })
	out := order.Counts{}
	for _, r := range rows {
		out[r.status] = r.count
	}
	return out, err
}

// SetNumbers implements porting.Tx.
func (t *Tx) SetNumbers(orderID int64, to order.NumberStatus, message string, only []nanp.Number) error {
	uid, err := t.uidOf(orderID)
	if err != nil {
		return err
	}
	query := `UPDATE order_number SET status = $2, message_sealed = $3, held = held AND $4
		WHERE order_id = $1 AND status NOT IN ('ported', 'failed', 'removed')`
	args := []any{orderID, string(to), t.message(&uid, &message), !to.Final()}
	if only != nil {
		param, err := list(only)
		if err != nil {
			return err
		}
		query += ` AND did IN (SELECT CAST(r.value AS BIGINT) FROM ` + t.Values("$5") + `)`
		args = append(args, param)
	}
	_, err = t.Exec(query, args...)
	return err
}

// SetFees implements porting.Tx.
func (t *Tx) SetFees(orderID int64, numbers []order.Number) error {
	for part := range slices.Chunk(numbers, bulk) {
		rows := make([]fees, len(part))
		for i, n := range part {
			rows[i] = feesOf(n)
		}
		param, err := list(rows)
		if err != nil {
			return err
		}
		// MATERIALIZED, or SQLite would walk the whole array for each number.
		_, err = t.Exec(`
			WITH v AS MATERIALIZED (
				SELECT CAST(r.value->>'did' AS BIGINT) AS did, r.value->>'port_fee' AS port_fee, r.value->>'mrc' AS mrc FROM `+t.Objects("$2")+`)
			UPDATE order_number SET port_fee = v.port_fee, mrc = v.mrc FROM v WHERE order_number.order_id = $1 AND order_number.did = v.did`, orderID, param)
		if err != nil {
			return err
		}
	}
	return nil
}

// MoveNumbers implements porting.Tx. Messages stay behind: they are bound to
// the order about which they were said.
func (t *Tx) MoveNumbers(from, to int64, numbers []nanp.Number) error {
	param, err := list(numbers)
	if err != nil {
		return err
	}
	_, err = t.Exec(`
		UPDATE order_number SET order_id = $2, message_sealed = NULL
		WHERE order_id = $1 AND did IN (SELECT CAST(r.value AS BIGINT) FROM `+t.Values("$3")+`)`, from, to, param)
	return err
}

// errClaimed undoes a Claim that met another one.
var errClaimed = errors.New("claimed by another order")

// Claim implements porting.Tx. Another transaction may claim one of the
// numbers right now: the table's key makes this one wait for it, and what it
// then finds is not its own.
func (t *Tx) Claim(orderID int64, numbers []nanp.Number) (taken []nanp.Number, err error) {
	param, err := list(numbers)
	if err != nil {
		return nil, err
	}
	err = t.Nested(func() error {
		_, err := t.Exec(`DELETE FROM claim WHERE order_id = $1 AND did NOT IN (SELECT CAST(r.value AS BIGINT) FROM `+t.Values("$2")+`)`, orderID, param)
		if err != nil {
			return err
		}
		_, err = t.Exec(`
			INSERT INTO claim (did, order_id) SELECT CAST(r.value AS BIGINT), CAST($1 AS BIGINT) FROM `+t.Values("$2")+` WHERE TRUE
			ORDER BY 1 ON CONFLICT (did) DO NOTHING`, orderID, param)
		if err != nil {
			return err
		}
		taken, err = all(t, `
			SELECT c.did FROM `+t.Values("$2")+` CROSS JOIN claim AS c
			WHERE c.did = CAST(r.value AS BIGINT) AND c.order_id <> $1 ORDER BY c.did`, []any{orderID, param}, func(n *nanp.Number) []any { return []any{n} })
		if err == nil && len(taken) > 0 {
			err = errClaimed
		}
		return err
	})
	if errors.Is(err, errClaimed) {
		return taken, nil
	}
	return nil, err
}

// Release implements porting.Tx.
func (t *Tx) Release(orderID int64) error {
	_, err := t.Exec(`DELETE FROM claim WHERE order_id = $1`, orderID)
	return err
}
