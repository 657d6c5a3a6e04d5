// Package nanp reads, writes and classifies telephone numbers of the North
// American Numbering Plan (country code 1: NXX NXX XXXX, N from 2 to 9).
//
// It knows the form of numbers and the meaning of special codes
// (lnp-rules §3.1); which area codes are in service, and where, is data of
// package numbering.
package nanp

import (
	"fmt"
	"strconv"
)

// Number is a telephone number of ten digits without its country code, as an
// integer: 9198002000. The zero Number is none.
type Number uint64

// NPA returns the area code, 919 of 9198002000.
func (n Number) NPA() int { return int(n / 1e7) }

// NXX returns the central-office code, 800 of 9198002000.
func (n Number) NXX() int { return int(n / 1e4 % 1e3) }

// Line returns the last four digits, 2000 of 9198002000.
func (n Number) Line() int { return int(n % 1e4) }

// String returns the ten digits, or "" of the zero Number.
func (n Number) String() string {
	if n == 0 {
		return ""
	}
	return strconv.FormatUint(uint64(n), 10)
}

// Written returns the number as people write it, (919) 800-2000, or "" of the
// zero Number.
func (n Number) Written() string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("(%03d) %03d-%04d", n.NPA(), n.NXX(), n.Line())
}
