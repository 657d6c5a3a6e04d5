package refdata

import (
	"bytes"
	"compress/flate"
	"encoding/gob"
	"errors"
)

// Pack writes a file's content for a Shelf.
func (c *Content) Pack() ([]byte, error) {
	packed := *c
	packed.Codes, packed.Blocks = differences(c.Codes), differences(c.Blocks)
	var b bytes.Buffer
	z, err := flate.NewWriter(&b, flate.BestSpeed)
	if err != nil {
		return nil, err
	}
	err = errors.Join(gob.NewEncoder(z).Encode(packed), z.Close())
	return b.Bytes(), err
}

// Unpack reads what Pack wrote.
func (c *Content) Unpack(b []byte) error {
	err := gob.NewDecoder(flate.NewReader(bytes.NewReader(b))).Decode(c)
	sum(c.Codes)
	sum(c.Blocks)
	return err
}

// differences returns by how much each value differs from the one before. Codes
// and blocks stand in order in their reports, so that these are small and alike.
func differences(values []uint32) []uint32 {
	out := make([]uint32, len(values))
	last := uint32(0)
	for i, v := range values {
		out[i], last = v-last, v
	}
	return out
}

// sum undoes differences, in place.
func sum(values []uint32) {
	last := uint32(0)
	for i, d := range values {
		last += d
		values[i] = last
	}
}
