// Package reference_test writes the reference pages from the code, and fails
// where they are not what it says.
package reference_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/portin/portin/internal/account"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/order"
)

var update = flag.Bool("update", false, "write the pages anew")

// pages are made from the tables that the program runs on.
var pages = map[string]func(*strings.Builder){
	"errors.md":       errorCodes,
	"confirmation.md": confirmation,
	"statuses.md":     statuses,
	"scopes.md":       scopes,
}

func TestPages(t *testing.T) {
	t.Parallel()
	for name, write := range pages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var b strings.Builder
			write(&b)
			if *update {
				err := os.WriteFile(name, []byte(b.String()), 0o644)
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			have, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if string(have) != b.String() {
				t.Errorf("docs/reference/%s is not what the code says; go test ./docs/reference -update writes it anew", name)
			}
		})
	}
}

func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

func errorCodes(b *strings.Builder) {
	b.WriteString(`# Error codes

Every error has one shape:

` + "```json" + `
{"code": 422, "statusCode": 422, "error": "Unprocessable Entity", "message": "2 fields need a correction",
 "errors": [{"field": "zip", "code": "required", "message": "what is wrong", "hint": "what to do"}],
 "request_id": "req_..."}
` + "```" + `

` + "`code`, `statusCode` and `error`" + ` are the HTTP status. The codes in ` + "`errors[]`" + ` are stable:
new ones may come, none changes its meaning. A 409 also has the order's ` + "`status`,\n`version` and `allowed_actions`" + `. Of an error on our side (5xx) nothing is told but the
` + "`request_id`" + `, by which the operator finds it in the log.

| code | cause | what to do |
|---|---|---|
`)
	for _, e := range fault.Catalogue {
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", e.Code, cell(e.Cause), cell(e.Fix))
	}
}

func confirmation(b *strings.Builder) {
	b.WriteString(`# The confirmation

The fields of ` + "`POST .../port-in/:id/confirm`" + `. An absent field keeps what is stored, ` + "`null`" + `
clears it, and the mask that was shown means unchanged. ` + "`quote_id` or `expected_total`" + ` say
which price is agreed to, ` + "`version`" + ` which version of the order was read.

| field | what it is | shown |
|---|---|---|
`)
	fields(b, lnp.Fields)
	b.WriteString("\nPer number, in `tns[]` beside its `did`:\n\n| field | what it is | shown |\n|---|---|---|\n")
	fields(b, lnp.NumberFields)
	b.WriteString(`
## What each type of port needs

An order says in ` + "`requirements`" + ` what it needs, for its own type and with the answers so
far: a business has a name of another kind than a person, and so on. These are the
types with nothing answered yet.
`)
	for _, pt := range []lnp.PortType{lnp.Simple, lnp.NonSimple, lnp.WirelessPort, lnp.TollFreePort, lnp.CanadaWireline, lnp.CanadaWireless} {
		fmt.Fprintf(b, "\n### %s\n\n| needed | required | why |\n|---|---|---|\n", pt)
		for _, r := range lnp.Requirements(pt, lnp.Answers{Porting: []nanp.Number{9195550100}}, nil) {
			what, required := "`"+r.Field+"`", "no"
			switch {
			case len(r.AnyOf) > 0:
				what = "`" + strings.Join(r.AnyOf, "` or `") + "`"
			case r.Document != "":
				what = "document `" + string(r.Document) + "`"
			}
			if r.Required {
				required = "yes"
			}
			fmt.Fprintf(b, "| %s | %s | %s |\n", what, required, cell(r.Why))
		}
	}
}

func fields(b *strings.Builder, all []lnp.Field) {
	shown := map[lnp.Mask]string{lnp.Shown: "as it is", lnp.Secret: "never", lnp.Last4: "its last four", lnp.Personal: "with the scope `pii`"}
	for _, f := range all {
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", f.Name, cell(f.Doc), shown[f.Mask])
	}
}

// acts says who acts next in each status.
var acts = map[order.Status]string{
	order.Created: "the customer confirms", order.Submitted: "portin hands it to the gaining carrier", order.Pending: "the losing carrier answers",
	order.Rejected: "the customer corrects and confirms again", order.FOC: "everybody waits for the date", order.Activating: "the carriers move the numbers",
	order.Completed: "nobody: every number is ported, failed or removed, and one at least is ported", order.CancelPending: "the carrier agrees to the cancellation, or refuses it",
	order.Canceled: "nobody: over, nothing ported", order.Expired: "nobody: never confirmed within its time",
}

func statuses(b *strings.Builder) {
	b.WriteString("# Statuses\n\n| status | who acts next | the customer can |\n|---|---|---|\n")
	for _, s := range order.Statuses {
		var can []string
		for _, a := range s.Allowed() {
			can = append(can, string(a))
		}
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", s, acts[s], strings.Join(can, ", "))
	}
	b.WriteString("\n## What moves an order\n\nThis is the whole of it; what is not here does not happen.\n\n```mermaid\nstateDiagram-v2\n")
	for _, t := range order.Transitions {
		fmt.Fprintf(b, "    %s --> %s: %s (%s)\n", t.From, t.To, t.On, t.By)
	}
	b.WriteString("```\n")
}

func scopes(b *strings.Builder) {
	b.WriteString("# Scopes of tokens\n\nA token can make other tokens only with scopes that it has itself.\n\n| scope | what it opens |\n|---|---|\n")
	for _, s := range account.Scopes {
		fmt.Fprintf(b, "| `%s` | %s |\n", s.Scope, s.Opens)
	}
}
