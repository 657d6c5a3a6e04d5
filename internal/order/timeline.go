package order

import (
	"time"

	"github.com/portin/portin/internal/bizday"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/seal"
)

// Entry is one line of an order's timeline. Public entries are numbered
// without gaps and are what webhooks tell; the others (notes, edits, files,
// what was sent to a carrier) are merged into the events call.
type Entry struct {
	ID       int64 // grows over all orders
	OrderID  int64
	Sequence int64 // 0: not public
	At       time.Time
	Type     EntryType
	By       string // "customer:username", "carrier", "portin", ...
	Data     map[string]any
}

// EntryType names what happened.
type EntryType string

// Public types (api.md, Webhooks).
const (
	EntryCreated       EntryType = "port_in.created"
	EntrySubmitted     EntryType = "port_in.submitted"
	EntryPending       EntryType = "port_in.pending"
	EntryRejected      EntryType = "port_in.rejected"
	EntryFOCSet        EntryType = "port_in.foc_set"
	EntryFOCChanged    EntryType = "port_in.foc_changed"
	EntryUpdated       EntryType = "port_in.updated"
	EntryActivating    EntryType = "port_in.activating"
	EntryNumberPorted  EntryType = "port_in.number_ported"
	EntryNumberFailed  EntryType = "port_in.number_failed"
	EntryCompleted     EntryType = "port_in.completed"
	EntryCancelPending EntryType = "port_in.cancel_pending"
	EntryCanceled      EntryType = "port_in.canceled"
	EntryExpired       EntryType = "port_in.expired"
	EntryDeleted       EntryType = "port_in.deleted"
	EntryCommentAdded  EntryType = "port_in.comment_added"
)

// Types that stay on the timeline.
const (
	EntryNote       EntryType = "note"
	EntryFile       EntryType = "file_added"
	EntryFileGone   EntryType = "file_removed"
	EntrySent       EntryType = "carrier_sent"
	EntryLate       EntryType = "carrier_late" // an answer that no longer fits
	EntrySendFailed EntryType = "carrier_send_failed"
	EntryHeldBack   EntryType = "carrier_day_full" // the carrier takes no more numbers today
)

// entered is the public event of reaching a status.
var entered = map[Status]EntryType{
	Created:       EntryCreated,
	Submitted:     EntrySubmitted,
	Pending:       EntryPending,
	Rejected:      EntryRejected,
	FOC:           EntryFOCSet,
	Activating:    EntryActivating,
	Completed:     EntryCompleted,
	CancelPending: EntryCancelPending,
	Canceled:      EntryCanceled,
	Expired:       EntryExpired,
}

// Entered returns the public event of reaching the status.
func (s Status) Entered() EntryType { return entered[s] }

// File is a document of an order. A file that another replaced, or that was
// taken away, stays in the history.
type File struct {
	ID           int64
	UID          seal.UID // binds the encrypted content and name to the row
	OrderID      int64
	Kind         lnp.DocumentKind
	Name         string // as uploaded, cleaned
	ContentType  string
	Size         int64
	SHA256       [32]byte
	BlobKey      string
	Warnings     []string
	DocumentDate bizday.Date // zero: not said
	Uploaded     time.Time
	Replaced     time.Time // zero while it is the current one of its kind
	Removed      time.Time // zero while it is there
}

// Current reports whether the file counts towards what a carrier requires.
func (f File) Current() bool { return f.Replaced.IsZero() && f.Removed.IsZero() }

// Comment is a message between the customer and the porting desk.
type Comment struct {
	ID      int64
	OrderID int64
	By      string
	Text    string
	At      time.Time
}

// Due is something that must happen to an order at a business time. There is
// one of each kind at most.
type Due struct {
	OrderID int64
	Kind    DueKind
	At      time.Time
	Reason  string
}

// DueKind says what must happen.
type DueKind string

const (
	DueSend   DueKind = "send"   // hand the stored request to the carrier
	DuePoll   DueKind = "poll"   // ask the carrier for its answers
	DueExpire DueKind = "expire" // the draft or the unanswered reject has run out of time
	DueReplan DueKind = "replan" // the draft's carrier has changed: does it still take the numbers?
)

// Submission is the stored intent of sending something to a carrier, written
// before it is sent.
type Submission struct {
	ID       int64
	OrderID  int64
	Kind     SubmissionKind
	Version  int // of the request; for a cancellation, of the request to cancel
	State    SubmissionState
	Attempts int
	Lease    time.Time // wall clock: until then somebody is sending it
	Created  time.Time
	Sent     time.Time
}

// SubmissionKind says what is sent.
type SubmissionKind string

const (
	SendRequest SubmissionKind = "request" // the order, or with a higher version its correction
	SendCancel  SubmissionKind = "cancel"
)

// SubmissionState says how far the sending has come.
type SubmissionState string

const (
	SubmissionReady     SubmissionState = "ready"     // stored; no carrier has seen it
	SubmissionSending   SubmissionState = "sending"   // on its way; the carrier may have it or not
	SubmissionSent      SubmissionState = "sent"      // the carrier has it
	SubmissionWithdrawn SubmissionState = "withdrawn" // canceled before it was sent
)
