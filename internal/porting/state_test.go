package porting_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/porting"
)

// state is all that the store has of an order.
type state struct {
	Order    order.Order
	Numbers  []order.Number
	Counts   order.Counts
	Dues     map[order.DueKind]time.Time
	Entries  []order.Entry
	Request  *order.Submission
	Cancel   *order.Submission
	Files    []order.File
	Comments []order.Comment
	Tags     []string
}

func (h *house) state(id int64) *state {
	h.t.Helper()
	var s *state
	h.must(h.service.Store.View(h.ctx(), func(tx porting.Tx) error {
		o, err := tx.AnyOrder(id)
		if err != nil {
			return err
		}
		s, err = stateOf(tx, o)
		return err
	}))
	return s
}

func stateOf(tx porting.Tx, o *order.Order) (*state, error) {
	s := &state{Order: *o, Dues: map[order.DueKind]time.Time{}}
	dues, err := tx.Dues(o.ID)
	for _, d := range dues {
		s.Dues[d.Kind] = d.At
	}
	errs := []error{err}
	keep := func(err error) { errs = append(errs, err) }
	s.Numbers, err = tx.Numbers(o.ID)
	keep(err)
	s.Counts, err = tx.Counts(o.ID)
	keep(err)
	s.Entries, err = tx.Entries(o.ID, 0, 10_000)
	keep(err)
	s.Request, err = tx.LastSubmission(o.ID, order.SendRequest)
	keep(err)
	s.Cancel, err = tx.LastSubmission(o.ID, order.SendCancel)
	keep(err)
	s.Files, err = tx.Files(o.ID)
	keep(err)
	s.Comments, err = tx.Comments(o.ID)
	keep(err)
	s.Tags, err = tx.Tags(o.ID)
	keep(err)
	return s, errors.Join(errs...)
}

// statusOf returns the status of a number.
func (s *state) statusOf(n nanp.Number) order.NumberStatus {
	for _, m := range s.Numbers {
		if m.Facts.Number == n {
			return m.Status
		}
	}
	return ""
}

// events lists the types of the entries after the first n.
func (s *state) events(n int) []order.EntryType {
	var out []order.EntryType
	for _, e := range s.Entries[n:] {
		out = append(out, e.Type)
	}
	return out
}

// dues lists what is due for the order, whenever.
func (s *state) dues() []order.DueKind {
	var out []order.DueKind
	for kind := range s.Dues {
		out = append(out, kind)
	}
	slices.Sort(out)
	return out
}

// claims tells which order has which number over all accounts.
func (h *house) claims() map[nanp.Number]int64 {
	h.t.Helper()
	out := map[nanp.Number]int64{}
	for _, row := range h.rows(`SELECT did, order_id FROM claim`) {
		out[nanp.Number(row[0].(int64))] = row[1].(int64)
	}
	return out
}

// jobs counts the jobs that were queued for an order.
func (h *house) jobs(id int64, what order.DueKind) int {
	h.t.Helper()
	n := 0
	for _, row := range h.rows(`SELECT json(args) FROM river_job`) {
		var j porting.Job
		h.must(json.Unmarshal([]byte(row[0].(string)), &j))
		if j.OrderID == id && j.What == what {
			n++
		}
	}
	return n
}

// rows runs a query past the store. It prepares each once: a walk asks the same
// thousands of times, and SQLite takes longer to read a question than to answer
// it.
func (h *house) rows(query string) [][]any {
	h.t.Helper()
	ask := h.asked[query]
	if ask == nil {
		var err error
		ask, err = h.db.Writer().PrepareContext(h.ctx(), query)
		h.must(err)
		h.asked[query] = ask
	}
	rows, err := ask.QueryContext(h.ctx())
	h.must(err)
	defer rows.Close()
	columns, err := rows.Columns()
	h.must(err)
	var out [][]any
	for rows.Next() {
		row, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		h.must(rows.Scan(into...))
		out = append(out, row)
	}
	h.must(rows.Err())
	return out
}

// everything is all that stands in the database, row by row.
func (h *house) everything() string {
	h.t.Helper()
	var b strings.Builder
	for _, table := range h.rows(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '%migration%' ORDER BY name`) {
		for _, row := range h.rows(fmt.Sprintf(`SELECT * FROM %s ORDER BY 1, 2`, table[0])) {
			fmt.Fprintf(&b, "%s %v\n", table[0], row)
		}
	}
	return b.String()
}
