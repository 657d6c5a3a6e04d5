package porting

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/portin/portin/internal/account"
	"github.com/portin/portin/internal/fault"
)

// MintIn describes a token to be made.
type MintIn struct {
	Name    string // what it is for
	Scopes  []account.Scope
	Expires time.Time // zero: never
}

// Minted is a new token. Text is shown once and kept nowhere.
type Minted struct {
	Text  string
	Token account.Token
}

// Tokens lists the tokens of the caller's account, the revoked ones included.
func (s *Service) Tokens(ctx context.Context, c Call) ([]account.Token, error) {
	err := c.needScope(account.Tokens)
	if err != nil {
		return nil, err
	}
	return s.TokensOf(ctx, c.Principal.AccountID)
}

// MintToken makes a token for the caller's own user name, with scopes that the
// caller has.
func (s *Service) MintToken(ctx context.Context, c Call, in MintIn) (Minted, error) {
	return do(ctx, s, c, func(tx Tx) (Minted, error) {
		err := c.needScope(account.Tokens)
		if err != nil {
			return Minted{}, err
		}
		var faults []fault.Field
		for i, scope := range in.Scopes {
			if account.KnownScope(scope) && !c.Principal.Has(scope) {
				faults = append(faults, fault.Field{Field: fmt.Sprintf("scopes[%d]", i), Code: fault.CodeScope, Message: "a token can only make tokens with scopes that it has itself", Hint: "its scopes are " + scopeList(c.Principal.Scopes)})
			}
		}
		err = fault.Fields(faults)
		if err != nil {
			return Minted{}, err
		}
		return s.mint(tx, c.act(), c.Principal.AccountID, c.Principal.Username, in)
	})
}

// RevokeToken ends a token of the caller's account at once.
func (s *Service) RevokeToken(ctx context.Context, c Call, id int64) error {
	_, err := do(ctx, s, c, func(tx Tx) (struct{}, error) {
		err := c.needScope(account.Tokens)
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, s.revoke(tx, c.act(), c.Principal.AccountID, id)
	})
	return err
}

// The operator's use cases, for `portin admin` and the sandbox.

// operator is who acts on the machine itself.
func operator(accountID int64) act { return act{accountID: accountID, by: "operator"} }

// CreateAccount makes an account.
func (s *Service) CreateAccount(ctx context.Context, name string) (account.Account, error) {
	var a account.Account
	err := s.Store.Update(ctx, func(tx Tx) error {
		name, err := text1("name", name, 100)
		if err != nil {
			return err
		}
		a = account.Account{Name: name, Created: tx.Wall()}
		err = tx.InsertAccount(&a)
		if err != nil {
			return err
		}
		return s.audit(tx, operator(a.ID), "account_created", fmt.Sprintf("account/%d", a.ID), nil)
	})
	return a, err
}

// Accounts lists all accounts.
func (s *Service) Accounts(ctx context.Context) (out []account.Account, err error) {
	err = s.Store.View(ctx, func(tx Tx) error {
		var err error
		out, err = tx.Accounts()
		return err
	})
	return out, err
}

// MintTokenFor makes a token for any user name of any account.
func (s *Service) MintTokenFor(ctx context.Context, accountID int64, username string, in MintIn) (Minted, error) {
	var m Minted
	err := s.Store.Update(ctx, func(tx Tx) error {
		_, err := tx.Account(accountID)
		if err != nil {
			return err
		}
		m, err = s.mint(tx, operator(accountID), accountID, username, in)
		return err
	})
	return m, err
}

// TokensOf lists an account's tokens.
func (s *Service) TokensOf(ctx context.Context, accountID int64) (out []account.Token, err error) {
	err = s.Store.View(ctx, func(tx Tx) error {
		_, err := tx.Account(accountID)
		if err != nil {
			return err
		}
		out, err = tx.Tokens(accountID)
		return err
	})
	return out, err
}

// RevokeTokenOf ends a token of any account at once.
func (s *Service) RevokeTokenOf(ctx context.Context, accountID, id int64) error {
	return s.Store.Update(ctx, func(tx Tx) error { return s.revoke(tx, operator(accountID), accountID, id) })
}

func (s *Service) mint(tx Tx, act act, accountID int64, username string, in MintIn) (Minted, error) {
	var faults []fault.Field
	if username == "" || len(username) > 64 || strings.ContainsAny(username, ": \t\r\n") {
		faults = append(faults, fault.Field{Field: "username", Code: fault.CodeInvalidValue, Message: "a user name has 1 to 64 characters, without blanks and colons"})
	}
	if len(in.Name) > 100 {
		faults = append(faults, fault.Field{Field: "name", Code: fault.CodeTooLong, Message: "name takes 100 characters"})
	}
	if len(in.Scopes) == 0 {
		faults = append(faults, fault.Field{Field: "scopes", Code: fault.CodeRequired, Message: "a token needs at least one scope", Hint: "the scopes are " + scopeList(nil)})
	}
	for i, scope := range in.Scopes {
		if !account.KnownScope(scope) {
			faults = append(faults, fault.Field{Field: fmt.Sprintf("scopes[%d]", i), Code: fault.CodeInvalidValue, Message: "there is no such scope", Hint: "the scopes are " + scopeList(nil)})
		}
	}
	if !in.Expires.IsZero() && !in.Expires.After(tx.Wall()) {
		faults = append(faults, fault.Field{Field: "expires", Code: fault.CodeInvalidValue, Message: "the token would have expired already"})
	}
	err := fault.Fields(faults)
	if err != nil {
		return Minted{}, err
	}
	text, keyID, hash := account.Mint(s.Sandbox)
	t := account.Token{AccountID: accountID, Username: username, KeyID: keyID, Hash: hash, Scopes: in.Scopes, Name: in.Name, Created: tx.Wall(), Expires: in.Expires}
	err = tx.InsertToken(&t)
	if err != nil {
		return Minted{}, err
	}
	err = s.audit(tx, act, "token_made", fmt.Sprintf("token/%d", t.ID), map[string]any{"scopes": in.Scopes})
	if err != nil {
		return Minted{}, err
	}
	return Minted{Text: text, Token: t}, nil
}

func (s *Service) revoke(tx Tx, act act, accountID, id int64) error {
	err := tx.RevokeToken(accountID, id, tx.Wall())
	if err != nil {
		return err
	}
	return s.audit(tx, act, "token_revoked", fmt.Sprintf("token/%d", id), nil)
}

// scopeList writes scopes for a message; nil means all.
func scopeList(scopes []account.Scope) string {
	var names []string
	if scopes == nil {
		for _, s := range account.Scopes {
			names = append(names, string(s.Scope))
		}
	}
	for _, s := range scopes {
		names = append(names, string(s))
	}
	return strings.Join(names, ", ")
}
