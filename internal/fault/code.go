package fault

// Code names a fault for programs. Codes are stable: they may be added, never
// renamed. The table below is the source of docs/reference/errors.md and of
// the enumeration in the OpenAPI document.
type Code string

// The codes; Catalogue says what each means.
const (
	// Of a whole call.
	CodeInternal        Code = "internal"
	CodeMalformedJSON   Code = "malformed_json"
	CodeMalformedBody   Code = "malformed_body"
	CodeUnauthenticated Code = "unauthenticated"
	CodeScope           Code = "scope_missing"
	CodeNotFound        Code = "not_found"
	CodeMethod          Code = "method_not_allowed"
	CodeMediaType       Code = "unsupported_media_type"
	CodeTooLarge        Code = "body_too_large"
	CodeBusy            Code = "busy"
	CodeNotReady        Code = "not_ready"

	// Of fields.
	CodeUnknownField Code = "unknown_field"
	CodeRequired     Code = "required"
	CodeWrongType    Code = "wrong_type"
	CodeInvalidValue Code = "invalid_value"
	CodeTooLong      Code = "too_long"
	CodeTooMany      Code = "too_many"
	CodeMasked       Code = "masked_value"

	// Of state.
	CodeVersion          Code = "version_moved"
	CodeState            Code = "wrong_state"
	CodeAlreadySubmitted Code = "already_submitted"
	CodeQuoteChanged     Code = "quote_changed"
	CodeUnchanged        Code = "correction_needed"
	CodeKeyReused        Code = "idempotency_key_reused"
	CodeKeyRunning       Code = "idempotency_key_running"
	CodeKeyTooLong       Code = "idempotency_key_invalid"

	// Of numbers.
	CodeNotANumber     Code = "not_a_number"
	CodeScientific     Code = "scientific_notation"
	CodeExtension      Code = "has_extension"
	CodeForeign        Code = "outside_nanp"
	CodeNPAInvalid     Code = "invalid_area_code"
	CodeNXXInvalid     Code = "invalid_exchange"
	CodeNPAUnassigned  Code = "area_code_not_in_service"
	CodeNXXUnassigned  Code = "exchange_not_in_service"
	CodeNonGeographic  Code = "non_geographic"
	CodePremium        Code = "premium"
	CodeServiceCode    Code = "service_code"
	CodeFictional      Code = "fictional"
	CodeOutsideUSCA    Code = "outside_us_canada"
	CodeTollFreeClosed Code = "toll_free_not_in_service"
	CodeRange          Code = "invalid_range"
	CodeDuplicate      Code = "duplicate"
	CodeAlreadyInOrder Code = "already_in_order"
	CodeAlreadyYours   Code = "already_yours"
	CodeNotAvailable   Code = "not_available"
	CodeNoCoverage     Code = "no_coverage"
	CodeNotInOrder     Code = "not_in_order"
	CodeNoNumbers      Code = "no_numbers"
	CodeTooManyNumbers Code = "too_many_numbers"
	CodeNoNumberColumn Code = "no_number_column"
	CodeBadEncoding    Code = "bad_encoding"
	CodeBadQuotes      Code = "bad_quotes"
	CodeStrict         Code = "strict_refused"

	// Of tables.
	CodeCellCount   Code = "cell_count"
	CodeRepeated    Code = "repeated"
	CodeMustBeEmpty Code = "must_be_empty"
	CodeConflict    Code = "conflicting_values"
	CodeTurnedDate  Code = "turned_into_date"

	// Of carriers.
	CodeRespOrgSpecial Code = "resporg_not_portable"
	CodeRespOrgByHand  Code = "resporg_by_hand"
	CodeRespOrgUnknown Code = "resporg_unknown"
	CodeRural          Code = "rural_suspension"

	CodeCarrierOff     Code = "carrier_off"
	CodeCarrierUnknown Code = "carrier_unknown"
	CodeCarrierLimit   Code = "carrier_limit"
	CodeCarrierCannot  Code = "carrier_cannot"

	CodeFrozen Code = "frozen"

	// Of a confirmation.
	CodeFOCPast         Code = "foc_in_the_past"
	CodeFOCTooEarly     Code = "foc_too_early"
	CodeFOCTooLate      Code = "foc_too_late"
	CodeFOCNotBusiness  Code = "foc_not_business_day"
	CodeFOCTime         Code = "foc_time_not_taken"
	CodePOBox           Code = "po_box"
	CodeSplitRequired   Code = "split_required"
	CodeNewBTN          Code = "new_btn_invalid"
	CodeQuoteUnknown    Code = "quote_unknown"
	CodeSplitEverything Code = "split_everything"

	// Of documents.
	CodeDocumentMissing  Code = "document_missing"
	CodeDocumentFormat   Code = "document_format"
	CodeDocumentMismatch Code = "document_name_mismatch"
	CodeDocumentDamaged  Code = "document_damaged"
	CodeDocumentEmpty    Code = "document_empty"
	CodeDocumentOld      Code = "document_too_old"
	CodeDocumentTooLarge Code = "document_too_large"
	CodeDocumentKind     Code = "document_kind"

	// Of the sandbox.
	CodeClockBackward Code = "clock_backward"
)

// Entry explains a code.
type Entry struct {
	Code  Code
	Cause string
	Fix   string
}

// Explain returns the catalogue's entry of a code.
func Explain(code Code) Entry {
	for _, e := range Catalogue {
		if e.Code == code {
			return e
		}
	}
	return Entry{Code: code}
}

// Catalogue lists every code with its cause and its fix, in the order of the
// reference page.
var Catalogue = []Entry{
	{CodeInternal, "Something failed inside the server; nothing was changed.", "Send the same call again; if it fails again, give the request id to the operator."},
	{CodeMalformedJSON, "The body is not one JSON value: a syntax error, a key that stands twice, or something after the end.", "Send one JSON object with each key once."},
	{CodeMalformedBody, "The multipart body or the path cannot be read.", "Send the parts as the call describes them."},
	{CodeUnauthenticated, "No token, an unknown, expired or revoked one, or a user name that is not the token's.", "Send HTTP Basic with the user name and its token."},
	{CodeScope, "The token does not have the scope of the call.", "Use a token with the scope that the message names."},
	{CodeNotFound, "There is no such thing in this account.", "Check the id and the account."},
	{CodeMethod, "The path exists, the method does not.", "See the Allow header."},
	{CodeMediaType, "The Content-Type is not one that the call takes.", "Send what the message names."},
	{CodeTooLarge, "The body is larger than the call takes.", "Send less, or in several calls."},
	{CodeBusy, "The server is busy or stopping.", "Wait as long as Retry-After says and send the call again."},
	{CodeNotReady, "What the call needs is not there yet.", "Wait and try again."},

	{CodeUnknownField, "The field is not one of this call's.", "Remove it, or use the name that the hint gives."},
	{CodeRequired, "A value is needed and there is none.", "Send the field."},
	{CodeWrongType, "The value has another JSON type than the field.", "Send the type that the message names."},
	{CodeInvalidValue, "The value is not one that the field takes.", "Send one as the message describes."},
	{CodeTooLong, "The value has too many characters.", "Shorten it."},
	{CodeTooMany, "The list has too many entries.", "Send fewer."},
	{CodeMasked, "The value holds the masking sign • but is not the mask that was shown.", "Send the full value, or leave the field out to keep the stored one."},

	{CodeVersion, "The order was changed since it was read.", "Read it again, look at the change, and send the call with the new version."},
	{CodeState, "The order's status does not allow this.", "See status and allowed_actions in the answer."},
	{CodeAlreadySubmitted, "The order has been submitted with other details.", "Wait for the carrier's answer, or cancel."},
	{CodeQuoteChanged, "The quote ran out, and the new total is higher.", "Confirm with the new quote_id, or with the new expected_total."},
	{CodeUnchanged, "A rejected order was confirmed again, unchanged.", "Correct the fields that the reject names; or, if the mistake was the carrier's, send the order's version to resubmit it as it is."},
	{CodeKeyReused, "The Idempotency-Key was used for another call.", "Use a new key for a new call."},
	{CodeKeyRunning, "A call with this Idempotency-Key is running.", "Wait as long as Retry-After says and send it again."},
	{CodeKeyTooLong, "The Idempotency-Key is empty or longer than 255 characters.", "Use a shorter one."},

	{CodeNotANumber, "It has not the ten digits of a telephone number.", "Write area code, exchange and line: 9198002000."},
	{CodeScientific, "A spreadsheet has rounded the number and written it like 9.198E+09.", "Format the column as text, enter the number again, and export the file again."},
	{CodeExtension, "It has an extension; only whole numbers are ported.", "Leave the extension out."},
	{CodeForeign, "It has a country code other than 1.", "Port only North American numbers."},
	{CodeNPAInvalid, "No area code has this form.", "Check the first three digits."},
	{CodeNXXInvalid, "No exchange has this form.", "Check the fourth to sixth digit."},
	{CodeNPAUnassigned, "The area code is not in service.", "Check the first three digits."},
	{CodeNXXUnassigned, "Nobody holds the exchange: its numbers are not in service.", "Check the first six digits. The reference data may be older than the exchange; then ask the porting desk."},
	{CodeNonGeographic, "The number belongs to no place and cannot be ported.", "Leave it out."},
	{CodePremium, "Premium numbers cannot be ported.", "Leave it out."},
	{CodeServiceCode, "The exchange serves test, directory or special calls and cannot be ported.", "Leave it out."},
	{CodeFictional, "555-0100 to 555-0199 are for films and tests; only the sandbox takes them.", "Leave it out."},
	{CodeOutsideUSCA, "The number is in the North American plan, but neither in the United States nor in Canada.", "Leave it out."},
	{CodeTollFreeClosed, "This toll-free code is not in service yet.", "Check the first three digits."},
	{CodeRange, "A range must be two full numbers of one area code and exchange, the first not above the last.", "Write 9198002000-9198002099."},
	{CodeDuplicate, "The number stands further up as well; the first one counts.", "Nothing; or leave the second one out."},
	{CodeAlreadyInOrder, "The number is in another open order of this account.", "Go on with that order, or end it first."},
	{CodeAlreadyYours, "The number was ported here before and is this account's.", "Nothing; leave it out."},
	{CodeNotAvailable, "The number cannot be ordered at the moment.", "Ask the porting desk with a comment on the order."},
	{CodeNoCoverage, "No carrier that is switched on takes numbers of this place and type.", "Leave it out, or ask the porting desk."},
	{CodeNotInOrder, "The number is not in this order.", "Name numbers of this order."},
	{CodeNoNumbers, "There is no number in the body that can be ported.", "See rejected for the reason of each."},
	{CodeTooManyNumbers, "More numbers than one upload takes.", "Send several uploads."},
	{CodeNoNumberColumn, "No column of the file looks like telephone numbers.", "Name the column did, or send a file with the numbers alone."},
	{CodeBadEncoding, "The file is not text in UTF-8, UTF-16 or Latin-1.", "Export it as CSV in UTF-8."},
	{CodeBadQuotes, "A quotation mark is opened and not closed.", "Mend the line."},
	{CodeStrict, "strict=true was asked for, and some numbers cannot be taken.", "Mend the numbers in rejected, or send without strict."},

	{CodeRespOrgSpecial, "RespOrgs whose id ends in 99 hold numbers that are not ported.", "Name the RespOrg that controls the number today, or leave the number out."},
	{CodeRespOrgByHand, "Somos moves the numbers of this RespOrg by hand, at its help desk: the port takes longer.", "Nothing; the porting desk asks for a copy of the bill where it is needed."},
	{CodeRespOrgUnknown, "No directory that was imported has this RespOrg id.", "Check the id; the port goes on with it."},
	{CodeRural, "A state has suspended the duty to port of this rural carrier (47 USC 251(f)(2)).", "Ask the porting desk; or wait until the suspension ends."},

	{CodeCarrierOff, "The carrier is switched off.", "Choose another one. An order that is not confirmed is moved by itself: read it again."},
	{CodeCellCount, "A row of the table has more or fewer cells than its header.", "Part the cells as the header does; quote a cell that holds the delimiter."},
	{CodeRepeated, "A column, a row or an item of the table stands further up as well; which one counts is not known.", "Leave one of them out."},
	{CodeMustBeEmpty, "The cell is filled, and a row of this kind has no such value.", "Leave the cell empty."},
	{CodeConflict, "Two values contradict each other, as a state and a country in which it is not.", "Correct the one that is wrong."},
	{CodeTurnedDate, "A spreadsheet has made a date of a code that looks like one.", "Format the column as text, enter the code again, and export the file again."},

	{CodeCarrierOff, "The carrier is switched off.", "Choose another one."},
	{CodeCarrierUnknown, "There is no such carrier.", "Choose one that the check call names."},
	{CodeCarrierCannot, "The carrier does not take a port of this kind.", "Choose another carrier, or port the whole account."},
	{CodeCarrierLimit, "The carrier takes fewer numbers in one order.", "Split the order."},
	{CodeFrozen, "The activation is too near: the losing carrier takes no change and no cancellation any more.", "Let the port happen, and port the numbers back where they must not stay."},

	{CodeFOCPast, "The date is in the past.", "Ask for a date that foc-dates lists."},
	{CodeFOCTooEarly, "The losing carrier has more time than that.", "Ask for the earliest date or a later one."},
	{CodeFOCTooLate, "The carrier takes no date so far ahead.", "Ask for an earlier date."},
	{CodeFOCNotBusiness, "The date is a weekend or a holiday of the losing carrier.", "Ask for a date that foc-dates lists."},
	{CodeFOCTime, "The carrier takes a date, not a time.", "Send the date alone."},
	{CodePOBox, "A service address cannot be a post-office box.", "Send the address where the telephone rings."},
	{CodeSplitRequired, "One request can name one account and one billing number.", "Split the order with POST .../split."},
	{CodeNewBTN, "The new billing number must stay on the account, and be none of the ported ones.", "Name a number that stays."},
	{CodeQuoteUnknown, "The quote is not this order's.", "Read the price again."},
	{CodeSplitEverything, "A split must leave at least one number in the order.", "Name fewer numbers."},

	{CodeDocumentMissing, "The carrier needs this document before the order can be confirmed.", "Upload it with POST .../upload/files/:type."},
	{CodeDocumentFormat, "The content is not of a kind that is taken.", "Send PDF, PNG, JPEG or TIFF."},
	{CodeDocumentMismatch, "The file's name or Content-Type says one thing, its content another.", "Name the file as what it is."},
	{CodeDocumentDamaged, "The file begins right and is cut off or damaged.", "Export or scan it again."},
	{CodeDocumentEmpty, "The file is empty.", "Send the document."},
	{CodeDocumentOld, "The document is older than the carrier takes.", "Send a newer one."},
	{CodeDocumentTooLarge, "The document is larger than is taken.", "Send a smaller file."},
	{CodeDocumentKind, "The type in the path is not one of loa, bill, csr, other.", "Use one of those."},

	{CodeClockBackward, "The sandbox clock only moves forward.", "Ask for a later instant."},
}
