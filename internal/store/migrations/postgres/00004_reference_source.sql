-- +goose Up
-- The addresses from which reference data were fetched, with what their servers
-- said of the file, so that one that has not changed is not fetched again.
CREATE TABLE reference_source (
    url           TEXT    PRIMARY KEY,
    etag          TEXT    NOT NULL,
    last_modified TEXT    NOT NULL,
    checked_at    BIGINT  NOT NULL, -- wall clock, Unix milliseconds
    changed_at    BIGINT  NOT NULL, -- wall clock, Unix milliseconds
    gave          JSONB   NOT NULL -- kind, name and sum of the reports in it
);

-- Files are packed in another form from here on: they must be imported again.
DELETE FROM reference_version;
DELETE FROM reference_file;

-- +goose Down
DROP TABLE reference_source;
DELETE FROM reference_version;
DELETE FROM reference_file;
