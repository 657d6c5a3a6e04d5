package porting

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/order"
)

// Lengths of notes and comments, in characters.
const (
	tagMax     = 500
	commentMax = 5000
)

// Tag adds a note that stays inside the account, once, and returns all of the
// order's. It changes nothing about the order, so it is possible in every
// status and does not count the version up.
func (s *Service) Tag(ctx context.Context, c Call, id int64, text string) ([]string, error) {
	return do(ctx, s, c, func(tx Tx) ([]string, error) {
		o, err := open(tx, c, id, order.DoNote)
		if err != nil {
			return nil, err
		}
		text, err := text1("tag", text, tagMax)
		if err != nil {
			return nil, err
		}
		added, err := tx.AddTag(o.ID, text, tx.Now())
		if err != nil {
			return nil, err
		}
		if added {
			err = note(tx, o.ID, order.EntryNote, c.by(), map[string]any{"characters": utf8.RuneCountInString(text)})
			if err != nil {
				return nil, err
			}
			err = s.audit(tx, c.act(), string(order.EntryNote), "order/"+target(o.ID), nil)
			if err != nil {
				return nil, err
			}
		}
		return tx.Tags(o.ID)
	})
}

// Tags lists an order's notes, the oldest first.
func (s *Service) Tags(ctx context.Context, c Call, id int64) ([]string, error) {
	return read(ctx, s, c, id, func(tx Tx, o *order.Order) ([]string, error) { return tx.Tags(o.ID) })
}

// Comment adds a message to the porting desk.
func (s *Service) Comment(ctx context.Context, c Call, id int64, text string) (order.Comment, error) {
	return do(ctx, s, c, func(tx Tx) (order.Comment, error) {
		o, err := open(tx, c, id, order.DoComment)
		if err != nil {
			return order.Comment{}, err
		}
		text, err := text1("comment", text, commentMax)
		if err != nil {
			return order.Comment{}, err
		}
		m := order.Comment{OrderID: o.ID, By: c.by(), Text: text, At: tx.Now()}
		err = tx.AddComment(&m)
		if err != nil {
			return m, err
		}
		err = s.tell(tx, o, order.EntryCommentAdded, c.act(), map[string]any{"status": o.Status, "comment_id": m.ID})
		if err != nil {
			return m, err
		}
		return m, save(tx, o)
	})
}

// Comments lists the messages between the customer and the desk, the oldest
// first.
func (s *Service) Comments(ctx context.Context, c Call, id int64) ([]order.Comment, error) {
	return read(ctx, s, c, id, func(tx Tx, o *order.Order) ([]order.Comment, error) { return tx.Comments(o.ID) })
}

// text1 checks a text of at least one character.
func text1(field, text string, limit int) (string, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return "", fault.OneField(field, fault.CodeRequired, "", "%s has no text", field)
	}
	if n := utf8.RuneCountInString(text); n > limit {
		return "", fault.OneField(field, fault.CodeTooLong, "", "%s has %d characters; it takes %d", field, n, limit)
	}
	return text, nil
}

// read runs a use case that changes nothing on an order of the caller's
// account.
func read[T any](ctx context.Context, s *Service, c Call, id int64, fn func(tx Tx, o *order.Order) (T, error)) (T, error) {
	var out T
	err := s.Store.View(ctx, func(tx Tx) error {
		o, err := tx.Order(c.Principal.AccountID, id)
		if err != nil {
			return err
		}
		out, err = fn(tx, o)
		return err
	})
	return out, err
}
