package porting

import (
	"context"

	"github.com/portin/portin/internal/account"
	"github.com/portin/portin/internal/audit"
	"github.com/portin/portin/internal/order"
)

// The use cases of the porting desk, and of the operator, on what belongs to no
// account: gaining carriers, their coverage and decks, losing carriers.

// Operator is the call of somebody who acts on the machine itself.
var Operator = Call{}

// house is who acts on what belongs to no account.
func (c Call) house() act {
	by := "operator"
	if c.Principal.Username != "" {
		by = string(order.Desk) + ":" + c.Principal.Username
	}
	return act{accountID: audit.House, by: by, requestID: c.RequestID}
}

// deskRead runs fn on the market, for the desk.
func deskRead[T any](ctx context.Context, s *Service, c Call, fn func(tx Tx, m *market) (T, error)) (T, error) {
	var out T
	err := c.needDesk()
	if err != nil {
		return out, err
	}
	err = s.Store.View(ctx, func(tx Tx) error {
		m, err := s.openMarket(tx)
		if err != nil {
			return err
		}
		out, err = fn(tx, m)
		return err
	})
	return out, err
}

// deskWrite runs fn on the market, for the desk; nobody else changes it
// meanwhile. The market that fn gets is the one before.
func deskWrite[T any](ctx context.Context, s *Service, c Call, fn func(tx Tx, m *market) (T, error)) (T, error) {
	return do(ctx, s, c, func(tx Tx) (T, error) {
		var none T
		err := c.needDesk()
		if err != nil {
			return none, err
		}
		err = tx.TouchMarket()
		if err != nil {
			return none, err
		}
		m, err := readMarket(tx)
		if err != nil {
			return none, err
		}
		return fn(tx, m)
	})
}

func (c Call) needDesk() error {
	if c.Principal.Username == "" {
		return nil
	}
	return c.needScope(account.Desk)
}
