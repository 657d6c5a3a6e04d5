// Package fault is the one error type of portin.
//
// Every layer returns *Error for what a caller can act on; anything else is an
// internal error, logged with its cause and shown to nobody. One table in
// package api turns a Kind into an HTTP status.
//
// Nothing that a customer typed is put into an Error, except numbers, dates,
// enumeration values and ids (api.md, Conventions): names, addresses, account
// numbers and PINs never are.
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Kind is the closed set of reasons why a call was refused.
type Kind string

// The kinds, in the order of the HTTP statuses that they become.
const (
	Malformed       Kind = "malformed"         // cannot be parsed (400)
	Unauthenticated Kind = "unauthenticated"   // no valid token (401)
	Forbidden       Kind = "forbidden"         // the token lacks the scope (403)
	NotFound        Kind = "not_found"         // unknown, another account's, or of the wrong kind (404)
	Method          Kind = "method"            // the path exists, the method does not (405)
	Conflict        Kind = "conflict"          // the state does not allow it (409)
	TooLarge        Kind = "too_large"         // over a size limit (413)
	Unsupported     Kind = "unsupported"       // a body that the call does not take (415)
	Invalid         Kind = "invalid"           // a rule is broken (422)
	TooMany         Kind = "too_many_requests" // a rate limit (429)
	Unavailable     Kind = "unavailable"       // try again later (503)
	Internal        Kind = "internal"          // our fault (500)
)

// Field is one fault of one field, number or document.
type Field struct {
	Field   string `json:"field" doc:"Where: a field name, tns[3].pin, dids[0], documents.loa, or a query parameter"`
	Code    Code   `json:"code" doc:"What: stable, listed in docs/reference/errors.md"`
	Message string `json:"message" doc:"What is wrong, for a person"`
	Hint    string `json:"hint,omitempty" doc:"What to do about it"`
}

// Error is a refusal that the caller can act on.
type Error struct {
	Kind    Kind
	Code    Code   // of the whole; the zero Code where only Fields speak
	Message string // for a person; holds no personal data
	Hint    string
	Fields  []Field
	// Extra is added to the body of the answer, e.g. status and
	// allowed_actions of a Conflict.
	Extra      map[string]any
	RetryAfter time.Duration // of TooMany, Unavailable and a running idempotent call
	Cause      error         // logged, never shown
}

func (e *Error) Error() string {
	s := string(e.Kind)
	if e.Code != "" {
		s += " (" + string(e.Code) + ")"
	}
	if e.Message != "" {
		s += ": " + e.Message
	}
	for _, f := range e.Fields {
		s += fmt.Sprintf("; %s: %s", f.Field, f.Code)
	}
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Cause }

// New returns an Error of the kind, with a code and a message.
func New(kind Kind, code Code, format string, args ...any) *Error {
	return &Error{Kind: kind, Code: code, Message: fmt.Sprintf(format, args...)}
}

// Missing is the one NotFound: it says the same of an unknown id, of another
// account's and of one of the wrong kind.
func Missing() *Error {
	return New(NotFound, CodeNotFound, "there is no such thing in this account")
}

// OneField returns an Invalid about a single field.
func OneField(field string, code Code, hint, format string, args ...any) *Error {
	f := Field{Field: field, Code: code, Message: fmt.Sprintf(format, args...), Hint: hint}
	return &Error{Kind: Invalid, Message: f.Message, Fields: []Field{f}}
}

// Fields returns an Invalid about all the given faults, or nil when there are
// none.
func Fields(fields []Field) error {
	if len(fields) == 0 {
		return nil
	}
	message := fields[0].Message
	if len(fields) > 1 {
		message = fmt.Sprintf("%d fields need a correction", len(fields))
	}
	return &Error{Kind: Invalid, Message: message, Fields: fields}
}

// Wrap returns an Internal with its cause.
func Wrap(cause error, doing string) *Error {
	return &Error{Kind: Internal, Code: CodeInternal, Message: doing, Cause: cause}
}

// KindOf returns the kind of err, Internal when it carries none.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// Is reports whether err is an Error of the kind.
func Is(err error, kind Kind) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Kind == kind
}
