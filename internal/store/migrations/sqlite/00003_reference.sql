-- +goose Up
-- The files of the reference data, as they were read, and the versions that
-- consist of them. Public facts; the content is packed by package refdata.
CREATE TABLE reference_file (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    kind        TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    sha256      BLOB    NOT NULL,
    file_date   TEXT,             -- the file's own
    row_count   INTEGER NOT NULL,
    skipped     TEXT    NOT NULL CHECK (json_valid(skipped)), -- rows not used, by reason
    bad         TEXT    CHECK (json_valid(bad)),              -- some of the bad rows
    bad_rows    INTEGER NOT NULL,
    imported_at INTEGER NOT NULL, -- wall clock, Unix milliseconds
    content     BLOB    NOT NULL,
    UNIQUE (kind, sha256)
) STRICT;

CREATE TABLE reference_version (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at INTEGER NOT NULL, -- wall clock, Unix milliseconds
    active     INTEGER NOT NULL CHECK (active IN (0, 1)),
    files      TEXT    NOT NULL CHECK (json_valid(files)) -- ids of reference_file
) STRICT;

CREATE UNIQUE INDEX reference_version_active ON reference_version (active) WHERE active;

-- +goose Down
DROP TABLE reference_version;
DROP TABLE reference_file;
