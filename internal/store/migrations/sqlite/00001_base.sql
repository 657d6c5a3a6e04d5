-- +goose Up
-- Instants are Unix milliseconds, dates are texts like 2026-12-01, DIDs are
-- integers of ten digits. Columns named *_sealed are encrypted and bound to
-- the row's uid. The schema of PostgreSQL has the same tables and columns.

CREATE TABLE setting (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- The head of an account's audit chain stands in its row, so that writers of
-- the chain wait for one another, and a chain that lost its end shows.
CREATE TABLE account (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    name           TEXT    NOT NULL,
    created        INTEGER NOT NULL,
    audit_sequence INTEGER NOT NULL DEFAULT 0,
    audit_hash     BLOB    NOT NULL DEFAULT x''
) STRICT;
INSERT INTO sqlite_sequence (name, seq) VALUES ('account', 10000);

CREATE TABLE token (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES account (id),
    username   TEXT    NOT NULL,
    key_id     TEXT    NOT NULL UNIQUE,
    hash       BLOB    NOT NULL,
    scopes     TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    created    INTEGER NOT NULL,
    expires    INTEGER,
    revoked    INTEGER
) STRICT;
CREATE INDEX token_account ON token (account_id, id);

CREATE TABLE audit (
    account_id INTEGER NOT NULL REFERENCES account (id),
    sequence   INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    actor      TEXT    NOT NULL,
    action     TEXT    NOT NULL,
    target     TEXT    NOT NULL,
    request_id TEXT    NOT NULL,
    data       TEXT    NOT NULL,
    hash       BLOB    NOT NULL,
    PRIMARY KEY (account_id, sequence)
) STRICT, WITHOUT ROWID;
-- +goose StatementBegin
CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN
    SELECT RAISE(ABORT, 'the audit trail is only ever added to');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit BEGIN
    SELECT RAISE(ABORT, 'the audit trail is only ever added to');
END;
-- +goose StatementEnd

CREATE TABLE carrier (
    id   INTEGER PRIMARY KEY,
    data TEXT    NOT NULL
) STRICT;

CREATE TABLE deck (
    id   INTEGER PRIMARY KEY,
    data TEXT    NOT NULL
) STRICT;

CREATE TABLE family (
    id   TEXT PRIMARY KEY,
    data TEXT NOT NULL
) STRICT;

CREATE TABLE upload (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id  INTEGER NOT NULL REFERENCES account (id),
    fingerprint BLOB    NOT NULL,
    accepted    INTEGER NOT NULL,
    created     INTEGER NOT NULL,
    rejected    TEXT    NOT NULL
) STRICT;
CREATE INDEX upload_fingerprint ON upload (account_id, fingerprint, id);

CREATE TABLE port_order (
    id                   INTEGER PRIMARY KEY AUTOINCREMENT,
    uid                  BLOB    NOT NULL,
    account_id           INTEGER NOT NULL REFERENCES account (id),
    upload_id            INTEGER NOT NULL REFERENCES upload (id),
    version              INTEGER NOT NULL,
    status               TEXT    NOT NULL,
    carrier_id           INTEGER NOT NULL,
    carrier_name         TEXT    NOT NULL,
    carrier_gateway      TEXT    NOT NULL,
    country              TEXT    NOT NULL,
    number_type          TEXT    NOT NULL,
    line_type            TEXT    NOT NULL,
    losing_id            TEXT    NOT NULL,
    losing               TEXT    NOT NULL,
    reason               TEXT    NOT NULL,
    number_count         INTEGER NOT NULL,
    quote                TEXT    NOT NULL,
    pinned               INTEGER NOT NULL,
    confirmation_sealed  BLOB    NOT NULL,
    reference            TEXT    NOT NULL,
    reference_folded     TEXT    NOT NULL, -- in lower case, which the engines make differently
    requested_foc        TEXT    NOT NULL,
    pon                  TEXT    NOT NULL,
    pon_version          INTEGER NOT NULL,
    answer_due           INTEGER,
    foc_date             TEXT    NOT NULL,
    foc                  TEXT,
    reject_sealed        BLOB,
    cancel_reason_sealed BLOB,
    sequence             INTEGER NOT NULL,
    created              INTEGER NOT NULL,
    submitted            INTEGER,
    completed            INTEGER,
    updated              INTEGER NOT NULL
) STRICT;
-- All that a page of orders is selected by: port_order_list is read instead of
-- the rows, which are a hundred times as long.
CREATE INDEX port_order_list ON port_order (account_id, id, status, carrier_id, losing_id, number_type, foc_date, created);
CREATE INDEX port_order_search ON port_order (account_id, reference_folded) WHERE reference_folded <> '';
CREATE INDEX port_order_pon ON port_order (pon) WHERE pon <> '';
CREATE INDEX port_order_status ON port_order (account_id, status, id);
CREATE INDEX port_order_upload ON port_order (upload_id);
CREATE INDEX port_order_reference ON port_order (account_id, reference) WHERE reference <> '';

-- held: the number is in an open order, and in no other one of its account.
CREATE TABLE order_number (
    order_id       INTEGER NOT NULL REFERENCES port_order (id) ON DELETE CASCADE,
    did            INTEGER NOT NULL,
    account_id     INTEGER NOT NULL,
    position       INTEGER NOT NULL,
    status         TEXT    NOT NULL,
    held           INTEGER NOT NULL,
    port_fee       TEXT    NOT NULL,
    mrc            TEXT    NOT NULL,
    message_sealed BLOB,
    facts          TEXT    NOT NULL,
    PRIMARY KEY (order_id, did)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX order_number_held ON order_number (account_id, did) WHERE held;
CREATE INDEX order_number_ported ON order_number (account_id, did) WHERE status = 'ported';
CREATE INDEX order_number_did ON order_number (did);

-- Which submitted order has a number, over all accounts.
CREATE TABLE claim (
    did      INTEGER PRIMARY KEY,
    order_id INTEGER NOT NULL REFERENCES port_order (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX claim_order ON claim (order_id);

-- The timeline outlives its order.
CREATE TABLE entry (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    order_id INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    type     TEXT    NOT NULL,
    by_whom  TEXT    NOT NULL,
    data     TEXT    NOT NULL
) STRICT;
CREATE INDEX entry_order ON entry (order_id, id);
CREATE UNIQUE INDEX entry_sequence ON entry (order_id, sequence) WHERE sequence > 0;

CREATE TABLE tag (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    order_id    INTEGER NOT NULL REFERENCES port_order (id) ON DELETE CASCADE,
    uid         BLOB    NOT NULL,
    text_mac    BLOB    NOT NULL,
    text_sealed BLOB    NOT NULL,
    at          INTEGER NOT NULL,
    UNIQUE (order_id, text_mac)
) STRICT;

CREATE TABLE comment (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    order_id    INTEGER NOT NULL REFERENCES port_order (id) ON DELETE CASCADE,
    uid         BLOB    NOT NULL,
    by_whom     TEXT    NOT NULL,
    text_sealed BLOB    NOT NULL,
    at          INTEGER NOT NULL
) STRICT;
CREATE INDEX comment_order ON comment (order_id, id);

CREATE TABLE file (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    uid           BLOB    NOT NULL,
    order_id      INTEGER NOT NULL REFERENCES port_order (id) ON DELETE CASCADE,
    kind          TEXT    NOT NULL,
    name_sealed   BLOB    NOT NULL,
    content_type  TEXT    NOT NULL,
    size          INTEGER NOT NULL,
    sha256        BLOB    NOT NULL,
    blob_key      TEXT    NOT NULL,
    warnings      TEXT    NOT NULL,
    document_date TEXT    NOT NULL,
    uploaded      INTEGER NOT NULL,
    replaced      INTEGER,
    removed       INTEGER
) STRICT;
CREATE INDEX file_order ON file (order_id, id);

-- What must happen to an order at a business time. lease: until that
-- wall-clock time a job is alive for it.
CREATE TABLE due (
    order_id INTEGER NOT NULL REFERENCES port_order (id) ON DELETE CASCADE,
    kind     TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    reason   TEXT    NOT NULL,
    lease    INTEGER,
    PRIMARY KEY (order_id, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX due_at ON due (at);

CREATE TABLE submission (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    order_id INTEGER NOT NULL REFERENCES port_order (id) ON DELETE CASCADE,
    kind     TEXT    NOT NULL,
    version  INTEGER NOT NULL,
    state    TEXT    NOT NULL,
    attempts INTEGER NOT NULL,
    lease    INTEGER,
    created  INTEGER NOT NULL,
    sent     INTEGER
) STRICT;
CREATE INDEX submission_order ON submission (order_id, kind, id);
CREATE UNIQUE INDEX submission_once ON submission (order_id, version) WHERE kind = 'request';

-- The carriers' answers that have been taken in.
CREATE TABLE heard (
    order_id INTEGER NOT NULL REFERENCES port_order (id) ON DELETE CASCADE,
    key      TEXT    NOT NULL,
    PRIMARY KEY (order_id, key)
) STRICT, WITHOUT ROWID;

-- Answers of calls with an idempotency key.
CREATE TABLE answer (
    account_id  INTEGER NOT NULL REFERENCES account (id),
    key_mac     BLOB    NOT NULL,
    uid         BLOB    NOT NULL,
    fingerprint BLOB    NOT NULL,
    status      INTEGER NOT NULL,
    body_sealed BLOB    NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (account_id, key_mac)
) STRICT, WITHOUT ROWID;
CREATE INDEX answer_at ON answer (at);

-- +goose Down
DROP TABLE answer;
DROP TABLE heard;
DROP TABLE submission;
DROP TABLE due;
DROP TABLE file;
DROP TABLE comment;
DROP TABLE tag;
DROP TABLE entry;
DROP TABLE claim;
DROP TABLE order_number;
DROP TABLE port_order;
DROP TABLE upload;
DROP TABLE family;
DROP TABLE deck;
DROP TABLE carrier;
DROP TABLE audit;
DROP TABLE token;
DROP TABLE account;
DROP TABLE setting;
