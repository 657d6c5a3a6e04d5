-- +goose Up
-- What numbers a carrier takes: a list of areas, replaced as a whole.
CREATE TABLE coverage (
    carrier_id BIGINT PRIMARY KEY REFERENCES carrier (id),
    areas      TEXT NOT NULL
);

-- The house itself: what belongs to no account has its audit chain here.
INSERT INTO account (id, name, created) VALUES (0, 'house', 0);

-- The orders that a carrier's change may move elsewhere.
CREATE INDEX port_order_drafts ON port_order (carrier_id, id) WHERE status = 'created';

-- What a carrier was sent on a day.
CREATE INDEX submission_day ON submission (sent) WHERE kind = 'request';

-- +goose Down
DROP INDEX submission_day;
DROP INDEX port_order_drafts;
DROP TABLE coverage;
