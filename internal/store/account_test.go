package store_test

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/portin/portin/internal/account"
	"github.com/portin/portin/internal/audit"
	"github.com/portin/portin/internal/porting"
)

func TestAccounts(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		var want []account.Account
		for i := range 3 {
			a := account.Account{Name: fmt.Sprintf("Example Voice %d", i), Created: noon.Add(time.Duration(i) * time.Millisecond)}
			h.do(func(tx porting.Tx) error { return tx.InsertAccount(&a) })
			want = append(want, a)
		}
		if want[0].ID != 10001 {
			t.Errorf("the first account is %d; want 10001", want[0].ID)
		}
		h.see(func(tx porting.Tx) error {
			all, err := tx.Accounts()
			same(t, "Accounts", all, want)
			if err != nil {
				return err
			}
			one, err := tx.Account(want[1].ID)
			if err != nil {
				return err
			}
			same(t, "Account", *one, want[1])
			_, err = tx.Account(1)
			wantMissing(t, "an unknown account", err)
			return nil
		})
	})
}

// tokenOf is a token of no scope that lives for ever.
func tokenOf(accountID int64) account.Token {
	k := account.Token{AccountID: accountID, Created: noon}
	_, k.KeyID, k.Hash = account.Mint(false)
	return k
}

// token makes a token of which every field is set.
func (h *house) token(accountID int64) account.Token {
	h.t.Helper()
	var k account.Token
	n := 0
	fill(h.t, reflect.ValueOf(&k).Elem(), &n)
	k.ID, k.AccountID = 0, accountID
	_, k.KeyID, k.Hash = account.Mint(false)
	h.do(func(tx porting.Tx) error { return tx.InsertToken(&k) })
	return k
}

func TestTokens(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		mine, other := h.account(), h.account()
		full, second, theirs := h.token(mine), h.token(mine), h.token(other)
		bare := tokenOf(mine)
		h.do(func(tx porting.Tx) error { return tx.InsertToken(&bare) })
		h.see(func(tx porting.Tx) error {
			tokens, err := tx.Tokens(mine)
			same(t, "Tokens", tokens, []account.Token{full, second, bare})
			// full was revoked, and has expired: it is found, and its callers decide.
			got, errKey := tx.TokenByKey(full.KeyID)
			if got != nil {
				same(t, "TokenByKey", *got, full)
			}
			_, errNone := tx.TokenByKey(bare.KeyID + "x")
			wantMissing(t, "an unknown key", errNone)
			_, errNone = tx.TokenByKey("")
			wantMissing(t, "no key", errNone)
			none, errAccount := tx.Tokens(1)
			same(t, "tokens of nobody", none, []account.Token(nil))
			return errors.Join(err, errKey, errAccount)
		})
		twice := tokenOf(other)
		twice.KeyID = theirs.KeyID
		err := h.try(func(tx porting.Tx) error { return tx.InsertToken(&twice) })
		if err == nil {
			t.Error("two tokens have the same key id")
		}
	})
}

func TestRevokeToken(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		mine, other := h.account(), h.account()
		live := tokenOf(mine)
		h.do(func(tx porting.Tx) error { return tx.InsertToken(&live) })
		revoke := func(accountID, id int64) error {
			return h.try(func(tx porting.Tx) error { return tx.RevokeToken(accountID, id, noon.Add(time.Minute)) })
		}
		wantMissing(t, "another account's", revoke(other, live.ID))
		wantMissing(t, "an unknown one", revoke(mine, live.ID+1))
		stored := func() account.Token {
			var got account.Token
			h.see(func(tx porting.Tx) error {
				k, err := tx.TokenByKey(live.KeyID)
				if err == nil {
					got = *k
				}
				return err
			})
			return got
		}
		same(t, "after what was refused", stored(), live)
		wantErr(t, "its own", revoke(mine, live.ID), nil)
		live.Revoked = noon.Add(time.Minute)
		same(t, "revoked", stored(), live)
		wantMissing(t, "a revoked one", revoke(mine, live.ID))
	})
}

// entryOf is what somebody did, with data of every sort that a use case may put
// there.
func entryOf(accountID int64, i int) audit.Entry {
	type struct1 struct {
		Zulu  int
		Alpha string
	}
	return audit.Entry{
		AccountID: accountID, At: noon.Add(time.Duration(i) * time.Second), Actor: "customer:alice", Action: "confirm",
		Target: fmt.Sprintf("order/%d", i), RequestID: "r-1",
		Data: map[string]any{
			"int": int64(9007199254740993), "float": 0.1, "text": `<a href="ü">&`, "broken": "\xff", "none": nil,
			"struct": struct1{Zulu: 1, Alpha: "x"}, "list": []struct1{{}, {Zulu: i}}, "at": noon,
		},
	}
}

// chain reads an account's audit trail, which must be whole and have n entries.
func (h *house) chain(accountID int64, n int) []audit.Entry {
	h.t.Helper()
	var trail []audit.Entry
	h.see(func(tx porting.Tx) error {
		var err error
		trail, err = tx.AuditTrail(accountID)
		return err
	})
	if len(trail) != n {
		h.t.Errorf("the trail of account %d has %d entries; want %d", accountID, len(trail), n)
	}
	for i, e := range trail {
		if e.Sequence != int64(i)+1 || e.AccountID != accountID {
			h.t.Errorf("entry %d of account %d has the sequence %d and is account %d's", i, accountID, e.Sequence, e.AccountID)
		}
	}
	bad, err := audit.Verify(h.config.Ring.MAC, trail)
	if bad != 0 || err != nil {
		h.t.Errorf("the trail of account %d does not fit from entry %d on (%v)", accountID, bad, err)
	}
	return trail
}

func TestAuditIsAChainPerAccount(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		a, b := h.account(), h.account()
		h.chain(a, 0)
		for i := range 6 {
			h.do(func(tx porting.Tx) error {
				return errors.Join(tx.Audit(entryOf(a, 2*i)), tx.Audit(entryOf(b, i)), tx.Audit(entryOf(a, 2*i+1)))
			})
		}
		h.do(func(tx porting.Tx) error { return tx.Audit(audit.Entry{AccountID: b, At: noon}) })
		trail := h.chain(a, 12)
		h.chain(b, 7)
		got := trail[3]
		want := entryOf(a, 3)
		if !got.At.Equal(want.At) || got.Actor != want.Actor || got.Action != want.Action || got.Target != want.Target || got.RequestID != want.RequestID ||
			fmt.Sprint(got.Data["int"]) != "9007199254740993" || got.Data["text"] != want.Data["text"] {
			t.Errorf("entry 4 reads %+v", got)
		}
		wantMissing(t, "an unknown account", h.try(func(tx porting.Tx) error { return tx.Audit(entryOf(1, 1)) }))
	})
}

func TestAuditHasNoGapWhereSomethingWasUndone(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		acct := h.account()
		no := errors.New("no")
		fail := func(tx porting.Tx) error { return errors.Join(tx.Audit(entryOf(acct, 99)), no) }
		h.do(func(tx porting.Tx) error {
			return errors.Join(
				tx.Audit(entryOf(acct, 0)),
				unless(no, tx.Nested(func() error { return fail(tx) })),
				tx.Audit(entryOf(acct, 1)))
		})
		wantErr(t, "Update", h.try(fail), no)
		h.do(func(tx porting.Tx) error { return tx.Audit(entryOf(acct, 2)) })
		h.chain(acct, 3)
	})
}

// unless returns err, unless it is the one that is wanted.
func unless(wanted, err error) error {
	if errors.Is(err, wanted) {
		return nil
	}
	return fmt.Errorf("%v; want %w", err, wanted)
}

func TestAuditOfManyAtOnce(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		accounts := []int64{h.account(), h.account()}
		const writers = 24
		for _, err := range h.race(writers, func(i int, tx porting.Tx) error {
			return errors.Join(tx.Audit(entryOf(accounts[i%2], i)), tx.Audit(entryOf(accounts[i%2], i)))
		}) {
			wantErr(t, "Audit", err, nil)
		}
		h.chain(accounts[0], writers)
		h.chain(accounts[1], writers)
	})
}

func TestTheAuditTrailIsOnlyAddedTo(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		acct := h.account()
		for i := range 3 {
			h.do(func(tx porting.Tx) error { return tx.Audit(entryOf(acct, i)) })
		}
		refused := []string{
			`UPDATE audit SET actor = 'nobody' WHERE sequence = 2`,
			`UPDATE audit SET hash = hash`,
			`DELETE FROM audit WHERE sequence = 3`,
			`DELETE FROM audit`,
			`DELETE FROM account`,
		}
		if h.postgres() {
			refused = append(refused, `TRUNCATE audit`, `TRUNCATE account CASCADE`)
		}
		for _, statement := range refused {
			err := h.exec(statement)
			if err == nil {
				t.Errorf("%s went through", statement)
			}
		}
		h.chain(acct, 3)
	})
}

// Whoever can write past the store, and past the triggers, is found out.
func TestAChangedAuditTrailShows(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		acct := h.account()
		const entries = 9
		for i := range entries {
			h.do(func(tx porting.Tx) error { return tx.Audit(entryOf(acct, i)) })
		}
		if h.postgres() {
			h.must(`ALTER TABLE audit DISABLE TRIGGER USER`)
		} else {
			h.must(`DROP TRIGGER audit_stays`)
			h.must(`DROP TRIGGER audit_is_kept`)
		}
		// From the end to the start, so that each is the first that does not fit.
		for i, statement := range []string{
			`UPDATE audit SET at = at + 1000 WHERE sequence = %d`,
			`UPDATE audit SET actor = 'x' WHERE sequence = %d`,
			`UPDATE audit SET action = 'x' WHERE sequence = %d`,
			`UPDATE audit SET target = 'x' WHERE sequence = %d`,
			`UPDATE audit SET request_id = 'x' WHERE sequence = %d`,
			`UPDATE audit SET data = '{}' WHERE sequence = %d`,
			`UPDATE audit SET sequence = 100 WHERE sequence = %d`,
			`DELETE FROM audit WHERE sequence = %d`,
		} {
			sequence := int64(entries - i)
			h.must(fmt.Sprintf(statement, sequence))
			var trail []audit.Entry
			h.see(func(tx porting.Tx) error {
				var err error
				trail, err = tx.AuditTrail(acct)
				return err
			})
			bad, err := audit.Verify(h.config.Ring.MAC, trail)
			if bad != sequence || err != nil {
				t.Errorf("%s: the first bad entry is %d (%v); want %d", statement, bad, err, sequence)
			}
		}
	})
}
