package api

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/portin/portin/internal/account"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/porting"
)

// route is one call of the API.
type route struct {
	id      string   // operationId
	paths   []string // as the multiplexer takes them, the first is the one of the docs
	summary string
	doc     string
	scope   account.Scope // "": any token
	open    bool          // no token is asked for
	fixed   bool          // of the original: unknown query parameters are ignored
	query   []param
	status  int // of success; 0: 200
	headers []header
	media   string // of an answer that is not described by its type
	old     bool   // kept for old clients

	in     input // what it takes
	answer reflect.Type
	run    func(*call) (any, error)
}

// param is a query parameter.
type param struct {
	name, doc string
	kind      string // JSON type: "string", "integer" or "boolean"
	enum      []string
}

// header is a header of the answer.
type header struct{ name, value, doc string }

// call is one request on its way through a route.
type call struct {
	porting.Call
	api   *api
	route *route
	w     http.ResponseWriter
	r     *http.Request
	ids   map[string]int64 // of the path
	canon [][]byte         // of a call with an idempotency key: what was sent, in the one form that it is compared by
}

// none is the answer of a call that answers nothing.
type none struct{}

// content is an answer that is not JSON.
type content struct {
	mediaType string
	name      string // of the file to save; "" shows it
	data      []byte
}

// step makes a route of its three steps: read what was sent, act on it, and
// show what came of it. show is a function of what the use case returned, so
// that the answer can be stored with the effect, and repeated.
func step[In, T, Out any](r route, read reader[In], act func(*call, In) (T, error), show func(*call, T) Out) route {
	r.in = read.input
	r.answer = reflect.TypeFor[Out]()
	r.run = func(c *call) (any, error) {
		in, err := read.from(c)
		if err != nil {
			return nil, err
		}
		end, err := c.once(func(result any) any { return show(c, result.(T)) })
		if err != nil {
			return nil, err
		}
		defer end()
		out, err := act(c, in)
		err = cmp.Or(c.api.Service.Keep(c.r.Context(), c.Call, out, err), err)
		if err != nil {
			return nil, err
		}
		return show(c, out), nil
	}
	return r
}

// once reads the idempotency key, and answers a repetition.
func (c *call) once(show func(any) any) (end func(), err error) {
	if !c.keyed() {
		return func() {}, nil
	}
	keys := c.r.Header["Idempotency-Key"]
	if len(keys) != 1 || keys[0] == "" || len(keys[0]) > 255 {
		return nil, fault.New(fault.Invalid, fault.CodeKeyTooLong, "an Idempotency-Key has 1 to 255 characters")
	}
	parts := [][]byte{[]byte(c.route.id), []byte(c.r.URL.Path), []byte(c.r.URL.Query().Encode()), []byte(c.r.Header.Get("If-Match"))}
	c.Call.Once = &porting.Once{
		Key:         keys[0],
		Fingerprint: c.api.Service.Ring.MAC("idempotency", append(parts, c.canon...)...),
		Render: func(result any, err error) (int, []byte) {
			if err != nil {
				p := problemOf(err, c.RequestID)
				return p.StatusCode, mustJSON(p)
			}
			status, body := c.rendered(withoutSecrets(show(result)))
			return status, body
		},
	}
	return c.api.Service.Begin(c.r.Context(), c.Call)
}

// keyed reports whether the call has an idempotency key.
func (c *call) keyed() bool {
	_, sent := c.r.Header["Idempotency-Key"]
	return sent && c.r.Method != http.MethodGet && c.r.Method != http.MethodHead
}

// withoutSecrets takes out of an answer what is shown once.
func withoutSecrets(answer any) any {
	if s, ok := answer.(interface{ withoutSecret() any }); ok {
		return s.withoutSecret()
	}
	return answer
}

// rendered returns the status and the body of an answer that is JSON.
func (c *call) rendered(answer any) (status int, body []byte) {
	status = c.route.status
	if status == 0 {
		status = http.StatusOK
	}
	if _, nothing := answer.(none); nothing {
		return http.StatusNoContent, nil
	}
	return status, mustJSON(answer)
}

// handle takes a request through its route.
func (a *api) handle(r *route, w http.ResponseWriter, req *http.Request) {
	c := &call{api: a, route: r, w: w, r: req}
	c.RequestID = w.Header().Get(requestIDHeader)
	answer, err := c.answer()
	if replay, ok := errors.AsType[*porting.Replayed](err); ok {
		w.Header().Set("Idempotent-Replayed", "true")
		c.send(replay.Status, replay.Body)
		return
	}
	if err != nil {
		a.refuse(w, err)
		return
	}
	if v, ok := answer.(interface{ etag() int64 }); ok {
		w.Header().Set("ETag", fmt.Sprintf(`"%d"`, v.etag()))
	}
	for _, h := range r.headers {
		w.Header().Set(h.name, h.value)
	}
	if f, ok := answer.(content); ok {
		c.sendContent(f)
		return
	}
	c.send(c.rendered(answer))
}

func (c *call) send(status int, body []byte) {
	if status == http.StatusNoContent {
		c.w.WriteHeader(status)
		return
	}
	send(c.w, status, body)
}

func (c *call) sendContent(f content) {
	h := c.w.Header()
	h.Set("Content-Type", f.mediaType)
	h.Set("Content-Length", fmt.Sprint(len(f.data)))
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	if f.name != "" {
		h.Set("Content-Disposition", f.name)
	}
	c.w.WriteHeader(http.StatusOK)
	// The caller may have gone; nothing can be done about it here.
	_, _ = c.w.Write(f.data)
}

// answer checks who calls, then whether they may, then what they ask for: in
// this order, so that nobody learns what is there without being let in.
func (c *call) answer() (any, error) {
	if !c.route.open {
		err := c.admit()
		if err != nil {
			return nil, err
		}
	}
	err := c.readPath()
	if err != nil {
		return nil, err
	}
	err = c.checkQuery()
	if err != nil {
		return nil, err
	}
	err = c.readIfMatch()
	if err != nil {
		return nil, err
	}
	return c.route.run(c)
}

// admit authenticates the caller and checks the scope.
func (c *call) admit() error {
	username, token, ok := c.r.BasicAuth()
	if !ok {
		return fault.New(fault.Unauthenticated, fault.CodeUnauthenticated, "the call needs HTTP Basic with a user name and its token")
	}
	var err error
	c.Principal, err = c.api.Service.Authenticate(c.r.Context(), username, token)
	if err != nil {
		return err
	}
	if c.route.scope != "" && !c.Principal.Has(c.route.scope) {
		return fault.New(fault.Forbidden, fault.CodeScope, "the token does not have the scope %s", c.route.scope)
	}
	return nil
}

// readPath reads the ids of the path. What is no id, and another account, is
// not found.
func (c *call) readPath() error {
	c.ids = map[string]int64{}
	for _, name := range wildcards(c.r.Pattern) {
		if !strings.HasSuffix(name, "_id") {
			continue
		}
		id, ok := parseID(c.r.PathValue(name))
		if !ok {
			return fault.Missing()
		}
		c.ids[name] = id
	}
	if id, ok := c.ids["account_id"]; ok && id != c.Principal.AccountID {
		return fault.Missing()
	}
	return nil
}

// wildcards lists the names of a pattern's variable parts.
func wildcards(pattern string) []string {
	var names []string
	for part := range strings.SplitSeq(pattern, "/") {
		name, ok := strings.CutPrefix(part, "{")
		if ok {
			names = append(names, strings.TrimSuffix(name, "}"))
		}
	}
	return names
}

// parseID reads an id: a positive integer, written in one way only.
func parseID(s string) (int64, bool) {
	id, err := strconv.ParseInt(s, 10, 64)
	return id, err == nil && id > 0 && strconv.FormatInt(id, 10) == s
}

func (c *call) order() int64  { return c.ids["portin_process_id"] }
func (c *call) upload() int64 { return c.ids["upload_id"] }

// checkQuery refuses parameters that the call does not know: a mistyped filter
// would show more than was asked for.
func (c *call) checkQuery() error {
	var faults []fault.Field
	for name, values := range c.r.URL.Query() {
		known := false
		for _, p := range c.route.query {
			known = known || p.name == name
		}
		switch {
		case !known && !c.route.fixed:
			faults = append(faults, unknown(name, paramNames(c.route.query)))
		case known && len(values) > 1:
			faults = append(faults, fault.Field{Field: name, Code: fault.CodeTooMany, Message: name + " stands more than once"})
		case known && strings.ContainsRune(values[0], 0):
			faults = append(faults, fault.Field{Field: name, Code: fault.CodeInvalidValue, Message: name + " holds a NUL"})
		}
	}
	return fault.Fields(faults)
}

func paramNames(params []param) []string {
	var names []string
	for _, p := range params {
		names = append(names, p.name)
	}
	return names
}

// flag reads a query parameter that is yes or no.
func (c *call) flag(name string) (bool, error) {
	values, sent := c.r.URL.Query()[name]
	if !sent {
		return false, nil
	}
	switch values[0] {
	case "true", "1":
		return true, nil
	case "false", "0":
		return false, nil
	}
	return false, fault.OneField(name, fault.CodeInvalidValue, "", "%s takes true or false", name)
}

// count reads a query parameter that is a whole number from low to high.
func (c *call) count(name string, low, high, otherwise int) (int, error) {
	text := c.r.URL.Query().Get(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high {
		return 0, fault.OneField(name, fault.CodeInvalidValue, "", "%s takes a whole number from %d to %d", name, low, high)
	}
	return n, nil
}

// readIfMatch reads the version that the caller has read of the order.
func (c *call) readIfMatch() error {
	text := c.r.Header.Get("If-Match")
	if text == "" || text == "*" {
		return nil
	}
	version, ok := parseID(strings.Trim(strings.TrimPrefix(text, "W/"), `"`))
	if !ok {
		return fault.OneField("If-Match", fault.CodeInvalidValue, "", "If-Match takes the version of the order, as its ETag has it")
	}
	c.Version = version
	return nil
}

// has takes the version that stands in a body, 0 when there is none.
func (c *call) has(version int64) error {
	switch {
	case version == 0:
		return nil
	case version < 0:
		return fault.OneField("version", fault.CodeInvalidValue, "", "version takes that of the order")
	case c.Version != 0 && c.Version != version:
		return fault.OneField("version", fault.CodeInvalidValue, "", "the version in the body is not that of If-Match")
	}
	c.Version = version
	return nil
}
