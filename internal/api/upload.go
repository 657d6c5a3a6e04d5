package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/intake"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/porting"
	"github.com/portin/portin/internal/pricing"
	"github.com/portin/portin/internal/routing"
)

// textUpload is a list of numbers.
type textUpload struct {
	DIDs          []json.RawMessage `json:"dids" doc:"The numbers: strings or JSON numbers in any usual form; a string may be a range, 9198002000-9198002099"`
	Reference     string            `json:"customer_reference,omitempty" doc:"Your own reference, for every order made"`
	LosingCarrier string            `json:"losing_carrier,omitempty" doc:"Who serves the numbers today, where you know it"`
}

// readText reads an upload of numbers as JSON.
func readText() reader[porting.UploadIn] {
	body := lenient[textUpload](largeBody)
	return reader[porting.UploadIn]{input: body.input, from: func(c *call) (porting.UploadIn, error) {
		in, err := body.from(c)
		if err != nil {
			return porting.UploadIn{}, err
		}
		numbers, err := c.numbers(in.DIDs)
		if err != nil {
			return porting.UploadIn{}, err
		}
		return c.uploadOptions(porting.UploadIn{Numbers: numbers, Reference: in.Reference, LosingCarrier: in.LosingCarrier})
	}}
}

// numbers reads dids.
func (c *call) numbers(dids []json.RawMessage) (*intake.Result, error) {
	if len(dids) == 0 {
		return nil, fault.OneField("dids", fault.CodeRequired, `send {"dids": ["9198002000"]}`, "dids names the numbers, and there is none")
	}
	return intake.List(dids, c.api.Service.Intake)
}

// uploadOptions reads the query of an upload.
func (c *call) uploadOptions(in porting.UploadIn) (porting.UploadIn, error) {
	var err error
	in.Strict, err = c.flag("strict")
	if err != nil {
		return in, err
	}
	in.DryRun, err = c.flag("dry_run")
	return in, err
}

// formOverhead is what a multipart body may have beside its file.
const formOverhead = 1 << 20

// readFile reads an upload of a file of numbers, as a stream.
func readFile() reader[porting.UploadIn] {
	return reader[porting.UploadIn]{input: input{body: formBody("A CSV of numbers: all on one line, one a line, or in a column of a table", "customer_reference", "losing_carrier")}, from: func(c *call) (porting.UploadIn, error) {
		var in porting.UploadIn
		sum := sha256.New()
		limit := c.api.Service.Intake.Limits.Bytes
		f, err := c.form(limit+formOverhead, func(p *multipart.Part) error {
			var err error
			in.Numbers, err = intake.File(io.TeeReader(p, sum), c.api.Service.Intake)
			if err != nil {
				return err
			}
			// What the file holds beyond its last row belongs to it.
			_, err = io.Copy(sum, p)
			return err
		})
		if err != nil {
			return in, err
		}
		in.Reference, in.LosingCarrier = f["customer_reference"], f["losing_carrier"]
		c.canon = append(c.canon, sum.Sum(nil), mustJSON(f))
		return c.uploadOptions(in)
	}}
}

// fieldMax is the size of a text part of a form, in bytes.
const fieldMax = 4 << 10

// form reads a multipart body part by part: file gets the part of that name,
// and the text parts are returned. Parts of other names are left alone, since
// forms send what they have.
func (c *call) form(limit int64, file func(*multipart.Part) error) (map[string]string, error) {
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, limit)
	parts, err := c.r.MultipartReader()
	if errors.Is(err, http.ErrNotMultipart) {
		return nil, &fault.Error{Kind: fault.Unsupported, Code: fault.CodeMediaType, Message: "the call takes a form", Hint: "send multipart/form-data with the part file, as curl -F file=@numbers.csv does"}
	}
	if err != nil {
		return nil, &fault.Error{Kind: fault.Malformed, Code: fault.CodeMalformedBody, Message: "the form has no boundary that can be read", Cause: err}
	}
	texts := map[string]string{}
	found := false
	for {
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, brokenForm(err)
		}
		if p.FormName() != "file" {
			text, err := io.ReadAll(io.LimitReader(p, fieldMax))
			if err != nil {
				return nil, brokenForm(err)
			}
			if bytes.IndexByte(text, 0) >= 0 {
				return nil, fault.New(fault.Malformed, fault.CodeMalformedBody, "a text part of the form holds a NUL")
			}
			texts[p.FormName()] = string(text)
			continue
		}
		if found {
			return nil, fault.OneField("file", fault.CodeTooMany, "send one file a call", "the form has more than one part file")
		}
		found = true
		err = file(p)
		if err != nil {
			return nil, err
		}
	}
	if !found {
		return nil, fault.OneField("file", fault.CodeRequired, "send it as curl -F file=@numbers.csv does", "the form has no part file")
	}
	return texts, nil
}

func brokenForm(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return err
	}
	return &fault.Error{Kind: fault.Malformed, Code: fault.CodeMalformedBody, Message: "the form ends before its end, or its parts cannot be told apart", Cause: err}
}

// uploadBody answers an upload, in the camelCase of the original.
type uploadBody struct {
	OrderIDs []int64         `json:"orderIds"`
	UploadID *int64          `json:"uploadId" doc:"The group of these orders; null for a dry run"`
	Orders   []uploadedOrder `json:"orders"`
	Accepted int             `json:"accepted"`
	Rejected []rejectedBody  `json:"rejected"`
}

// uploadedOrder is an order that an upload made.
type uploadedOrder struct {
	ID            *int64         `json:"id" doc:"null for a dry run"`
	DIDCount      int            `json:"didCount"`
	Carrier       *carrierBody   `json:"carrier"`
	LosingCarrier losingCamel    `json:"losingCarrier"`
	NumberType    lnp.NumberType `json:"numberType"`
	LineType      *lnp.LineType  `json:"lineType"`
	Total         pricing.Money  `json:"total"`
	MonthlyTotal  pricing.Money  `json:"monthlyTotal"`
	Currency      string         `json:"currency"`
	Reason        routing.Reason `json:"reason"`
	Warnings      []warningBody  `json:"warnings" doc:"What is special about who loses the numbers"`
}

// losingCamel is the losing carrier of an order that an upload made.
type losingCamel struct {
	ID       *string `json:"id"`
	OCN      *string `json:"ocn"`
	Name     *string `json:"name"`
	Source   *string `json:"source"`
	Verified bool    `json:"verified"`
}

// rejectedBody is a number that an upload did not take.
type rejectedBody struct {
	DID     string     `json:"did" doc:"As it was written; empty where it cannot be repeated"`
	Line    int        `json:"line,omitempty" doc:"Of a file, from 1"`
	Column  int        `json:"column,omitempty" doc:"Of a file, from 1"`
	Index   *int       `json:"index,omitempty" doc:"Of a JSON list, from 0"`
	Code    fault.Code `json:"code"`
	Message string     `json:"message"`
	Fix     string     `json:"fix"`
	OrderID int64      `json:"orderId,omitempty" doc:"Of already_in_order: which one"`
}

func rejectedOf(rejected []intake.Rejected) []rejectedBody {
	out := make([]rejectedBody, len(rejected))
	for i, r := range rejected {
		out[i] = rejectedBody{DID: r.DID, Line: r.Place.Line, Column: r.Place.Column, Code: r.Code, Message: r.Message, Fix: r.Fix, OrderID: r.OrderID}
		if r.Place.Line == 0 {
			out[i].Index = &rejected[i].Place.Index
		}
	}
	return out
}

func showUpload(_ *call, u porting.UploadOut) uploadBody {
	b := uploadBody{OrderIDs: []int64{}, UploadID: maybeID(u.UploadID), Orders: make([]uploadedOrder, len(u.Orders)), Accepted: u.Accepted, Rejected: rejectedOf(u.Rejected)}
	for i := range u.Orders {
		o := &u.Orders[i]
		l := losingOf(o.Losing)
		if o.ID != 0 {
			b.OrderIDs = append(b.OrderIDs, o.ID)
		}
		b.Orders[i] = uploadedOrder{
			ID: maybeID(o.ID), DIDCount: o.NumberCount, Carrier: carrierOf(o.Carrier), LosingCarrier: losingCamel{l.ID, l.OCN, l.Name, l.Source, l.Verified},
			NumberType: o.NumberType, Total: o.Quote.Total, MonthlyTotal: o.Quote.MonthlyTotal, Currency: o.Quote.Currency, Reason: reasonOf(o.Reason), Warnings: warningsOf(u.Cautions[i]),
		}
		if o.LineType != "" {
			b.Orders[i].LineType = &o.LineType
		}
	}
	return b
}

func doUpload(c *call, in porting.UploadIn) (porting.UploadOut, error) {
	return c.api.Service.Upload(c.r.Context(), c.Call, in)
}

// groupBody is an upload with what has become of it.
type groupBody struct {
	ID       int64                `json:"id"`
	Accepted int                  `json:"accepted"`
	Counts   map[order.Status]int `json:"counts" doc:"How many orders have which status"`
	Orders   []rowBody            `json:"orders"`
	Rejected []rejectedBody       `json:"rejected"`
	Created  instant              `json:"created"`
}

func doGroup(c *call, _ none) (porting.GroupOut, error) {
	return c.api.Service.Group(c.r.Context(), c.Call, c.upload())
}

func showGroup(c *call, g porting.GroupOut) groupBody {
	b := groupBody{ID: g.Upload.ID, Accepted: g.Upload.Accepted, Counts: map[order.Status]int{}, Orders: c.rowsOf(g.Orders), Rejected: rejectedOf(g.Rejected), Created: instant(g.Upload.Created)}
	for i := range g.Orders {
		b.Counts[g.Orders[i].Status]++
	}
	return b
}

// showRejected writes the bad rows of an upload as a CSV that can be mended
// and sent again.
func showRejected(_ *call, g porting.GroupOut) content {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	rows := [][]string{{"did", "line", "column", "index", "code", "message", "fix", "order_id"}}
	for _, r := range rejectedOf(g.Rejected) {
		index := ""
		if r.Index != nil {
			index = fmt.Sprint(*r.Index)
		}
		rows = append(rows, []string{
			harmless(r.DID), positive(int64(r.Line)), positive(int64(r.Column)), index, string(r.Code), r.Message, r.Fix, positive(r.OrderID),
		})
	}
	err := w.WriteAll(rows)
	if err != nil {
		panic(fmt.Sprintf("api: a buffer cannot be written: %v", err))
	}
	return content{mediaType: "text/csv; charset=utf-8", name: fmt.Sprintf(`attachment; filename="rejected-%d.csv"`, g.Upload.ID), data: out.Bytes()}
}

// harmless writes a cell so that no spreadsheet takes it for a formula. The
// intake reads numbers behind an apostrophe.
func harmless(cell string) string {
	if strings.IndexAny(cell, "=+-@\t\r") == 0 {
		return "'" + cell
	}
	return cell
}

func positive(n int64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}
