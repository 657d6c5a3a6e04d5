package api

import (
	"time"

	"github.com/portin/portin/internal/fault"
)

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

func doDocument(c *call, _ none) ([]byte, error) { return c.api.document, nil }

func showDocument(_ *call, document []byte) content {
	return content{mediaType: "application/json", data: document}
}
