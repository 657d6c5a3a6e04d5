// Package audit is the trail of who did what: one chain an account, and one of
// the house for what belongs to none, in which
// every entry is bound to the one before it by a keyed hash, so that a changed,
// missing or inserted entry shows.
package audit

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"
)

// House stands for the account of what belongs to none: carriers, decks,
// reference data.
const House int64 = 0

// Entry is one act. Data holds ids, statuses, dates and field names; never
// the values of personal fields.
type Entry struct {
	AccountID int64
	Sequence  int64 // from 1, without gaps
	At        time.Time
	Actor     string
	Action    string
	Target    string // e.g. "order/12"
	RequestID string
	Data      map[string]any
	Hash      [32]byte
}

// MAC is the keyed hash that binds the chain.
type MAC func(purpose string, parts ...[]byte) [32]byte

// Link computes the hash of the entry that follows one with the hash prev
// (zero for the first).
func (e *Entry) Link(mac MAC, prev [32]byte) ([32]byte, error) {
	data, err := json.Marshal(e.Data)
	if err != nil {
		return [32]byte{}, fmt.Errorf("audit entry: %w", err)
	}
	var head [24]byte
	binary.BigEndian.PutUint64(head[0:], uint64(e.AccountID))
	binary.BigEndian.PutUint64(head[8:], uint64(e.Sequence))
	binary.BigEndian.PutUint64(head[16:], uint64(e.At.UnixMilli()))
	return mac("audit", prev[:], head[:], []byte(e.Actor), []byte(e.Action), []byte(e.Target), []byte(e.RequestID), data), nil
}

// Verify walks a whole chain in order and returns the sequence of the first
// entry that does not fit, or 0 when all do.
func Verify(mac MAC, chain []Entry) (bad int64, err error) {
	var prev [32]byte
	for i := range chain {
		e := &chain[i]
		want, err := e.Link(mac, prev)
		if err != nil {
			return e.Sequence, err
		}
		if e.Sequence != int64(i)+1 || e.Hash != want {
			return int64(i) + 1, nil
		}
		prev = e.Hash
	}
	return 0, nil
}
