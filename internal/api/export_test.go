package api

import (
	"context"
	"net/http"
	"time"
)

// Patterns lists what the multiplexer of a mode answers.
func Patterns(mode string) []string {
	var out []string
	for _, r := range handler(mode).routes {
		out = append(out, r.paths...)
	}
	return out
}

// Document returns the OpenAPI document of a mode.
func Document(mode string) []byte { return handler(mode).document }

func handler(mode string) *api {
	c := Config{Mode: mode}
	if mode == "sandbox" {
		c.Clock = stopped{}
	}
	var h http.Handler = New(c)
	return h.(*api)
}

type stopped struct{}

func (stopped) Now() time.Time                                     { return time.Time{} }
func (stopped) Advance(context.Context, time.Time) (Report, error) { return Report{}, nil }
