package api

import (
	"crypto/sha256"
	"io"
	"mime"
	"mime/multipart"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/sheet"
)

const csvType = "text/csv; charset=utf-8"

// sheetMax is how large a CSV of the desk may be, in bytes.
const sheetMax = 64 << 20

// sheetBody describes a CSV: as the part file of a form, or as the body itself.
func sheetBody(doc string) func(huma.Registry) *huma.RequestBody {
	return func(r huma.Registry) *huma.RequestBody {
		b := formBody(doc)(r)
		b.Content["text/csv"] = &huma.MediaType{Schema: binary(doc)}
		return b
	}
}

// readSheet reads a CSV. All that is wrong with it comes at once, by its lines.
func readSheet[T any](doc string, read func(io.Reader) (T, sheet.Report, error)) reader[sheetIn[T]] {
	return reader[sheetIn[T]]{input: input{body: sheetBody(doc)}, from: func(c *call) (sheetIn[T], error) {
		var in sheetIn[T]
		sum := sha256.New()
		take := func(r io.Reader) error {
			var report sheet.Report
			var err error
			in.v, report, err = read(io.TeeReader(r, sum))
			if err != nil {
				return err
			}
			in.notes = report.Notes
			_, err = io.Copy(sum, r)
			return err
		}
		mediaType, _, _ := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
		var err error
		switch mediaType {
		case "multipart/form-data":
			_, err = c.form(sheetMax+formOverhead, func(p *multipart.Part) error { return take(p) })
		case "text/csv", "text/plain", "application/octet-stream":
			err = take(http.MaxBytesReader(c.w, c.r.Body, sheetMax))
		default:
			err = &fault.Error{Kind: fault.Unsupported, Code: fault.CodeMediaType, Message: "the call takes a CSV", Hint: "send it with Content-Type: text/csv, or as the part file of a form"}
		}
		c.canon = append(c.canon, sum.Sum(nil))
		return in, err
	}}
}

// sheetIn is what a CSV holds, and what is odd about it.
type sheetIn[T any] struct {
	v     T
	notes []sheet.Note
}

// noted is what a CSV has done, with what is odd about it.
type noted[T any] struct {
	done  T
	notes []sheet.Note
}

// changesShown is how many rows of a change are shown of each kind.
const changesShown = 100
