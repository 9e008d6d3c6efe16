-- The log's personal values, which can be erased; its checkpoints, and what of them must still leave the house.

-- +goose Up

-- Salted hashes of the personal values, by name; null for none. They are part of what the row's hash covers.
ALTER TABLE audit_rows ADD COLUMN commitments TEXT NOT NULL DEFAULT 'null';
CREATE INDEX audit_rows_subject ON audit_rows (organisation, subject, sequence);
CREATE INDEX audit_rows_user ON audit_rows (organisation, json_extract(data, '$.user'), sequence) WHERE json_extract(data, '$.user') IS NOT NULL;
CREATE INDEX audit_rows_actor ON audit_rows (organisation, actor, sequence);

CREATE TABLE audit_personal (
    organisation TEXT NOT NULL,
    sequence     INTEGER NOT NULL,
    name         TEXT NOT NULL,
    salt         BLOB NOT NULL CHECK (length(salt) = 16),
    value        TEXT NOT NULL,
    at           INTEGER NOT NULL,
    PRIMARY KEY (organisation, sequence, name)
) STRICT, WITHOUT ROWID;
-- Where somebody sat is kept for a shorter time than the rest.
CREATE INDEX audit_personal_origin ON audit_personal (at) WHERE name IN ('ip', 'browser');

-- Whom the rows with personal values are about, so that the values are found when one of them is erased.
CREATE TABLE audit_about (
    organisation TEXT NOT NULL,
    sequence     INTEGER NOT NULL,
    id           TEXT NOT NULL,
    PRIMARY KEY (organisation, sequence, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_about_id ON audit_about (id);

CREATE TABLE audit_checkpoints (
    organisation TEXT NOT NULL,
    -- Counts from 1 in each chain.
    number       INTEGER NOT NULL CHECK (number > 0),
    -- The row that it tells of.
    sequence     INTEGER NOT NULL CHECK (sequence > 0),
    at           INTEGER NOT NULL,
    -- The rows up to that one may be dropped, and verification starts behind it.
    floor        INTEGER NOT NULL CHECK (floor IN (0, 1)),
    -- The JWS. What it says counts; the columns only find it.
    signature    TEXT NOT NULL,
    PRIMARY KEY (organisation, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_checkpoints_sequence ON audit_checkpoints (organisation, floor, sequence);

-- Checkpoints that a sink has not taken yet.
CREATE TABLE audit_outbox (
    sink         TEXT NOT NULL,
    organisation TEXT NOT NULL,
    number       INTEGER NOT NULL,
    next         INTEGER NOT NULL,
    attempts     INTEGER NOT NULL,
    PRIMARY KEY (sink, organisation, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_outbox_due ON audit_outbox (sink, next);

DROP TRIGGER audit_rows_stay;

-- +goose StatementBegin
CREATE TRIGGER audit_rows_stay BEFORE DELETE ON audit_rows
WHEN NOT EXISTS (SELECT 1 FROM audit_checkpoints WHERE organisation = OLD.organisation AND floor = 1 AND sequence >= OLD.sequence)
BEGIN
    SELECT RAISE(ABORT, 'audit rows cannot be deleted');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER audit_rows_follow BEFORE INSERT ON audit_rows
WHEN EXISTS (SELECT 1 FROM audit_rows WHERE organisation = NEW.organisation AND sequence >= NEW.sequence)
BEGIN
    SELECT RAISE(ABORT, 'audit rows come at the end');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER audit_checkpoints_stay BEFORE DELETE ON audit_checkpoints
BEGIN
    SELECT RAISE(ABORT, 'audit checkpoints cannot be deleted');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER audit_checkpoints_stand BEFORE UPDATE ON audit_checkpoints
BEGIN
    SELECT RAISE(ABORT, 'audit checkpoints cannot be changed');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER audit_personal_stand BEFORE UPDATE ON audit_personal
BEGIN
    SELECT RAISE(ABORT, 'what the audit log keeps of people can be erased and not changed');
END;
-- +goose StatementEnd

-- INSERT OR REPLACE deletes without asking the triggers of DELETE.

-- +goose StatementBegin
CREATE TRIGGER audit_checkpoints_follow BEFORE INSERT ON audit_checkpoints
WHEN EXISTS (SELECT 1 FROM audit_checkpoints WHERE organisation = NEW.organisation AND number >= NEW.number)
BEGIN
    SELECT RAISE(ABORT, 'audit checkpoints come at the end');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER audit_personal_once BEFORE INSERT ON audit_personal
WHEN EXISTS (SELECT 1 FROM audit_personal WHERE organisation = NEW.organisation AND sequence = NEW.sequence AND name = NEW.name)
BEGIN
    SELECT RAISE(ABORT, 'what the audit log keeps of people can be erased and not changed');
END;
-- +goose StatementEnd
