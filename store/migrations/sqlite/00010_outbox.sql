-- What must still be told to people by mail, written with what it tells of.
-- oldest: 9

-- +goose Up

CREATE TABLE outbox (
    id              TEXT PRIMARY KEY,
    -- 'notice', 'letter', or 'none': for nobody, so that the work is the same.
    kind            TEXT NOT NULL,
    lane            TEXT NOT NULL,
    -- '' where there is none.
    organisation_id TEXT NOT NULL,
    person_id       TEXT NOT NULL,
    -- Sealed.
    message         TEXT NOT NULL,
    -- Who was told already, with a space between two.
    told            TEXT NOT NULL,
    at              INTEGER NOT NULL,
    next            INTEGER NOT NULL,
    -- How often it was taken: whoever took it last has it.
    attempts        INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_due ON outbox (lane, next, id);
CREATE INDEX outbox_of ON outbox (person_id);
