package api

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/portin/portin/internal/account"
	"github.com/portin/portin/internal/bizday"
	"github.com/portin/portin/internal/document"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/porting"
)

const scopePII = account.PII

// fileBody is a document of an order.
type fileBody struct {
	ID           int64            `json:"id"`
	Kind         lnp.DocumentKind `json:"type"`
	Name         string           `json:"name"`
	ContentType  string           `json:"content_type" doc:"By its content"`
	Size         int64            `json:"size" doc:"In bytes"`
	SHA256       string           `json:"sha256"`
	Current      bool             `json:"current" doc:"Counts towards what the carrier asks for; the others are history"`
	Warnings     []string         `json:"warnings"`
	DocumentDate *bizday.Date     `json:"document_date"`
	Uploaded     instant          `json:"uploaded"`
	Replaced     maybe            `json:"replaced"`
	Removed      maybe            `json:"removed"`
}

// filesOf shows documents. Their names tell of the subscriber as a rule.
func (c *call) filesOf(files []order.File) []fileBody {
	named := c.Principal.Has(account.Files) || c.Principal.Has(account.PII)
	out := make([]fileBody, len(files))
	for i, f := range files {
		out[i] = fileBody{
			ID: f.ID, Kind: f.Kind, Name: f.Name, ContentType: f.ContentType, Size: f.Size, SHA256: hex.EncodeToString(f.SHA256[:]),
			Current: f.Current(), Warnings: list(f.Warnings), DocumentDate: maybeDate(f.DocumentDate),
			Uploaded: instant(f.Uploaded), Replaced: maybe(f.Replaced), Removed: maybe(f.Removed),
		}
		if !named {
			out[i].Name = lnp.MaskSign
		}
	}
	return out
}

// filesBody lists an order's documents with their history, the oldest first.
type filesBody struct {
	Files []fileBody `json:"files"`
}

func showFiles(c *call, files []order.File) filesBody { return filesBody{c.filesOf(files)} }

func doFiles(c *call, _ none) ([]order.File, error) {
	return c.api.Service.Files(c.r.Context(), c.Call, c.order())
}

// readDocument reads a document: the part file of a form, or the body itself.
func readDocument() reader[porting.AttachIn] {
	return reader[porting.AttachIn]{input: input{body: documentBody}, from: func(c *call) (porting.AttachIn, error) {
		in := porting.AttachIn{Kind: lnp.DocumentKind(c.r.PathValue("type"))}
		if !knownKind(in.Kind) {
			return in, fault.OneField("type", fault.CodeDocumentKind, "", "the types are loa, bill, csr and other")
		}
		date := c.r.URL.Query().Get("document_date")
		mediaType, _, _ := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
		if mediaType == "multipart/form-data" {
			fields, err := c.form(document.MaxBytes+formOverhead, func(p *multipart.Part) error {
				var err error
				in.Name, in.ContentType = p.FileName(), p.Header.Get("Content-Type")
				in.Data, err = io.ReadAll(io.LimitReader(p, document.MaxBytes+1))
				if err != nil {
					return brokenForm(err)
				}
				return nil
			})
			if err != nil {
				return in, err
			}
			if fields["document_date"] != "" {
				date = fields["document_date"]
			}
		} else {
			err := c.readRaw(&in, mediaType)
			if err != nil {
				return in, err
			}
		}
		if date != "" {
			d, err := bizday.ParseDate(date)
			if err != nil {
				return in, fault.OneField("document_date", fault.CodeInvalidValue, "", "document_date takes a date like 2026-12-01")
			}
			in.DocumentDate = d
		}
		sum := sha256.Sum256(in.Data)
		c.canon = append(c.canon, sum[:], []byte(in.Name), []byte(date))
		return in, nil
	}}
}

// readRaw reads a document that is the body itself. Its name stands in
// Content-Disposition, if anywhere.
func (c *call) readRaw(in *porting.AttachIn, mediaType string) error {
	if mediaType == "" || mediaType == "application/json" || mediaType == "application/x-www-form-urlencoded" {
		return &fault.Error{Kind: fault.Unsupported, Code: fault.CodeMediaType, Message: "the call takes a form or a document", Hint: "send multipart/form-data with the part file, or the document with its own Content-Type"}
	}
	data, err := c.body(document.MaxBytes + 1)
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); !ok {
			return err
		}
		return fault.New(fault.TooLarge, fault.CodeDocumentTooLarge, "a document has %d bytes at most", document.MaxBytes)
	}
	in.Data, in.ContentType = data, mediaType
	_, params, err := mime.ParseMediaType(c.r.Header.Get("Content-Disposition"))
	if err == nil {
		in.Name = params["filename"]
	}
	return nil
}

func knownKind(k lnp.DocumentKind) bool {
	for _, known := range lnp.DocumentKinds {
		if k == known {
			return true
		}
	}
	return false
}

func doAttach(c *call, in porting.AttachIn) ([]order.File, error) {
	return c.api.Service.Attach(c.r.Context(), c.Call, c.order(), in)
}

type fileOut struct {
	file order.File
	data []byte
}

func doFile(c *call, _ none) (fileOut, error) {
	f, data, err := c.api.Service.File(c.r.Context(), c.Call, c.order(), c.ids["file_id"])
	return fileOut{f, data}, err
}

func showFile(_ *call, f fileOut) content {
	return content{mediaType: f.file.ContentType, name: document.Disposition(f.file.Name), data: f.data}
}

func doRemoveFile(c *call, _ none) ([]order.File, error) {
	return c.api.Service.RemoveFile(c.r.Context(), c.Call, c.order(), c.ids["file_id"])
}

func doLOA(c *call, _ none) ([]byte, error) {
	return c.api.Service.LOA(c.r.Context(), c.Call, c.order())
}

func showLOA(c *call, pdf []byte) content {
	return content{mediaType: "application/pdf", name: document.Disposition("loa-" + c.r.PathValue("portin_process_id") + ".pdf"), data: pdf}
}

// documentBody describes the upload of a document.
func documentBody(r huma.Registry) *huma.RequestBody {
	b := formBody("The document: PDF, PNG, JPEG or TIFF", "document_date")(r)
	for _, t := range []string{"application/pdf", "image/png", "image/jpeg", "image/tiff"} {
		b.Content[t] = &huma.MediaType{Schema: binary("")}
	}
	return b
}
