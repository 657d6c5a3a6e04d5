package store_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portin/portin/internal/account"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/porting"
	"github.com/portin/portin/internal/seal"
)

// canaries makes texts that stand nowhere but where a test has put them.
type canaries []string

func (c *canaries) lay(what string) string {
	text := fmt.Sprintf("Kanari%02dvogel-%s", len(*c), what)
	*c = append(*c, text)
	return text
}

// disguises are the ways in which a text can be written and still be read: as
// it is, in hexadecimal, in base64 wherever it begins in it.
func disguises(text string) [][]byte {
	out := [][]byte{[]byte(text), []byte(hex.EncodeToString([]byte(text)))}
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for shift := range 3 {
			inside := encoding.EncodeToString(append(make([]byte, shift), text...))
			out = append(out, []byte(inside[4:len(inside)-4]))
		}
	}
	for i := range out {
		out[i] = bytes.ToLower(out[i])
	}
	return out
}

// seen returns those of the canaries that can be read in what is stored.
func (c canaries) seen(stored []byte) []string {
	var out []string
	stored = bytes.ToLower(stored)
	for _, text := range c {
		if slices.ContainsFunc(disguises(text), func(d []byte) bool { return bytes.Contains(stored, d) }) {
			out = append(out, text)
		}
	}
	return out
}

// tables are all tables of the database, the job queue's too.
func (h *house) tables() []string {
	h.t.Helper()
	query := `SELECT name FROM sqlite_master WHERE type = 'table'`
	if h.postgres() {
		query = `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`
	}
	var out []string
	for _, row := range h.ask(query) {
		out = append(out, fmt.Sprintf("%s", row[0]))
	}
	if len(out) < 20 {
		h.t.Fatalf("only %d tables", len(out))
	}
	return out
}

// stored is everything that the database holds: every column of every table,
// and on SQLite the bytes of its files.
func (h *house) stored() []byte {
	h.t.Helper()
	var out []byte
	for _, table := range h.tables() {
		for _, row := range h.ask(`SELECT * FROM ` + table) {
			for _, v := range row {
				switch v := v.(type) {
				case []byte:
					out = append(out, v...)
				default:
					out = fmt.Append(out, v)
				}
				out = append(out, '\n')
			}
		}
	}
	if h.postgres() {
		return out
	}
	for _, end := range []string{"", "-wal"} {
		file, err := os.ReadFile(h.config.SQLitePath + end)
		if err != nil {
			h.t.Fatal(err)
		}
		out = append(out, file...)
	}
	return out
}

func TestWhatIsPersonalIsNotReadableAtRest(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		var secret, plain canaries
		acct := h.account()
		o := h.order(acct, 9198002000, 9198002001)
		fields, own := map[string]any{}, map[string]any{}
		for _, f := range lnp.Fields {
			fields[f.Name] = secret.lay(f.Name)
		}
		for _, f := range lnp.NumberFields {
			own[f.Name] = secret.lay(f.Name + "-of-a-number")
		}
		extra, err := json.Marshal(map[string]string{"deep": secret.lay("extra")})
		if err != nil {
			t.Fatal(err)
		}
		o.Confirmation = order.Confirmation{
			Fields: fields, Numbers: map[nanp.Number]map[string]any{9198002000: own},
			Extra: map[string]json.RawMessage{"unknown_field": extra, secret.lay("name-of-extra"): extra},
		}
		o.Reject = &order.Rejection{
			Message: secret.lay("reject"), CarrierText: secret.lay("carrier-text"), CarrierCode: secret.lay("carrier-code"),
			Fix: secret.lay("fix"), Fields: []string{secret.lay("field")}, At: noon,
		}
		o.CancelReason = secret.lay("cancel-reason")
		o.Reference = plain.lay("reference")
		tokenText, keyID, hash := account.Mint(false)
		secret = append(secret, tokenText, tokenText[len("pk_live_")+len(keyID):])
		listed := list(9198002009)
		listed[0].Message = secret.lay("message-of-a-new-number")
		h.do(func(tx porting.Tx) error {
			_, errTag := tx.AddTag(o.ID, secret.lay("tag"), noon)
			second := draft(acct, o.UploadID, 1)
			second.Confirmation = order.Confirmation{Fields: map[string]any{"pin": secret.lay("pin-of-a-draft")}}
			return errors.Join(
				errTag,
				tx.SaveOrder(o),
				tx.InsertOrder(&second, listed),
				tx.SetNumbers(o.ID, order.NumberRejected, secret.lay("message"), []nanp.Number{9198002000}),
				tx.AddComment(&order.Comment{OrderID: o.ID, Text: secret.lay("comment"), At: noon}),
				tx.InsertFile(&order.File{UID: seal.NewUID(), OrderID: o.ID, Name: secret.lay("file.pdf"), Uploaded: noon}),
				tx.SaveAnswer(acct, secret.lay("idempotency-key"), porting.Answer{Body: []byte(`{"name": "` + secret.lay("answer") + `"}`), At: wall}),
				tx.InsertToken(&account.Token{AccountID: acct, KeyID: keyID, Hash: hash, Name: plain.lay("token"), Created: noon}),
				queue(tx, dueOf(o, order.DueSend, noon), wall.Add(time.Minute)),
			)
		})
		// What is written again, and what is deleted, leaves nothing behind either.
		o.Confirmation.Fields = maps.Clone(fields)
		o.Confirmation.Fields["pin"] = secret.lay("another-pin")
		gone := h.order(acct, 9198002005)
		gone.CancelReason = secret.lay("reason-of-a-deleted-order")
		h.do(func(tx porting.Tx) error { return errors.Join(tx.SaveOrder(o), tx.SaveOrder(gone)) })
		h.do(func(tx porting.Tx) error { return tx.DeleteOrder(gone) })

		stored := h.stored()
		if seen := secret.seen(stored); len(seen) > 0 {
			t.Errorf("readable at rest: %q", seen)
		}
		same(t, "what may be read, and shows that the search finds", plain.seen(stored), []string(plain))
		if !h.postgres() {
			err = h.Close() // which moves what is in the WAL
			if err != nil {
				t.Fatal(err)
			}
			file, err := os.ReadFile(h.config.SQLitePath)
			if err != nil {
				t.Fatal(err)
			}
			if seen := secret.seen(file); len(seen) > 0 || len(plain.seen(file)) != len(plain) {
				t.Errorf("readable in the file: %q", seen)
			}
		}
	})
}

func TestDisguisesAreSeenThrough(t *testing.T) {
	t.Parallel()
	var c canaries
	text := c.lay("pin")
	for name, stored := range map[string]string{
		"plain":       text,
		"upper case":  strings.ToUpper(text),
		"hexadecimal": hex.EncodeToString([]byte("x" + text)),
		"base64":      base64.StdEncoding.EncodeToString([]byte(text)),
		"base64 + 1":  base64.StdEncoding.EncodeToString([]byte(`{` + text + `"}`)),
		"base64 + 2":  base64.URLEncoding.EncodeToString([]byte(`{"` + text + `"}`)),
	} {
		if len(c.seen([]byte("before"+stored+"after"))) != 1 {
			t.Errorf("%s: not seen", name)
		}
	}
	if len(c.seen([]byte("Kanari01vogel-pin"))) != 0 {
		t.Error("another canary is taken for this one")
	}
}

// sealedRows are two rows with something in a sealed column: in which column
// they differ, what stands there, and how they are read.
type sealedRows struct {
	key  string
	rows [2]int64
	read func(tx porting.Tx, row int64) error
}

// failing leaves only the error of a read.
func failing[T any](read func(tx porting.Tx, row int64) (T, error)) func(tx porting.Tx, row int64) error {
	return func(tx porting.Tx, row int64) error {
		_, err := read(tx, row)
		return err
	}
}

// sealedRows writes two rows for every sealed column.
func (h *house) sealedRows() map[string]sealedRows {
	h.t.Helper()
	var orders, accounts [2]int64
	for i := range orders {
		accounts[i] = h.account()
		o := h.order(accounts[i], nanp.Number(9198002000+i))
		o.CancelReason, o.Reject = "reason", &order.Rejection{Message: "no", At: noon}
		o.Confirmation.Fields = map[string]any{"pin": "1234"}
		orders[i] = o.ID
		h.do(func(tx porting.Tx) error {
			_, err := tx.AddTag(o.ID, "vip", noon)
			return errors.Join(err,
				tx.SaveOrder(o),
				tx.SetNumbers(o.ID, order.NumberRejected, "message", nil),
				tx.AddComment(&order.Comment{OrderID: o.ID, Text: "text", At: noon}),
				tx.InsertFile(&order.File{UID: seal.NewUID(), OrderID: o.ID, Name: "letter.pdf", Uploaded: noon}),
				tx.SaveAnswer(accounts[i], "key", answerOf("body")))
		})
	}
	return map[string]sealedRows{
		"port_order.confirmation_sealed":  {"id", orders, failing(porting.Tx.AnyOrder)},
		"port_order.reject_sealed":        {"id", orders, failing(porting.Tx.AnyOrder)},
		"port_order.cancel_reason_sealed": {"id", orders, failing(porting.Tx.AnyOrder)},
		"order_number.message_sealed":     {"order_id", orders, failing(porting.Tx.Numbers)},
		"tag.text_sealed":                 {"order_id", orders, failing(porting.Tx.Tags)},
		"comment.text_sealed":             {"order_id", orders, failing(porting.Tx.Comments)},
		"file.name_sealed":                {"order_id", orders, failing(porting.Tx.Files)},
		"answer.body_sealed": {"account_id", accounts, failing(func(tx porting.Tx, row int64) (*porting.Answer, error) {
			return tx.Answer(row, "key")
		})},
	}
}

// reading is what comes of reading a row.
func (h *house) reading(c sealedRows, row int64) error {
	return h.Porting().View(context.Background(), func(tx porting.Tx) error { return c.read(tx, row) })
}

func TestASealedValueOpensInItsOwnRowOnly(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		cases := h.sealedRows()
		var columns []string
		for _, line := range h.schema() {
			column, _, ok := strings.Cut(strings.TrimPrefix(line, "column "), " BLOB")
			if ok && strings.HasSuffix(column, "_sealed") {
				columns = append(columns, column)
			}
		}
		same(t, "the columns that are sealed", columns, slices.Sorted(maps.Keys(cases)))
		for name, c := range cases {
			table, column, _ := strings.Cut(name, ".")
			from, to := c.rows[0], c.rows[1]
			keep := h.ask(fmt.Sprintf(`SELECT %s FROM %s WHERE %s = %d`, column, table, c.key, to))[0][0].([]byte)
			wantErr(t, name+" before", h.reading(c, to), nil)
			h.must(fmt.Sprintf(`UPDATE %[1]s SET %[2]s = (SELECT %[2]s FROM %[1]s WHERE %[3]s = %[4]d) WHERE %[3]s = %[5]d`, table, column, c.key, from, to))
			wantErr(t, name+" from another row", h.reading(c, to), seal.ErrTampered)
			wantErr(t, name+" where it belongs", h.reading(c, from), nil)
			literal := `x'` + hex.EncodeToString(keep) + `'`
			if h.postgres() {
				literal = `'\x` + hex.EncodeToString(keep) + `'`
			}
			h.must(fmt.Sprintf(`UPDATE %s SET %s = %s WHERE %s = %d`, table, column, literal, c.key, to))
			wantErr(t, name+" put back", h.reading(c, to), nil)
		}
		h.must(`UPDATE port_order SET reject_sealed = cancel_reason_sealed`)
		wantErr(t, "another column's", h.reading(cases["port_order.reject_sealed"], cases["port_order.reject_sealed"].rows[0]), seal.ErrTampered)
	})
}

func TestKeysAreRotated(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		oldKey, newKey := seal.Generate(), seal.Generate()
		ringOf := func(keys ...seal.Key) *house {
			c := h.config
			var err error
			c.Ring, err = seal.New(keys...)
			if err != nil {
				t.Fatal(err)
			}
			return open(t, c)
		}
		before := ringOf(oldKey)
		cases := before.sealedRows()
		after := ringOf(newKey, oldKey)
		for name, c := range cases {
			wantErr(t, name+" after the rotation", after.reading(c, c.rows[0]), nil)
		}
		orderID := cases["tag.text_sealed"].rows[0]
		after.do(func(tx porting.Tx) error {
			added, err := tx.AddTag(orderID, "vip", noon)
			if added {
				t.Error("a tag is not recognised after the rotation")
			}
			return err
		})
		// What is written now is sealed with the new key alone.
		after.do(func(tx porting.Tx) error {
			o, err := tx.AnyOrder(orderID)
			if err != nil {
				return err
			}
			return tx.SaveOrder(o)
		})
		c := cases["port_order.confirmation_sealed"]
		wantErr(t, "with the new key alone", ringOf(newKey).reading(c, c.rows[0]), nil)
		wantErr(t, "with the old key alone", before.reading(c, c.rows[0]), seal.ErrUnknownKey)
		wantErr(t, "what is not written yet, with the new key alone", ringOf(newKey).reading(c, c.rows[1]), seal.ErrUnknownKey)
	})
}
