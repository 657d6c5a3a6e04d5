package api

import (
	"strings"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/order"
)

// tagIn is a note.
type tagIn struct {
	Tag     *string `json:"tag,omitempty" doc:"1 to 500 characters"`
	Note    *string `json:"note,omitempty" doc:"The same as tag"`
	Version int64   `json:"version,omitempty" doc:"The version that was read; 409 if the order has another one"`
}

// tagsBody lists an order's notes, the oldest first.
type tagsBody struct {
	Tags []string `json:"tags"`
}

func doTag(c *call, in tagIn) ([]string, error) {
	err := c.has(in.Version)
	if err != nil {
		return nil, err
	}
	switch {
	case in.Tag == nil && in.Note == nil:
		return nil, fault.OneField("tag", fault.CodeRequired, `send {"tag": "text"}`, "there is no tag")
	case in.Tag == nil:
		in.Tag = in.Note
	case in.Note != nil && *in.Note != *in.Tag:
		return nil, fault.OneField("note", fault.CodeInvalidValue, "send one of them", "tag and note are the same field, and they differ")
	}
	return c.api.Service.Tag(c.r.Context(), c.Call, c.order(), *in.Tag)
}

func doTags(c *call, _ none) ([]string, error) {
	return c.api.Service.Tags(c.r.Context(), c.Call, c.order())
}

func showTags(_ *call, tags []string) tagsBody { return tagsBody{list(tags)} }

// commentIn is a message to the porting desk.
type commentIn struct {
	Comment string `json:"comment" doc:"1 to 5000 characters"`
	Version int64  `json:"version,omitempty" doc:"The version that was read; 409 if the order has another one"`
}

// commentBody is a message between the customer and the porting desk.
type commentBody struct {
	ID   int64   `json:"id"`
	By   string  `json:"by"`
	Text string  `json:"comment"`
	At   instant `json:"at"`
}

// commentsBody lists an order's messages, the oldest first.
type commentsBody struct {
	Comments []commentBody `json:"comments"`
}

func commentsOf(comments []order.Comment) []commentBody {
	out := make([]commentBody, len(comments))
	for i, m := range comments {
		out[i] = commentOf(m)
	}
	return out
}

func commentOf(m order.Comment) commentBody {
	return commentBody{ID: m.ID, By: strings.TrimPrefix(m.By, string(order.Customer)+":"), Text: m.Text, At: instant(m.At)}
}

func doComment(c *call, in commentIn) (order.Comment, error) {
	err := c.has(in.Version)
	if err != nil {
		return order.Comment{}, err
	}
	return c.api.Service.Comment(c.r.Context(), c.Call, c.order(), in.Comment)
}

func showComment(_ *call, m order.Comment) commentBody { return commentOf(m) }

func doComments(c *call, _ none) ([]order.Comment, error) {
	return c.api.Service.Comments(c.r.Context(), c.Call, c.order())
}

func showComments(_ *call, m []order.Comment) commentsBody { return commentsBody{commentsOf(m)} }
