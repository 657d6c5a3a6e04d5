package api

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/portin/portin/internal/account"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/pricing"
)

// schemas is where the document keeps its schemas.
const schemas = "#/components/schemas/"

func init() {
	// The registry asks this variable of the process. Our lists are never
	// null: an empty one is [].
	huma.DefaultArrayNullable = false
}

// describe makes the OpenAPI 3.1 document of the routes.
func describe(routes []route, mode string) []byte {
	registry := newRegistry()
	doc := &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info: &huma.Info{
			Title: "portin", Version: "1",
			Description: "Moves telephone numbers between carriers. Send numbers, read the price, confirm with the subscriber's details; the order then lives until it is completed.",
			License:     &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"},
		},
		Components: &huma.Components{
			Schemas: registry,
			SecuritySchemes: map[string]*huma.SecurityScheme{
				"token": {Type: "http", Scheme: "basic", Description: "A user name and its token"},
			},
			Responses: map[string]*huma.Response{"Error": {
				Description: "The call was refused; see errors",
				Headers:     map[string]*huma.Param{requestIDHeader: textHeader("Names the call in the operator's log")},
				Content:     map[string]*huma.MediaType{"application/json": {Schema: registry.Schema(reflect.TypeFor[problem](), true, "")}},
			}},
		},
		Tags: []*huma.Tag{{Name: mode, Description: "Every answer says in X-Portin-Mode whether it is the sandbox's"}},
	}
	for _, r := range routes {
		for i, pattern := range r.paths {
			doc.AddOperation(r.operation(registry, pattern, i))
		}
	}
	b, err := doc.MarshalJSON()
	if err != nil {
		panic(fmt.Sprintf("api: the OpenAPI document cannot be written: %v", err))
	}
	return b
}

func newRegistry() huma.Registry {
	r := huma.NewMapRegistry(schemas, func(t reflect.Type, hint string) string {
		name := strings.TrimSuffix(huma.DefaultSchemaNamer(t, hint), "Body")
		first, size := utf8.DecodeRuneInString(name)
		return string(unicode.ToUpper(first)) + name[size:]
	})
	r.RegisterTypeAlias(reflect.TypeFor[pricing.Money](), reflect.TypeFor[moneySchema]())
	r.RegisterTypeAlias(reflect.TypeFor[fault.Code](), reflect.TypeFor[codeSchema]())
	r.RegisterTypeAlias(reflect.TypeFor[order.Status](), reflect.TypeFor[statusSchema]())
	r.RegisterTypeAlias(reflect.TypeFor[account.Scope](), reflect.TypeFor[scopeSchema]())
	return r
}

// The types of other packages that the document says more about than Go does.
type (
	moneySchema  struct{}
	codeSchema   struct{}
	statusSchema struct{}
	scopeSchema  struct{}
)

// Schema implements huma.SchemaProvider.
func (moneySchema) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeNumber, Description: "Exact, with one to four decimals"}
}

// Schema implements huma.SchemaProvider.
func (codeSchema) Schema(huma.Registry) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString}
	for _, e := range fault.Catalogue {
		s.Enum = append(s.Enum, e.Code)
	}
	return s
}

// Schema implements huma.SchemaProvider.
func (statusSchema) Schema(huma.Registry) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString}
	for _, status := range order.Statuses {
		s.Enum = append(s.Enum, status)
	}
	return s
}

// Schema implements huma.SchemaProvider.
func (scopeSchema) Schema(huma.Registry) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString}
	for _, k := range account.Scopes {
		s.Enum = append(s.Enum, k.Scope)
	}
	return s
}

// operation describes one path of a route. The first one has the route's name;
// the others are aliases.
func (r route) operation(registry huma.Registry, pattern string, alias int) *huma.Operation {
	method, path, _ := strings.Cut(pattern, " ")
	op := &huma.Operation{
		Method: method, Path: path, OperationID: r.id, Summary: r.summary, Description: r.doc,
		Responses: map[string]*huma.Response{},
	}
	if alias > 0 {
		op.OperationID = fmt.Sprintf("%s%d", r.id, alias+1)
		op.Description = strings.TrimSpace("The same as " + r.paths[0] + ". " + r.doc)
	}
	if !r.open {
		op.Security = []map[string][]string{{"token": {}}}
		if r.scope != "" {
			op.Description = strings.TrimSpace(op.Description + " Scope: " + string(r.scope) + ".")
		}
	}
	op.Deprecated = r.old
	op.Parameters = r.parameters(method, pattern)
	if r.in.body != nil {
		op.RequestBody = r.in.body(registry)
	}
	op.Responses[fmt.Sprint(r.success())] = r.response(registry)
	op.Responses["default"] = &huma.Response{Ref: "#/components/responses/Error"}
	return op
}

func (r route) success() int {
	if r.status != 0 {
		return r.status
	}
	return http.StatusOK
}

func (r route) parameters(method, pattern string) []*huma.Param {
	var out []*huma.Param
	for _, name := range wildcards(pattern) {
		s := &huma.Schema{Type: huma.TypeInteger, Format: "int64", Minimum: new(1.0)}
		switch name {
		case "did", "losing_carrier":
			s = &huma.Schema{Type: huma.TypeString}
		case "type":
			s = &huma.Schema{Type: huma.TypeString}
			for _, k := range lnp.DocumentKinds {
				s.Enum = append(s.Enum, k)
			}
		}
		out = append(out, &huma.Param{Name: name, In: "path", Required: true, Schema: s})
	}
	for _, p := range r.query {
		s := &huma.Schema{Type: p.kind}
		for _, v := range p.enum {
			s.Enum = append(s.Enum, v)
		}
		out = append(out, &huma.Param{Name: p.name, In: "query", Description: p.doc, Schema: s})
	}
	if method != http.MethodGet && !r.open {
		out = append(out,
			&huma.Param{Name: "Idempotency-Key", In: "header", Description: "The same call with the same key takes effect once, within 24 hours", Schema: &huma.Schema{Type: huma.TypeString, MinLength: new(1), MaxLength: new(255)}},
			&huma.Param{Name: "If-Match", In: "header", Description: "The version of the order that was read, where the call changes an order; 409 if it has another one", Schema: &huma.Schema{Type: huma.TypeString}})
	}
	return out
}

func (r route) response(registry huma.Registry) *huma.Response {
	out := &huma.Response{Description: r.summary, Headers: map[string]*huma.Param{
		requestIDHeader: textHeader("Names the call in the operator's log"),
		"X-Portin-Mode": textHeader("sandbox or production"),
	}}
	for _, h := range r.headers {
		out.Headers[h.name] = textHeader(h.doc)
	}
	switch r.answer {
	case reflect.TypeFor[none]():
	case reflect.TypeFor[content]():
		s := binary("")
		if r.media == "application/json" {
			s = &huma.Schema{Type: huma.TypeObject}
		}
		out.Content = map[string]*huma.MediaType{r.media: {Schema: s}}
	default:
		out.Content = map[string]*huma.MediaType{"application/json": {Schema: registry.Schema(r.answer, true, "")}}
	}
	return out
}

func textHeader(doc string) *huma.Param {
	return &huma.Param{Description: doc, Schema: &huma.Schema{Type: huma.TypeString}}
}

// binary is the schema of what is not text (JSON Schema 2020-12 has no word
// for it but its absence).
func binary(doc string) *huma.Schema {
	return &huma.Schema{Description: doc, Extensions: map[string]any{"contentMediaType": "application/octet-stream"}}
}

// jsonBody describes a body of JSON.
func jsonBody(r huma.Registry, t reflect.Type, open bool) *huma.RequestBody {
	s := r.Schema(t, true, "")
	if open {
		r.SchemaFromRef(s.Ref).AdditionalProperties = true
	}
	return jsonContent(s, len(r.SchemaFromRef(s.Ref).Required) > 0)
}

func jsonContent(s *huma.Schema, required bool) *huma.RequestBody {
	return &huma.RequestBody{Required: required, Content: map[string]*huma.MediaType{"application/json": {Schema: s}}}
}

// formBody describes a form with a file and text parts.
func formBody(file string, texts ...string) func(huma.Registry) *huma.RequestBody {
	return func(huma.Registry) *huma.RequestBody {
		s := &huma.Schema{Type: huma.TypeObject, Required: []string{"file"}, Properties: map[string]*huma.Schema{"file": binary(file)}}
		for _, t := range texts {
			s.Properties[t] = &huma.Schema{Type: huma.TypeString}
		}
		return &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"multipart/form-data": {Schema: s}}}
	}
}

// confirmationSchema describes the fields of a confirmation, from lnp.Fields.
func confirmationSchema(huma.Registry) *huma.Schema {
	s := &huma.Schema{
		Type: huma.TypeObject, AdditionalProperties: true, Properties: map[string]*huma.Schema{},
		Description: "An absent field keeps its value, null clears it, the mask that was shown means unchanged. Unknown fields are kept and named in warnings; one that is nearly a known one is refused.",
	}
	for _, f := range lnp.Fields {
		s.Properties[f.Name] = fieldSchema(f)
	}
	tn := &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true, Required: []string{"did"}, Properties: map[string]*huma.Schema{"did": {Type: huma.TypeString}}}
	for _, f := range lnp.NumberFields {
		tn.Properties[f.Name] = fieldSchema(f)
	}
	s.Properties["tns"] = &huma.Schema{Type: huma.TypeArray, Items: tn, Description: "What is a number's own; numbers that are not named keep what they have"}
	s.Properties["quote_id"] = &huma.Schema{Type: huma.TypeString, Description: "The quote that is agreed to"}
	s.Properties["expected_total"] = &huma.Schema{Type: huma.TypeNumber, Description: "The total that is agreed to; a lower one goes on, a higher one is 409"}
	s.Properties["version"] = &huma.Schema{Type: huma.TypeInteger, Description: "The version that was read; 409 if the order has another one"}
	return s
}

// fieldSchema describes a field of a confirmation. Every one can be null.
func fieldSchema(f lnp.Field) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString, Nullable: true, Description: f.Doc}
	switch f.Kind {
	case lnp.KindBool:
		s.Type = huma.TypeBoolean
	case lnp.KindCount:
		s.Type = huma.TypeInteger
	case lnp.KindTNs, lnp.KindTexts, lnp.KindEmails:
		s.Type, s.Items = huma.TypeArray, &huma.Schema{Type: huma.TypeString}
	case lnp.KindAny:
		return &huma.Schema{Description: f.Doc}
	}
	if f.Max > 0 && s.Type == huma.TypeString {
		s.MaxLength = new(f.Max)
	}
	return s
}
