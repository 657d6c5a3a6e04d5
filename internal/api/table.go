package api

import (
	"net/http"

	"github.com/portin/portin/internal/account"
	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/pricing"
)

// Query parameters that several calls have.
var (
	dryRun     = param{name: "dry_run", doc: "Check and answer the same, and change nothing", kind: "boolean"}
	strictness = param{name: "strict", doc: "Any number that cannot be taken refuses the whole upload; duplicates do not", kind: "boolean"}
	cursor     = param{name: "cursor", doc: "next of the page before", kind: "string"}
	rows       = param{name: "rows", doc: "How many", kind: "integer"}
	issued     = param{name: "document_date", doc: "When the document was issued, like 2026-12-01; also as a part of the form", kind: "string"}
)

// Paths of an account, an order and an upload.
const (
	inAccount = "/account/{account_id}"
	inOrders  = inAccount + "/port-in"
	inOrder   = inOrders + "/{portin_process_id}"
	inUpload  = inAccount + "/uploads/{upload_id}"
	inTokens  = inAccount + "/tokens"
)

// Paths of the desk.
const (
	ofCarriers = "/desk/carriers"
	ofCarrier  = ofCarriers + "/{carrier_id}"
	ofDecks    = "/desk/decks"
	ofDeck     = ofDecks + "/{deck_id}"
	ofLosing   = "/desk/losing-carriers"
	ofLoser    = ofLosing + "/{losing_carrier}"
)

// choosingEnded is when the original took the choice of the carrier out of the
// flow, 2022-09-30, as RFC 9745 writes it.
const choosingEnded = "@1664496000"

// table lists every call of the API. Read it as its table of contents.
func (a *api) table() []route {
	const (
		get, post, put, del = http.MethodGet + " ", http.MethodPost + " ", http.MethodPut + " ", http.MethodDelete + " "
		patch               = http.MethodPatch + " "
		read, write, submit = account.PortRead, account.PortWrite, account.PortSubmit
		files, tokens, desk = account.Files, account.Tokens, account.Desk
	)
	routes := []route{
		step(route{id: "uploadText", paths: []string{post + "/inbound/port-in/upload/text"}, scope: write, fixed: true, query: []param{strictness, dryRun},
			summary: "Upload numbers as JSON", doc: "Makes one order for each gaining carrier, country and kind of numbers, and says why."}, readText(), doUpload, showUpload),
		step(route{id: "uploadFile", paths: []string{post + "/inbound/port-in/upload/file"}, scope: write, fixed: true, query: []param{strictness, dryRun},
			summary: "Upload numbers as a file", doc: "A CSV as any spreadsheet writes it, or a plain list. Answers like the upload as JSON."}, readFile(), doUpload, showUpload),
		step(route{id: "chooseCarrier", old: true, paths: []string{post + inAccount + "/origination/did/upload/{portin_process_id}/do/choose_carrier/{carrier_id}"}, scope: write, fixed: true,
			headers: []header{
				{"Deprecation", choosingEnded, "Since when the call is deprecated (RFC 9745)"},
				{"Link", `</openapi.json>; rel="deprecation"; type="application/json"`, "Where it is described"},
			},
			summary: "Move an order to another carrier", doc: "Kept for old clients: uploading chooses the carrier."}, lenient[versionIn](smallBody), doChooseCarrier, showOrder),
		step(route{id: "price", paths: []string{get + inOrder + "/upload/dids"}, scope: read, fixed: true,
			summary: "What an order costs, and what its confirmation needs"}, nothing(), doOrder, showOrder),
		step(route{id: "confirm", paths: []string{post + inOrder + "/confirm", post + inOrder + "/upload/confirm", put + inOrder + "/confirm", put + inOrder + "/upload/confirm"}, scope: submit, fixed: true, query: []param{dryRun},
			summary: "Confirm an order, or correct a rejected one", doc: "Checks the details by the rules of the port's type, all faults at once, and submits the order. An absent field keeps what is stored, null clears it, the mask that was shown means unchanged."}, readConfirmation(), doConfirm, showOrder),
		step(route{id: "confirmation", paths: []string{get + inOrder + "/confirm", get + inOrder + "/upload/confirm"}, scope: read, fixed: true,
			summary: "The confirmation details of an order"}, nothing(), doOrder, showOrder),
		step(route{id: "order", paths: []string{get + inOrder}, scope: read,
			summary: "The whole order"}, nothing(), doOrder, showOrder),
		step(route{id: "addFile", paths: []string{post + inOrder + "/upload/files/{type}"}, scope: files, fixed: true, query: []param{issued},
			summary: "Add a document", doc: "type is loa, bill, csr or other. A second document of a type replaces the first one; the history keeps both."}, readDocument(), doAttach, showFiles),
		step(route{id: "files", paths: []string{get + inOrder + "/files"}, scope: files,
			summary: "The documents, with their history"}, nothing(), doFiles, showFiles),
		step(route{id: "file", media: "*/*", paths: []string{get + inOrder + "/files/{file_id}"}, scope: files,
			summary: "Download a document"}, nothing(), doFile, showFile),
		step(route{id: "removeFile", paths: []string{del + inOrder + "/files/{file_id}"}, scope: files,
			summary: "Remove a document", doc: "While the order is created or rejected."}, nothing(), doRemoveFile, showFiles),
		step(route{id: "loa", media: "application/pdf", paths: []string{get + inOrder + "/loa"}, scope: files,
			summary: "The letter of authorization as a PDF, ready to be signed"}, nothing(), doLOA, showLOA),
		step(route{id: "tag", paths: []string{post + inOrder + "/tag"}, scope: write, fixed: true,
			summary: "Add a note", doc: "Notes stay inside the account. The same text twice is kept once."}, lenient[tagIn](smallBody), doTag, showTags),
		step(route{id: "tags", paths: []string{get + inOrder + "/tag"}, scope: read, fixed: true,
			summary: "The notes"}, nothing(), doTags, showTags),

		step(route{id: "account", paths: []string{get + "/account"},
			summary: "Who am I"}, nothing(), doAccount, showAccount),
		step(route{id: "orders", paths: []string{get + inOrders}, scope: read, query: listQuery,
			summary: "The orders, newest first"}, nothing(), doList, showList),
		step(route{id: "check", paths: []string{post + inOrders + "/check"}, scope: read,
			summary: "Whether numbers can be ported, by whom, and why not", doc: "No order is made. The rows come in the order asked."}, strict[checkIn](largeBody), doCheck, showCheck),
		step(route{id: "upload", paths: []string{get + inUpload}, scope: read,
			summary: "An upload with what has become of it"}, nothing(), doGroup, showGroup),
		step(route{id: "rejected", media: "text/csv", paths: []string{get + inUpload + "/rejected.csv"}, scope: read,
			summary: "The numbers that an upload did not take, to be mended and sent again"}, nothing(), doGroup, showRejected),
		step(route{id: "confirmUpload", paths: []string{post + inUpload + "/confirm"}, scope: submit, query: []param{dryRun},
			summary: "Confirm all orders of an upload", doc: "One body for all, overrides for some. Each order is confirmed for itself; see each result."}, readGroupConfirmation(), doConfirmGroup, showConfirmGroup),
		step(route{id: "focDates", paths: []string{get + inOrder + "/foc-dates"}, scope: read, query: []param{rows},
			summary: "The FOC dates that can be asked for"}, nothing(), doDates, showDates),
		step(route{id: "events", paths: []string{get + inOrder + "/events"}, scope: read, query: []param{cursor, rows},
			summary: "The timeline of an order"}, nothing(), doEvents, showEvents),
		step(route{id: "cancel", paths: []string{post + inOrder + "/cancel"}, scope: submit,
			summary: "Cancel an order", doc: "What no carrier has seen is over at once; otherwise the carrier is asked."}, strict[cancelIn](smallBody), doCancel, showOrder),
		step(route{id: "comment", paths: []string{post + inOrder + "/comments"}, scope: write,
			summary: "Write to the porting desk"}, strict[commentIn](smallBody), doComment, showComment),
		step(route{id: "comments", paths: []string{get + inOrder + "/comments"}, scope: read,
			summary: "The messages to and from the porting desk"}, nothing(), doComments, showComments),
		step(route{id: "split", paths: []string{post + inOrder + "/split"}, scope: write,
			summary: "Make a second order of some numbers", doc: "While the order is created or rejected."}, strict[splitIn](largeBody), doSplit, showSplit),
		step(route{id: "deleteOrder", paths: []string{del + inOrder}, scope: write, status: http.StatusNoContent,
			summary: "Delete an order that was never confirmed"}, nothing(), doDelete, showNothing),
		step(route{id: "tokens", paths: []string{get + inTokens}, scope: tokens,
			summary: "The tokens of the account"}, nothing(), doTokens, showTokens),
		step(route{id: "makeToken", paths: []string{post + inTokens}, scope: tokens, status: http.StatusCreated,
			summary: "Make a token", doc: "Its scopes are some of the maker's. It is shown once."}, strict[tokenIn](smallBody), doMint, showMinted),
		step(route{id: "revokeToken", paths: []string{del + inTokens + "/{token_id}"}, scope: tokens, status: http.StatusNoContent,
			summary: "Revoke a token at once"}, nothing(), doRevoke, showNothing),

		step(route{id: "lrn", paths: []string{get + "/lrn/extended/{did}"}, scope: read, fixed: true, query: []param{{name: "format", doc: "json", kind: "string"}},
			summary: "Who serves a number", doc: "From our data, in the form of the original's look-up."}, nothing(), doLRN, showLRN),

		step(route{id: "deskCarriers", paths: []string{get + ofCarriers}, scope: desk,
			summary: "The gaining carriers"}, nothing(), doCarriers, showCarriers),
		step(route{id: "makeCarrier", paths: []string{post + ofCarriers}, scope: desk, status: http.StatusCreated,
			summary: "Make a gaining carrier", doc: "It covers nothing and has no prices yet."}, readFields[carrierIn](smallBody), doMakeCarrier, showCarrierSaved),
		step(route{id: "deskCarrier", paths: []string{get + ofCarrier}, scope: desk,
			summary: "A gaining carrier"}, nothing(), doCarrier, showCarrier),
		step(route{id: "changeCarrier", paths: []string{patch + ofCarrier}, scope: desk,
			summary: "Change a gaining carrier, or switch it on or off", doc: "What is not sent stays. Orders that are not confirmed go to other carriers when it does not take their numbers any more."}, readFields[carrierIn](smallBody), doChangeCarrier, showCarrierSaved),
		step(route{id: "coverage", media: "text/csv", paths: []string{get + ofCarrier + "/coverage"}, scope: desk,
			summary: "What numbers a gaining carrier takes, as a CSV"}, nothing(), doCarrier, showCoverage),
		step(route{id: "setCoverage", paths: []string{put + ofCarrier + "/coverage"}, scope: desk, query: []param{dryRun},
			summary: "Replace what numbers a gaining carrier takes", doc: "All of it, or nothing where a line has a mistake. Answers what it changes."}, readSheet("A CSV: docs/reference/coverage-and-decks.md", carrier.ReadCoverage), doSetCoverage, showCoverageSaved),
		step(route{id: "decks", paths: []string{get + ofDecks}, scope: desk, query: deckQuery,
			summary: "The rate decks, the past ones too"}, nothing(), doDecks, showDecks),
		step(route{id: "addDeck", paths: []string{post + ofDecks}, scope: desk, status: http.StatusCreated, query: newDeckQuery,
			summary: "Add a rate deck", doc: "All of it, or nothing where a line has a mistake. Answers what it changes beside the deck that held before."}, readSheet("A CSV: docs/reference/coverage-and-decks.md", pricing.ReadDeck), doAddDeck, showDeckSaved),
		step(route{id: "deck", paths: []string{get + ofDeck}, scope: desk,
			summary: "A rate deck"}, nothing(), doDeck, showDeck),
		step(route{id: "rates", media: "text/csv", paths: []string{get + ofDeck + "/rates.csv"}, scope: desk,
			summary: "A rate deck as a CSV"}, nothing(), doDeck, showRates),
		step(route{id: "endDeck", paths: []string{del + ofDeck}, scope: desk,
			summary: "End a rate deck", doc: "Now, or before it begins. What was priced by it stays."}, nothing(), doEndDeck, showDeck),
		step(route{id: "losingCarriers", paths: []string{get + ofLosing}, scope: desk, query: losingQuery,
			summary: "The losing carriers", doc: "Those that somebody has described, and those that the reference data make."}, nothing(), doLosingCarriers, showLosingCarriers),
		step(route{id: "losingCarrier", paths: []string{get + ofLoser}, scope: desk,
			summary: "A losing carrier"}, nothing(), doLosingCarrier, showLosingCarrier),
		step(route{id: "describeLosingCarrier", paths: []string{put + ofLoser}, scope: desk,
			summary: "Describe a losing carrier", doc: "Its names, its OCNs, and how it wants its ports; as a whole."}, strict[losingIn](smallBody), doDescribe, showDescribed),
		step(route{id: "forgetLosingCarrier", paths: []string{del + ofLoser}, scope: desk, status: http.StatusNoContent,
			summary: "Forget the description of a losing carrier"}, nothing(), doForget, showNothing),

		step(route{id: "health", paths: []string{get + "/healthz"}, open: true,
			summary: "Whether the server lives"}, nothing(), doHealth, showHealth),
		step(route{id: "ready", paths: []string{get + "/readyz"}, open: true,
			summary: "Whether the server takes calls"}, nothing(), doReady, showHealth),
		step(route{id: "openapi", media: "application/json", paths: []string{get + "/openapi.json"}, open: true,
			summary: "This document"}, nothing(), doDocument, showDocument),
	}
	if a.Clock == nil {
		return routes
	}
	return append(routes,
		step(route{id: "clock", paths: []string{get + "/sandbox/clock"}, scope: read,
			summary: "The sandbox's time"}, nothing(), doClock, showClock),
		step(route{id: "moveClock", paths: []string{post + "/sandbox/clock"}, scope: submit,
			summary: "Move the sandbox's clock forward", doc: "What becomes due on the way is done, in its order, before the call answers."}, strict[clockIn](smallBody), doAdvance, showAdvance),
	)
}
