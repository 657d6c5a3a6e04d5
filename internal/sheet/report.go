package sheet

import (
	"fmt"

	"github.com/portin/portin/internal/fault"
)

// Mistake is what must be mended before anything of a file is taken.
type Mistake struct {
	Line    int        `json:"line"`             // of the file, from 1, in which the row begins
	Column  string     `json:"column,omitempty"` // "": the row as a whole
	Code    fault.Code `json:"code"`
	Message string     `json:"message"`
	Fix     string     `json:"fix"`
}

// Field returns the mistake as the fault of a field, "line 12, state".
func (m Mistake) Field() fault.Field {
	at := fmt.Sprintf("line %d", m.Line)
	if m.Column != "" {
		at += ", " + m.Column
	}
	return fault.Field{Field: at, Code: m.Code, Message: m.Message, Hint: m.Fix}
}

// Note is what is odd about rows of a file, and no mistake.
type Note struct {
	Line    int    `json:"line"`  // of the first of them
	Count   int    `json:"count"` // how many there are
	Message string `json:"message"`
}

// Report is what was found in a file.
type Report struct {
	Rows     int       `json:"rows"` // below the header, with something in them
	Mistakes []Mistake `json:"mistakes,omitempty"`
	More     int       `json:"more_mistakes,omitempty"` // how many there are beyond those in Mistakes
	Notes    []Note    `json:"notes,omitempty"`
}

// mistakesMax is how many mistakes of a file are told.
const mistakesMax = 1000

func (r *Report) add(m Mistake) {
	if len(r.Mistakes) == mistakesMax {
		r.More++
		return
	}
	r.Mistakes = append(r.Mistakes, m)
}

// Err returns an Invalid with the mistakes, nil when there are none.
func (r Report) Err() error {
	if len(r.Mistakes) == 0 {
		return nil
	}
	var fields []fault.Field
	for _, m := range r.Mistakes {
		fields = append(fields, m.Field())
	}
	e := &fault.Error{Kind: fault.Invalid, Message: "1 mistake in the file; nothing of it was taken", Fields: fields}
	if n := len(fields) + r.More; n > 1 {
		e.Message = fmt.Sprintf("%d mistakes in the file; nothing of it was taken", n)
	}
	if r.More > 0 {
		e.Message += fmt.Sprintf("; the first %d are told", len(fields))
	}
	return e
}
