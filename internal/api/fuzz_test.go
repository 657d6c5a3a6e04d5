package api_test

import (
	"net/http"
	"strings"
	"testing"
)

// FuzzBody sends any body to any call that takes JSON. Whatever it is, the
// answer is one that the document describes (the transport checks that), it is
// no fault of ours, and a call that is refused has changed nothing.
func FuzzBody(f *testing.F) {
	paths := []string{"/inbound/port-in/upload/text", "/confirm", "/split", "/tag", "/comments", "/cancel", "/account/10001/port-in/check", "/account/10001/uploads/1/confirm", "/account/10001/tokens"}
	for i := range paths {
		for _, body := range []string{
			`{}`, `{"dids": ["9195550101"]}`, `{"dids": [9195550101, 9.1955501e9, "9195550101-9195550199", null, [], {}]}`, `{"a":1,"a":2}`, `[]`, `null`, `"x"`, ``, `{`, "\xff", `{"\ud800": 1}`,
			`{"order": {"pin": "••••"}}`, `{"pin": null, "tns": [{"did": "9195550101", "remove": true}]}`, `{"requested_foc_date": "2026-12-01T25:00:00Z", "version": 1e99, "expected_total": 1e-9}`,
			`{"tag": "x", "note": "x"}`, `{"tag": "\u0000"}`, `{"comment": "x"}`, `{"reason": "x", "version": -1}`, `{"overrides": {"1": {"pin": 7}}}`, `{"scopes": ["port:read"], "expires": "2027-01-01T00:00:00Z"}`,
			`{"account_number": "1", "zip": "27601"}`, `{"lines_on_account": 1e3, "special_features": ["x"], "remaining_numbers": ["9195550102"]}`,
		} {
			f.Add(uint8(i), body)
		}
	}
	h := open(f)
	id := h.upload("9195550101", "9195550103")[0]
	f.Fuzz(func(t *testing.T, which uint8, body string) {
		path := paths[int(which)%len(paths)]
		if strings.Count(path, "/") == 1 {
			path = orderPath(id, path)
		}
		h := &house{t: t, url: h.url, http: h.http, users: h.users, log: h.log}
		before := h.order(id)
		a, err := h.do(h.request("clerk", "POST", path, http.Header{"Content-Type": {"application/json"}}, strings.NewReader(body)))
		if err != nil {
			t.Fatal(err)
		}
		if a.Status >= 500 {
			t.Fatalf("%s %q = %d %s\n%s", path, body, a.Status, a.Body, h.log.String())
		}
		if after := h.order(id); a.Status >= 400 && after.Version != before.Version {
			t.Fatalf("%s %q = %d, and the order has changed", path, body, a.Status)
		}
	})
}
