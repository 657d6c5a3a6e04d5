-- +goose Up
-- What the simulated carriers of the sandbox got: nothing personal.
CREATE TABLE sim_receipt (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    pon         TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    kind        TEXT    NOT NULL,
    received_at INTEGER NOT NULL, -- business time, Unix milliseconds
    request     TEXT    NOT NULL CHECK (json_valid(request)),
    UNIQUE (pon, version, kind)
) STRICT;

-- +goose Down
DROP TABLE sim_receipt;
