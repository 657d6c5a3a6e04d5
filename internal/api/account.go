package api

import (
	"time"

	"github.com/portin/portin/internal/account"
	"github.com/portin/portin/internal/porting"
)

// accountBody says who calls.
type accountBody struct {
	ID       int64           `json:"id"`
	Name     string          `json:"name"`
	Username string          `json:"username"`
	Scopes   []account.Scope `json:"scopes"`
	Mode     string          `json:"mode" enum:"sandbox,production"`
}

func doAccount(c *call, _ none) (account.Principal, error) { return c.Principal, nil }

func showAccount(c *call, p account.Principal) accountBody {
	return accountBody{ID: p.AccountID, Name: p.AccountName, Username: p.Username, Scopes: list(p.Scopes), Mode: c.api.Mode}
}

// tokenIn describes a token to be made.
type tokenIn struct {
	Name    string          `json:"name,omitempty" doc:"What it is for"`
	Scopes  []account.Scope `json:"scopes" doc:"Some of the maker's own"`
	Expires time.Time       `json:"expires,omitzero" doc:"An instant; without it the token holds until it is revoked"`
}

// Token is a token without its secret.
type Token struct {
	ID       int64           `json:"id"`
	Username string          `json:"username"`
	KeyID    string          `json:"key_id" doc:"The part of the token that is not secret"`
	Name     string          `json:"name"`
	Scopes   []account.Scope `json:"scopes"`
	Created  instant         `json:"created"`
	Expires  maybe           `json:"expires"`
	Revoked  maybe           `json:"revoked"`
}

// mintedBody is a new token. Its text is shown once.
type mintedBody struct {
	Token
	Text *string `json:"token" doc:"Shown once; null when the answer is a repetition"`
}

func (m mintedBody) withoutSecret() any {
	m.Text = nil
	return m
}

// tokensBody lists an account's tokens, the revoked ones too.
type tokensBody struct {
	Rows []Token `json:"rows"`
}

func tokenOf(t account.Token) Token {
	return Token{ID: t.ID, Username: t.Username, KeyID: t.KeyID, Name: t.Name, Scopes: list(t.Scopes), Created: instant(t.Created), Expires: maybe(t.Expires), Revoked: maybe(t.Revoked)}
}

func doTokens(c *call, _ none) ([]account.Token, error) {
	return c.api.Service.Tokens(c.r.Context(), c.Call)
}

func showTokens(_ *call, tokens []account.Token) tokensBody {
	b := tokensBody{Rows: make([]Token, len(tokens))}
	for i, t := range tokens {
		b.Rows[i] = tokenOf(t)
	}
	return b
}

func doMint(c *call, in tokenIn) (porting.Minted, error) {
	return c.api.Service.MintToken(c.r.Context(), c.Call, porting.MintIn{Name: in.Name, Scopes: in.Scopes, Expires: in.Expires})
}

func showMinted(_ *call, m porting.Minted) mintedBody {
	return mintedBody{Token: tokenOf(m.Token), Text: &m.Text}
}

func doRevoke(c *call, _ none) (struct{}, error) {
	return struct{}{}, c.api.Service.RevokeToken(c.r.Context(), c.Call, c.ids["token_id"])
}
