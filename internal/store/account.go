package store

import (
	"database/sql"
	"errors"
	"time"

	"github.com/portin/portin/internal/account"
	"github.com/portin/portin/internal/audit"
	"github.com/portin/portin/internal/fault"
)

// missing turns the absence of a row into NotFound.
func missing(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fault.Missing()
	}
	return err
}

// changed returns NotFound-like absent when a statement has changed no row.
func changed(res sql.Result, err, absent error) error {
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if err != nil {
		return err
	}
	if n == 0 {
		return absent
	}
	return nil
}

// InsertAccount implements porting.Tx.
func (t *Tx) InsertAccount(a *account.Account) error {
	return columns{{"name", a.Name}, {"created", at(a.Created)}}.insert(t, "account", &a.ID)
}

// Account implements porting.Tx.
func (t *Tx) Account(id int64) (*account.Account, error) {
	var a account.Account
	err := t.Row(`SELECT id, name, created FROM account WHERE id = $1 AND id <> $2`, []any{id, audit.House}, &a.ID, &a.Name, instant{&a.Created})
	if err != nil {
		return nil, missing(err)
	}
	return &a, nil
}

// Accounts implements porting.Tx.
func (t *Tx) Accounts() ([]account.Account, error) {
	return all(t, `SELECT id, name, created FROM account WHERE id <> $1 ORDER BY id`, []any{audit.House}, func(a *account.Account) []any {
		return []any{&a.ID, &a.Name, instant{&a.Created}}
	})
}

func tokenColumns(k *account.Token) columns {
	return columns{
		{"account_id", &k.AccountID}, {"username", &k.Username}, {"key_id", &k.KeyID}, {"hash", fixed{k.Hash[:]}},
		{"scopes", jsonList[account.Scope]{&k.Scopes}}, {"name", &k.Name}, {"created", instant{&k.Created}},
		{"expires", instant{&k.Expires}}, {"revoked", instant{&k.Revoked}},
	}
}

func tokens(t *Tx, where string, args ...any) ([]account.Token, error) {
	return all(t, `SELECT id, `+tokenColumns(&account.Token{}).names()+` FROM token WHERE `+where, args, func(k *account.Token) []any {
		return append([]any{&k.ID}, tokenColumns(k).values()...)
	})
}

// InsertToken implements porting.Tx.
func (t *Tx) InsertToken(k *account.Token) error { return tokenColumns(k).insert(t, "token", &k.ID) }

// TokenByKey implements porting.Tx.
func (t *Tx) TokenByKey(keyID string) (*account.Token, error) {
	return one(tokens(t, `key_id = $1`, keyID))
}

// Tokens implements porting.Tx.
func (t *Tx) Tokens(accountID int64) ([]account.Token, error) {
	return tokens(t, `account_id = $1 ORDER BY id`, accountID)
}

// RevokeToken implements porting.Tx.
func (t *Tx) RevokeToken(accountID, id int64, when time.Time) error {
	res, err := t.Exec(`UPDATE token SET revoked = $3 WHERE account_id = $1 AND id = $2 AND revoked IS NULL`, accountID, id, at(when))
	return changed(res, err, fault.Missing())
}

func auditColumns(e *audit.Entry) columns {
	return columns{
		{"account_id", &e.AccountID}, {"sequence", &e.Sequence}, {"at", instant{&e.At}}, {"actor", &e.Actor}, {"action", &e.Action},
		{"target", &e.Target}, {"request_id", &e.RequestID}, {"data", object{&e.Data}}, {"hash", fixed{e.Hash[:]}},
	}
}

// Audit implements porting.Tx. The account's row is the head of its chain:
// whoever adds to it waits for those who do so at the same time.
func (t *Tx) Audit(e audit.Entry) error {
	var head []byte
	err := t.Row(`UPDATE account SET audit_sequence = audit_sequence + 1 WHERE id = $1 RETURNING audit_sequence, audit_hash`,
		[]any{e.AccountID}, &e.Sequence, &head)
	if err != nil {
		return missing(err)
	}
	var prev [32]byte
	copy(prev[:], head)
	// The hash is over the data as they will be read again: a struct's fields,
	// for one, come back in another order.
	text, err := object{&e.Data}.Value()
	if err != nil {
		return err
	}
	err = object{&e.Data}.Scan(text)
	if err != nil {
		return err
	}
	e.Hash, err = e.Link(t.ring.MAC, prev)
	if err != nil {
		return err
	}
	cs := auditColumns(&e)
	_, err = t.Exec(`INSERT INTO audit (`+cs.names()+`) VALUES (`+cs.holders()+`)`, cs.values()...)
	if err != nil {
		return err
	}
	_, err = t.Exec(`UPDATE account SET audit_hash = $2 WHERE id = $1`, e.AccountID, e.Hash[:])
	return err
}

// AuditTrail implements porting.Tx.
func (t *Tx) AuditTrail(accountID int64) ([]audit.Entry, error) {
	return all(t, `SELECT `+auditColumns(&audit.Entry{}).names()+` FROM audit WHERE account_id = $1 ORDER BY sequence`, []any{accountID},
		func(e *audit.Entry) []any { return auditColumns(e).values() })
}
