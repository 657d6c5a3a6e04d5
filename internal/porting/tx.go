package porting

import (
	"context"
	"errors"
	"time"

	"github.com/portin/portin/internal/account"
	"github.com/portin/portin/internal/audit"
	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/intake"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/pricing"
)

// Store keeps everything. What a function does through its Tx happens as a
// whole or not at all; it may run more than once, so it must set what it
// returns anew each time, and it must not touch anything but its Tx.
type Store interface {
	// Update runs fn in a write transaction. Returns Unavailable when the
	// database could not take it; nothing was changed then.
	Update(ctx context.Context, fn func(Tx) error) error
	// View runs fn on a consistent snapshot.
	View(ctx context.Context, fn func(Tx) error) error
}

// Tx is what the use cases need of a transaction.
type Tx interface {
	// Now is the business time of the transaction: one instant, in UTC.
	Now() time.Time
	// Wall is the wall-clock time of the transaction, for leases, tokens and
	// idempotency keys.
	Wall() time.Time
	// Nested runs fn and undoes what it did when it returns an error.
	Nested(fn func() error) error

	accounts
	carriers
	uploads
	orders
	timeline
	documents
	work
	answers
}

type accounts interface {
	InsertAccount(a *account.Account) error // sets ID
	// Account returns NotFound for an unknown id.
	Account(id int64) (*account.Account, error)
	Accounts() ([]account.Account, error)
	InsertToken(t *account.Token) error // sets ID
	// TokenByKey returns NotFound for an unknown key id. It finds revoked and
	// expired tokens too.
	TokenByKey(keyID string) (*account.Token, error)
	Tokens(accountID int64) ([]account.Token, error)
	// RevokeToken returns NotFound for an unknown id, another account's, or
	// one that is revoked already.
	RevokeToken(accountID, id int64, at time.Time) error
	Audit(e audit.Entry) error // sets Sequence and Hash
	AuditTrail(accountID int64) ([]audit.Entry, error)
}

type carriers interface {
	// MarketVersion is a text that is another one after each change of what
	// follows; "" before the first.
	MarketVersion() (string, error)
	// HoldMarket is MarketVersion, and lets those who want to change the market
	// wait until the transaction ends.
	HoldMarket() (string, error)
	// FamiliesVersion is MarketVersion for the families alone, of which the
	// look-up of numbers is made.
	FamiliesVersion() (string, error)
	// TouchMarket changes the version, and lets those who change the market at
	// the same time wait.
	TouchMarket() error
	Carriers() ([]carrier.Gaining, error) // with their coverage
	SaveCarrier(c carrier.Gaining) error  // without its coverage
	SaveCoverage(carrierID int64, c carrier.Coverage) error
	Decks() ([]pricing.Deck, error)
	SaveDeck(d pricing.Deck) error
	Families() ([]carrier.Family, error)
	SaveFamily(f carrier.Family) error
	RemoveFamily(id string) error

	// Drafts counts the orders of a carrier that are created, of all accounts;
	// 0 for the carrier means those that have none.
	Drafts(carrierID int64) (int, error)
	// SetDrafts makes something due for each of them.
	SetDrafts(carrierID int64, d order.Due) error
	// SentNumbers returns how many numbers a carrier was sent between two
	// instants of the business clock, those on their way included. Until the
	// transaction ends, nobody else counts those of the carrier.
	SentNumbers(carrierID int64, from, to time.Time) (int, error)
}

type uploads interface {
	InsertUpload(u *Upload) error // with its rejected numbers; sets ID
	// Upload returns NotFound for an unknown id and another account's.
	Upload(accountID, id int64) (*Upload, error)
	// Rejected returns the numbers that an upload did not take, in the order
	// of the upload.
	Rejected(uploadID int64) ([]intake.Rejected, error)
	// Repeated returns the newest upload of the account with the fingerprint
	// whose numbers are all still in orders that are created, or NotFound.
	Repeated(accountID int64, fingerprint [32]byte) (*Upload, error)
	// InOpenOrders returns which of the numbers are in which open order of
	// the account.
	InOpenOrders(accountID int64, numbers []nanp.Number) (map[nanp.Number]int64, error)
	// Owned returns which of the numbers the account has ported here before.
	Owned(accountID int64, numbers []nanp.Number) (map[nanp.Number]bool, error)
}

type orders interface {
	// InsertOrder sets ID, and Version to 1. Returns ErrTaken when one of the
	// numbers is in another open order of the account.
	InsertOrder(o *order.Order, numbers []order.Number) error
	// Order returns NotFound for an unknown id and another account's.
	Order(accountID, id int64) (*order.Order, error)
	// AnyOrder returns the order whosever it is; NotFound for an unknown id.
	AnyOrder(id int64) (*order.Order, error)
	UploadOrders(accountID, uploadID int64) ([]order.Order, error)
	// ListOrders returns a page of orders, newest first, and whether there
	// are more.
	ListOrders(f Filter) (page []order.Order, more bool, err error)
	// SaveOrder writes the order if its version is still the stored one, and
	// counts the version up. Returns ErrMoved when it is not.
	SaveOrder(o *order.Order) error
	// DeleteOrder removes the order with all that hangs on it but its audit
	// trail and its timeline. Returns ErrMoved like SaveOrder.
	DeleteOrder(o *order.Order) error
	// Numbers returns an order's numbers in the order of the upload.
	Numbers(orderID int64) ([]order.Number, error)
	Counts(orderID int64) (order.Counts, error)
	// SetNumbers gives numbers that are not final a status and a message:
	// those named, or all when only is nil. A number that becomes final is
	// not held by its open order any more (InOpenOrders, ErrTaken).
	SetNumbers(orderID int64, to order.NumberStatus, message string, only []nanp.Number) error
	// SetFees stores new fees of an order's numbers.
	SetFees(orderID int64, numbers []order.Number) error
	// MoveNumbers moves numbers to another order of the same account.
	MoveNumbers(from, to int64, numbers []nanp.Number) error
	// Claim makes the numbers, over all accounts, a submitted order's own, and
	// gives up what it had claimed beside them. Returns those that another
	// order has; then nothing was changed.
	Claim(orderID int64, numbers []nanp.Number) (taken []nanp.Number, err error)
	// Release gives up all claims of an order.
	Release(orderID int64) error
}

type timeline interface {
	AddEntry(e *order.Entry) error // sets ID
	// Entries returns an order's timeline after the entry id.
	Entries(orderID, after int64, limit int) ([]order.Entry, error)
	// AllEntries returns the timelines of all orders after the entry id.
	AllEntries(after int64, limit int) ([]order.Entry, error)
	LastEntry() (id int64, err error)
	// AddTag reports false when the order has the tag already.
	AddTag(orderID int64, text string, at time.Time) (added bool, err error)
	Tags(orderID int64) ([]string, error)
	AddComment(c *order.Comment) error // sets ID
	Comments(orderID int64) ([]order.Comment, error)
}

type documents interface {
	InsertFile(f *order.File) error // sets ID
	Files(orderID int64) ([]order.File, error)
	// File returns NotFound for a file that is not the order's.
	File(orderID, id int64) (*order.File, error)
	// SaveFile stores Replaced and Removed.
	SaveFile(f *order.File) error
}

type work interface {
	// SetDue stores or moves what is due; nothing is queued for it yet.
	SetDue(d order.Due) error
	ClearDue(orderID int64, kind order.DueKind) error
	// Due returns nil when nothing of the kind is due for the order, ever.
	Due(orderID int64, kind order.DueKind) (*order.Due, error)
	Dues(orderID int64) ([]order.Due, error)
	// NextDue returns the earliest instant at which something is due; ok is
	// false when nothing is.
	NextDue() (at time.Time, ok bool, err error)
	// Unqueued returns what is due by now and has no job that is alive, the
	// earliest first.
	Unqueued(now time.Time, limit int) ([]order.Due, error)
	// Enqueue inserts a Job for what is due, and leases it until a wall-clock
	// time: only after that is it Unqueued again.
	Enqueue(d order.Due, until time.Time) error

	InsertSubmission(s *order.Submission) error // sets ID
	// LastSubmission returns nil when there is none of the kind.
	LastSubmission(orderID int64, kind order.SubmissionKind) (*order.Submission, error)
	// SaveSubmission stores State, Attempts, Sent and Lease if the stored
	// state is still was. Returns ErrMoved when it is not.
	SaveSubmission(s *order.Submission, was order.SubmissionState) error
	// Heard reports whether the carrier's answer is new, and remembers it.
	Heard(orderID int64, key string) (fresh bool, err error)

	// Setting returns "" for a key that was never set.
	Setting(key string) (string, error)
	SetSetting(key, value string) error
}

type answers interface {
	// Answer returns nil when the account has not used the key, or so long
	// ago that it is forgotten.
	Answer(accountID int64, key string) (*Answer, error)
	SaveAnswer(accountID int64, key string, a Answer) error
	ForgetAnswers(before time.Time) error
}

// ErrTaken: a number is in another open order of the account.
var ErrTaken = errors.New("a number is in another open order")

// ErrMoved: what was to be changed was changed by somebody else meanwhile.
var ErrMoved = errors.New("changed by somebody else meanwhile")

// Job is what the queue holds: something that is due for an order.
type Job struct {
	OrderID int64         `json:"order_id"`
	What    order.DueKind `json:"what"`
}

// Kind names the job towards River.
func (Job) Kind() string { return "order_due" }

// Upload is what a customer sent at once: the group of the orders made of it.
type Upload struct {
	ID          int64
	AccountID   int64
	Fingerprint [32]byte // of the set of accepted numbers
	Accepted    int
	Rejected    []intake.Rejected // not loaded by Upload and Repeated
	Created     time.Time
}

// Filter selects orders; zero fields select all.
type Filter struct {
	AccountID   int64 // 0: every account (the desk)
	Statuses    []order.Status
	Number      nanp.Number
	CarrierID   int64
	LosingID    string
	NumberType  string
	UploadID    int64
	Reference   string
	FOCFrom     string // dates, inclusive
	FOCTo       string
	CreatedFrom time.Time // instants, inclusive
	CreatedTo   time.Time // exclusive
	NeedsAction bool      // the customer must act
	Query       string    // a DID or part of one, an order id, a PON, or part of the reference
	Before      int64     // only ids below; 0: from the newest
	Skip        int       // rows to leave out
	Rows        int
}

// Answer is the stored answer of a call that was sent with an idempotency
// key.
type Answer struct {
	Fingerprint [32]byte
	Status      int
	Body        []byte
	At          time.Time // wall clock
}
