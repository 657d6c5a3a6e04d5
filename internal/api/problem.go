package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/intake"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/pricing"
)

// statuses maps every kind of error to HTTP, in the one place that does.
var statuses = map[fault.Kind]int{
	fault.Malformed:       http.StatusBadRequest,
	fault.Unauthenticated: http.StatusUnauthorized,
	fault.Forbidden:       http.StatusForbidden,
	fault.NotFound:        http.StatusNotFound,
	fault.Method:          http.StatusMethodNotAllowed,
	fault.Conflict:        http.StatusConflict,
	fault.TooLarge:        http.StatusRequestEntityTooLarge,
	fault.Unsupported:     http.StatusUnsupportedMediaType,
	fault.Invalid:         http.StatusUnprocessableEntity,
	fault.TooMany:         http.StatusTooManyRequests,
	fault.Unavailable:     http.StatusServiceUnavailable,
	fault.Internal:        http.StatusInternalServerError,
}

// problem is the one shape of errors. Clients of the original look at code,
// statusCode, message or error, so all four are there.
type problem struct {
	Code       int            `json:"code" doc:"The HTTP status"`
	StatusCode int            `json:"statusCode" doc:"The HTTP status"`
	Error      string         `json:"error" doc:"The HTTP status in words"`
	Message    string         `json:"message" doc:"What is wrong, for a person"`
	Hint       string         `json:"hint,omitempty" doc:"What to do about it"`
	Errors     []problemField `json:"errors" doc:"What is wrong, one by one"`
	RequestID  string         `json:"request_id"`

	Status         order.Status   `json:"status,omitempty" doc:"Of a 409: where the order stands"`
	AllowedActions []order.Action `json:"allowed_actions,omitempty" doc:"Of a 409: what can be done with the order now"`
	Version        int64          `json:"version,omitempty" doc:"Of a 409: the order's version"`
	Quote          *Quote         `json:"quote,omitempty" doc:"Of quote_changed: the quote that holds now"`
	Rejected       []rejectedBody `json:"rejected,omitempty" doc:"Of an upload: the numbers that are not taken"`

	retryAfter int // seconds
}

// problemField is one fault of a field, a number or a document, or of the
// whole call when it has no field.
type problemField struct {
	Field   string     `json:"field,omitempty" doc:"Where: a field, tns[3].pin, dids[0], line 3, column 1, documents.loa, or a query parameter; absent when it is the whole call"`
	Code    fault.Code `json:"code" doc:"What: stable"`
	Message string     `json:"message" doc:"What is wrong, for a person"`
	Hint    string     `json:"hint,omitempty" doc:"What to do about it"`
}

// problemOf turns an error into what the caller is told. Of our own faults
// that is nothing but the request id.
func problemOf(err error, requestID string) problem {
	e, ok := errors.AsType[*fault.Error](err)
	if tooLarge, is := errors.AsType[*http.MaxBytesError](err); is {
		e, ok = fault.New(fault.TooLarge, fault.CodeTooLarge, "the body has more than %d bytes; this call takes no more", tooLarge.Limit), true
	}
	if !ok {
		e = fault.Wrap(err, "")
	}
	status, known := statuses[e.Kind]
	if !known {
		status = http.StatusInternalServerError
	}
	p := problem{
		Code: status, StatusCode: status, Error: http.StatusText(status), RequestID: requestID,
		Message: e.Message, Hint: e.Hint, Errors: []problemField{}, retryAfter: seconds(e.RetryAfter),
	}
	if status >= http.StatusInternalServerError {
		p.Message, p.Hint = "something failed here; nothing was changed", ""
		if e.Kind == fault.Unavailable {
			p.Message = "the server cannot take the call now; nothing was changed"
			p.retryAfter = max(p.retryAfter, 1)
		}
		return p
	}
	for _, f := range e.Fields {
		p.Errors = append(p.Errors, problemField(f))
	}
	if e.Code != "" && len(e.Fields) == 0 {
		p.Errors = append(p.Errors, problemField{Code: e.Code, Message: e.Message, Hint: e.Hint})
	}
	if p.Hint == "" && e.Code != "" {
		p.Hint = fault.Explain(e.Code).Fix
	}
	p.extra(e.Extra)
	return p
}

// extra shows what a use case added to an error.
func (p *problem) extra(extra map[string]any) {
	p.Status, _ = extra["status"].(order.Status)
	p.AllowedActions, _ = extra["allowed_actions"].([]order.Action)
	p.Version, _ = extra["version"].(int64)
	if q, ok := extra["quote"].(pricing.Quote); ok {
		body := quoteOf(q)
		p.Quote = &body
	}
	if r, ok := extra["rejected"].([]intake.Rejected); ok {
		p.Rejected = rejectedOf(r)
	}
}

// seconds rounds up: waiting too short only costs another call.
func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

// mustJSON writes what this package made itself.
func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("api: %T cannot be written: %v", v, err))
	}
	return append(b, '\n')
}
