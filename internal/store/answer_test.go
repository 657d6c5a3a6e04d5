package store_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/portin/portin/internal/porting"
)

// by the wall clock of the tests
var wall = noon.Add(time.Hour)

func answerOf(body string) porting.Answer {
	return porting.Answer{Fingerprint: [32]byte{1, 2, 3}, Status: 201, Body: []byte(body), At: wall}
}

// answer is what the store has for a key.
func (h *house) answer(accountID int64, key string) *porting.Answer {
	h.t.Helper()
	var out *porting.Answer
	h.see(func(tx porting.Tx) error {
		var err error
		out, err = tx.Answer(accountID, key)
		return err
	})
	return out
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		mine, other := h.account(), h.account()
		want := answerOf(`{"id": 1, "name": "ü"}`)
		empty := porting.Answer{Status: 204, At: wall}
		h.do(func(tx porting.Tx) error {
			return errors.Join(tx.SaveAnswer(mine, "key", want), tx.SaveAnswer(mine, "empty", empty))
		})
		same(t, "read", h.answer(mine, "key"), &want)
		same(t, "an answer without a body", h.answer(mine, "empty"), &empty)
		for name, got := range map[string]*porting.Answer{
			"another account's key": h.answer(other, "key"),
			"another key":           h.answer(mine, "KEY"),
			"no key":                h.answer(mine, ""),
		} {
			if got != nil {
				t.Errorf("%s has the answer %+v", name, got)
			}
		}
		theirs := answerOf("theirs")
		h.do(func(tx porting.Tx) error { return tx.SaveAnswer(other, "key", theirs) })
		same(t, "the other's own", h.answer(other, "key"), &theirs)
		same(t, "mine beside it", h.answer(mine, "key"), &want)
	})
}

func TestAnAnswerIsNotReplaced(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		acct := h.account()
		won := make([]bool, 8)
		for i, err := range h.race(len(won), func(i int, tx porting.Tx) error {
			return tx.SaveAnswer(acct, "key", answerOf(string(rune('a'+i))))
		}) {
			won[i] = err == nil
			if err != nil {
				wantErr(t, "SaveAnswer", err, porting.ErrMoved)
			}
		}
		if n := trues(won); n != 1 {
			t.Fatalf("%d calls have stored their answer; want 1", n)
		}
		for i, w := range won {
			want := answerOf(string(rune('a' + i)))
			if w {
				same(t, "the winner's answer", h.answer(acct, "key"), &want)
			}
		}
		wantErr(t, "later", h.try(func(tx porting.Tx) error { return tx.SaveAnswer(acct, "key", answerOf("z")) }), porting.ErrMoved)
	})
}

// An answer is forgotten a day after it was given, by the wall clock: the
// sandbox's clock has nothing to do with it.
func TestAnswersAreForgotten(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		acct := h.account()
		first, second := answerOf("first"), answerOf("second")
		h.do(func(tx porting.Tx) error { return tx.SaveAnswer(acct, "key", first) })
		year := noon.AddDate(1, 0, 0)
		lastMoment := h.at(year, wall.Add(porting.AnswersKept))
		same(t, "at the last moment", lastMoment.answer(acct, "key"), &first)
		second.At = wall.Add(porting.AnswersKept)
		save := func(h *house) error {
			return h.try(func(tx porting.Tx) error { return tx.SaveAnswer(acct, "key", second) })
		}
		wantErr(t, "at the last moment", save(lastMoment), porting.ErrMoved)

		after := h.at(noon, wall.Add(porting.AnswersKept+time.Millisecond))
		if got := after.answer(acct, "key"); got != nil {
			t.Errorf("after a day the answer is %+v", got)
		}
		wantErr(t, "a forgotten key", save(after), nil)
		same(t, "the new answer", after.answer(acct, "key"), &second)
	})
}

func TestForgetAnswersRemovesTheOldOnes(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		a, b := h.account(), h.account()
		old, edge := answerOf("old"), answerOf("edge")
		old.At = wall.Add(-time.Millisecond)
		h.do(func(tx porting.Tx) error {
			return errors.Join(tx.SaveAnswer(a, "old", old), tx.SaveAnswer(b, "old", old), tx.SaveAnswer(a, "edge", edge), tx.ForgetAnswers(wall))
		})
		if n := h.count(`SELECT COUNT(*) FROM answer`); n != 1 {
			t.Errorf("%d answers are left; want 1", n)
		}
		same(t, "what is left", h.answer(a, "edge"), &edge)
	})
}

func TestAnswersAreNotReadableAtRest(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		acct := h.account()
		h.do(func(tx porting.Tx) error { return tx.SaveAnswer(acct, "alice@example.com", answerOf("CANARY")) })
		row := h.ask(`SELECT key_mac, body_sealed FROM answer`)[0]
		for i, secret := range []string{"alice", "CANARY"} {
			stored, ok := row[i].([]byte)
			if !ok || len(stored) < 32 || bytes.Contains(stored, []byte(secret)) {
				t.Errorf("column %d holds %q", i, row[i])
			}
		}
		h.must(`UPDATE answer SET body_sealed = key_mac`)
		err := h.try(func(tx porting.Tx) error {
			_, err := tx.Answer(acct, "alice@example.com")
			return err
		})
		if err == nil {
			t.Error("an answer that somebody changed was given")
		}
	})
}
