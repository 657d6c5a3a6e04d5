// Package account knows who may call: accounts, tokens and scopes.
package account

import (
	"slices"
	"time"
)

// Account is a customer of the porting service. Its orders, numbers and
// tokens are its own.
type Account struct {
	ID      int64
	Name    string
	Created time.Time
}

// Scope is a permission of a token.
type Scope string

// The scopes, and what each opens.
const (
	PortRead   Scope = "port:read"
	PortWrite  Scope = "port:write"
	PortSubmit Scope = "port:submit"
	Files      Scope = "files"
	PII        Scope = "pii"
	Tokens     Scope = "tokens"
	Webhooks   Scope = "webhooks"
	Desk       Scope = "desk"
)

// Scopes lists every scope with what it opens; the docs are made from it.
var Scopes = []struct {
	Scope Scope
	Opens string
}{
	{PortRead, "read orders, uploads, prices, events; check numbers"},
	{PortWrite, "upload numbers, choose a carrier, split, delete, notes, comments"},
	{PortSubmit, "confirm and cancel: what reaches a carrier"},
	{Files, "upload, download and remove documents; the letter of authorization"},
	{PII, "see names, addresses and contacts unmasked (PINs are never shown)"},
	{Tokens, "make, list and revoke tokens, of the maker's scopes at most"},
	{Webhooks, "endpoints and deliveries"},
	{Desk, "the porting desk: gaining carriers, coverage, prices, losing carriers"},
}

// CustomerScopes are all scopes but the desk's.
func CustomerScopes() []Scope {
	return []Scope{PortRead, PortWrite, PortSubmit, Files, PII, Tokens, Webhooks}
}

// KnownScope reports whether s is one of Scopes.
func KnownScope(s Scope) bool {
	for _, k := range Scopes {
		if k.Scope == s {
			return true
		}
	}
	return false
}

// Token is a credential of an account. Its secret is shown once, when it is
// made; only a hash of it is kept.
type Token struct {
	ID        int64
	AccountID int64
	Username  string
	KeyID     string   // the public part, by which it is found
	Hash      [32]byte // SHA-256 of the whole token
	Scopes    []Scope
	Name      string // what it is for, in the maker's words
	Created   time.Time
	Expires   time.Time // zero: never
	Revoked   time.Time // zero: not
}

// Live reports whether the token can be used at the (wall-clock) time.
func (t *Token) Live(now time.Time) bool {
	return t.Revoked.IsZero() && (t.Expires.IsZero() || now.Before(t.Expires))
}

// Principal is who makes a call.
type Principal struct {
	AccountID   int64
	AccountName string
	Username    string
	TokenID     int64
	Scopes      []Scope
}

// Has reports whether the principal may do what the scope opens.
func (p *Principal) Has(s Scope) bool { return slices.Contains(p.Scopes, s) }
