package lnp

// RejectCode is portin's own name for a carrier's reason to reject; every
// vendor's codes are mapped to one (lnp-rules §4.1).
type RejectCode string

// The reasons.
const (
	RejectAccountNumber  RejectCode = "account_number"
	RejectPIN            RejectCode = "pin_passcode"
	RejectZIP            RejectCode = "zip_mismatch"
	RejectAddress        RejectCode = "address_mismatch"
	RejectName           RejectCode = "end_user_name"
	RejectAuthorized     RejectCode = "authorized_name"
	RejectBTN            RejectCode = "btn_atn"
	RejectPendingOrder   RejectCode = "pending_order"
	RejectFreeze         RejectCode = "freeze"
	RejectNumberInactive RejectCode = "tn_not_active"
	RejectLOA            RejectCode = "loa_required"
	RejectOther          RejectCode = "other"
)

// RejectPath says what leads out of a reject.
type RejectPath string

const (
	PathCorrect  RejectPath = "correct"   // correct the fields and confirm again
	PathNewOrder RejectPath = "new_order" // cancel and order anew
	PathWait     RejectPath = "wait"      // wait until the reason is gone, then confirm again
	PathEscalate RejectPath = "escalate"  // the porting desk takes it up
)

// Reject explains a reason.
type Reject struct {
	Code    RejectCode
	Meaning string
	Fix     string
	Fields  []string // of the confirmation, or documents.loa
	Path    RejectPath
}

// Rejects is the catalogue (lnp-rules §4.1).
var Rejects = []Reject{
	{RejectAccountNumber, "The account number is not the one at the losing carrier.", "Take the account number from the bill, or ask the losing carrier for it, and confirm again.", []string{"account_number"}, PathCorrect},
	{RejectPIN, "The PIN or passcode is missing or wrong.", "Let the subscriber obtain or reset the transfer PIN, and confirm again with it.", []string{"pin"}, PathCorrect},
	{RejectZIP, "The ZIP code is not that of the service address.", "Send the ZIP code of the service address as the losing carrier has it.", []string{"zip"}, PathCorrect},
	{RejectAddress, "The service address is not the one that the losing carrier has.", "Copy the address from the losing carrier's customer service record or bill.", []string{"address", "address2", "city", "state", "zip"}, PathCorrect},
	{RejectName, "The name is not the one on the account.", "Send the name exactly as the losing carrier has it.", []string{"business_name", "first_name", "last_name"}, PathCorrect},
	{RejectAuthorized, "The person who ordered the port may not do so for the account.", "Name a person on the account, and upload a letter of authorization that this person signed.", []string{"authorized_name", "documents.loa"}, PathCorrect},
	{RejectBTN, "The billing number is not that of the account.", "Send the billing number from the bill.", []string{"btn"}, PathCorrect},
	{RejectPendingOrder, "The losing carrier has another order open on the account.", "Let the subscriber complete or cancel it, and confirm again.", nil, PathWait},
	{RejectFreeze, "The number is protected against porting.", "Let the subscriber lift the protection, and confirm again.", nil, PathWait},
	{RejectNumberInactive, "A number is not active at the losing carrier.", "Let the subscriber reactivate it, or cancel and order the others anew.", []string{"tns"}, PathNewOrder},
	{RejectLOA, "The letter of authorization is missing, too old or illegible.", "Upload a letter that is signed, dated within 30 days, legible, and lists every number.", []string{"documents.loa"}, PathCorrect},
	{RejectOther, "The carrier gave a reason that is not in the catalogue.", "The porting desk asks the carrier.", nil, PathEscalate},
}

// RejectOf returns the catalogue's entry of a code; an unknown one is other.
func RejectOf(code RejectCode) Reject {
	for _, r := range Rejects {
		if r.Code == code {
			return r
		}
	}
	return Rejects[len(Rejects)-1]
}
