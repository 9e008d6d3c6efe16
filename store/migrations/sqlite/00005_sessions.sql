-- Sessions of people on Aye's own pages.

-- +goose Up

CREATE TABLE sessions (
    id              TEXT PRIMARY KEY,
    -- The hash of the token that the browser holds.
    token           TEXT NOT NULL UNIQUE,
    person_id       TEXT NOT NULL REFERENCES persons (id),
    level           TEXT NOT NULL CHECK (level IN ('password', 'setup', 'reset', 'full')),
    -- Where it acts once that is picked; before that, in whose name the person is asked.
    organisation_id TEXT NOT NULL REFERENCES organisations (id),
    membership_id   TEXT NOT NULL REFERENCES memberships (id),
    picked          INTEGER NOT NULL CHECK (picked IN (0, 1)),
    -- The only organisation where it may act.
    within_id       TEXT REFERENCES organisations (id),
    method          TEXT NOT NULL,
    -- What let the person in.
    request_id      TEXT REFERENCES approvals (id),
    purpose         TEXT NOT NULL CHECK (purpose IN ('', 'enter', 'prove', 'reset')),
    waiting_id      TEXT REFERENCES approvals (id),
    attempt         INTEGER NOT NULL,
    until           INTEGER NOT NULL,
    created         INTEGER NOT NULL,
    seen            INTEGER NOT NULL,
    ends            INTEGER NOT NULL,
    proven          INTEGER NOT NULL,
    -- How long it may be left alone, and the longest that it was.
    idle            INTEGER NOT NULL,
    pause           INTEGER NOT NULL,
    ip              TEXT NOT NULL,
    place           TEXT NOT NULL,
    user_agent      TEXT NOT NULL,
    browser         TEXT NOT NULL,
    next            TEXT NOT NULL,
    CHECK (picked = 0 OR level = 'full'),
    CHECK (picked = 0 OR within_id IS NULL OR within_id = organisation_id),
    CHECK (method = '' OR request_id IS NOT NULL),
    CHECK (waiting_id IS NULL OR purpose <> ''),
    CHECK (purpose = '' OR (purpose = 'enter' AND level = 'password') OR (purpose = 'prove' AND level = 'full') OR (purpose = 'reset' AND level = 'reset'))
) STRICT;
CREATE INDEX sessions_person ON sessions (person_id, created, id);
CREATE INDEX sessions_ends ON sessions (ends);

-- Each request that a session asked, and what for: it is of use there alone.
CREATE TABLE session_requests (
    request_id TEXT PRIMARY KEY REFERENCES approvals (id),
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    purpose    TEXT NOT NULL CHECK (purpose IN ('enter', 'prove', 'reset'))
) STRICT, WITHOUT ROWID;
CREATE INDEX session_requests_session ON session_requests (session_id);

-- The organisation that a person chose last in a browser.
CREATE TABLE choices (
    person_id       TEXT NOT NULL REFERENCES persons (id),
    browser         TEXT NOT NULL,
    organisation_id TEXT NOT NULL REFERENCES organisations (id),
    at              INTEGER NOT NULL,
    PRIMARY KEY (person_id, browser)
) STRICT, WITHOUT ROWID;
CREATE INDEX choices_person ON choices (person_id, at);
CREATE INDEX choices_at ON choices (at);
