package api

import (
	"regexp"
	"strconv"
	"time"

	"github.com/portin/portin/internal/account"
	"github.com/portin/portin/internal/fault"
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

// clockIn moves the sandbox's clock forward: by a duration or to an instant.
type clockIn struct {
	Advance string    `json:"advance,omitempty" doc:"A duration: 72h, 90m, 3d"`
	To      time.Time `json:"to,omitzero" doc:"An instant"`
}

// clockBody is the sandbox's time.
type clockBody struct {
	Now instant `json:"now"`
}

// movedBody is what moving the clock has done.
type movedBody struct {
	From     moment          `json:"from"`
	To       moment          `json:"to"`
	Steps    int             `json:"steps" doc:"Instants on the way at which something was due"`
	Quiet    bool            `json:"quiet" doc:"All that was due is done; false when something takes longer, it goes on by itself"`
	Happened []happenedEvent `json:"happened"`
}

// happenedEvent is an event of any order.
type happenedEvent struct {
	OrderID int64 `json:"order_id"`
	Event
}

func doClock(c *call, _ none) (time.Time, error) { return c.api.Clock.Now(), nil }

func showClock(_ *call, now time.Time) clockBody { return clockBody{Now: instant(now)} }

// advanceMax is how far the clock is moved in one call: the sandbox must do
// all that becomes due on the way.
const advanceMax = 366 * 24 * time.Hour

// days matches a duration in days, which Go's have not.
var days = regexp.MustCompile(`^([0-9]{1,3})d$`)

func doAdvance(c *call, in clockIn) (Report, error) {
	now := c.api.Clock.Now()
	to := in.To
	switch {
	case in.Advance == "" && in.To.IsZero():
		return Report{}, fault.OneField("advance", fault.CodeRequired, `send {"advance": "72h"} or {"to": "2026-12-01T15:00:00Z"}`, "neither advance nor to says how far")
	case in.Advance != "" && !in.To.IsZero():
		return Report{}, fault.OneField("to", fault.CodeInvalidValue, "", "send either advance or to")
	case in.Advance != "":
		d, err := duration(in.Advance)
		if err != nil {
			return Report{}, fault.OneField("advance", fault.CodeInvalidValue, "", "advance takes a duration like 72h, 90m or 3d")
		}
		to = now.Add(d)
	}
	if to.Sub(now) > advanceMax {
		return Report{}, fault.OneField("advance", fault.CodeInvalidValue, "move it in several calls", "one call moves the clock by a year at most")
	}
	return c.api.Clock.Advance(c.r.Context(), to)
}

func duration(text string) (time.Duration, error) {
	if m := days.FindStringSubmatch(text); m != nil {
		n, err := strconv.Atoi(m[1])
		return time.Duration(n) * 24 * time.Hour, err
	}
	return time.ParseDuration(text)
}

func showAdvance(_ *call, r Report) movedBody {
	b := movedBody{From: moment(r.From), To: moment(r.To), Steps: r.Steps, Quiet: r.Quiet, Happened: make([]happenedEvent, len(r.Happened))}
	for i, e := range r.Happened {
		b.Happened[i] = happenedEvent{OrderID: e.OrderID, Event: eventOf(e)}
	}
	return b
}

// healthBody says that the server lives, or that it takes calls.
type healthBody struct {
	Status string `json:"status" enum:"ok"`
}

func doHealth(*call, none) (struct{}, error) { return struct{}{}, nil }

func doReady(c *call, _ none) (struct{}, error) {
	err := c.api.Ready(c.r.Context())
	if err != nil {
		return struct{}{}, &fault.Error{Kind: fault.Unavailable, Code: fault.CodeNotReady, Message: "not ready", RetryAfter: time.Second, Cause: err}
	}
	return struct{}{}, nil
}

func showHealth(*call, struct{}) healthBody { return healthBody{Status: "ok"} }
