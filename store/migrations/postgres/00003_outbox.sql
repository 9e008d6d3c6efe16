-- What must still be told to people by mail, written with what it tells of.
-- oldest: 2

-- +goose Up

CREATE TABLE outbox (
    id              TEXT COLLATE "C" PRIMARY KEY,
    -- 'notice', 'letter', or 'none': for nobody, so that the work is the same.
    kind            TEXT COLLATE "C" NOT NULL,
    lane            TEXT COLLATE "C" NOT NULL,
    -- '' where there is none.
    organisation_id TEXT COLLATE "C" NOT NULL,
    person_id       TEXT COLLATE "C" NOT NULL,
    -- Sealed.
    message         TEXT COLLATE "C" NOT NULL,
    -- Who was told already, with a space between two.
    told            TEXT COLLATE "C" NOT NULL,
    at              BIGINT NOT NULL,
    next            BIGINT NOT NULL,
    -- How often it was taken: whoever took it last has it.
    attempts        BIGINT NOT NULL
);
CREATE INDEX outbox_due ON outbox (lane, next, id);
CREATE INDEX outbox_of ON outbox (person_id);
