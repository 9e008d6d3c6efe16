-- Authenticator apps stand beside the seeds of phones; recovery codes are kept as keyed hashes.
-- The counts of both stand with the person (00003), so that a login reads them with the rest.

-- +goose Up

CREATE TABLE factors (
    id        TEXT PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES persons (id),
    -- The phone that holds the secret; NULL for an app.
    device_id TEXT UNIQUE REFERENCES devices (id),
    -- What the person calls an app; empty for a phone, and for an app that is not activated.
    name      TEXT NOT NULL,
    -- The session that began an app, until it is activated: nobody else may see the secret.
    begun_by  TEXT NOT NULL,
    secret    TEXT NOT NULL, -- sealed
    last_step INTEGER NOT NULL,
    created   INTEGER NOT NULL,
    -- When an app was activated. A phone's seed counts while the phone is active.
    confirmed INTEGER NOT NULL,
    -- When a code was last used.
    used      INTEGER NOT NULL,
    CHECK ((name <> '') = (device_id IS NULL AND confirmed > 0)),
    CHECK ((begun_by <> '') = (device_id IS NULL AND confirmed = 0)),
    CHECK (device_id IS NULL OR confirmed = 0)
) STRICT;
INSERT INTO factors (id, person_id, device_id, name, begun_by, secret, last_step, created, confirmed, used)
    SELECT id, person_id, device_id, '', '', secret, last_step, created, 0, 0 FROM authenticators;
DROP TABLE authenticators;
-- The name is part of what the secrets are sealed to.
ALTER TABLE factors RENAME TO authenticators;
CREATE INDEX authenticators_person ON authenticators (person_id, created, id);
CREATE UNIQUE INDEX authenticators_begun ON authenticators (person_id) WHERE device_id IS NULL AND confirmed = 0;

-- Wrong codes are counted for each application from now on.
DELETE FROM tries WHERE scope LIKE 'codes %';

CREATE TABLE recovery_codes (
    person_id TEXT NOT NULL REFERENCES persons (id),
    hash      TEXT NOT NULL CHECK (hash <> ''),
    created   INTEGER NOT NULL,
    used      INTEGER NOT NULL,
    PRIMARY KEY (person_id, hash)
) STRICT, WITHOUT ROWID;

-- Only phones and codes that count in every organisation may answer.
ALTER TABLE approvals ADD COLUMN everywhere INTEGER NOT NULL DEFAULT 0 CHECK (everywhere IN (0, 1));
-- What answered counts for this organisation alone.
ALTER TABLE approvals ADD COLUMN local INTEGER NOT NULL DEFAULT 0 CHECK (local IN (0, 1));
-- How the person could answer when the question was asked.
ALTER TABLE approvals ADD COLUMN methods TEXT NOT NULL DEFAULT 'push,totp';

-- Who opened it for themself: a membership. NULL when an application did, or the operator.
ALTER TABLE pairings ADD COLUMN opened_by TEXT REFERENCES memberships (id);
-- The session in which they did; sessions go before pairings, so it is no reference.
ALTER TABLE pairings ADD COLUMN session TEXT NOT NULL DEFAULT '';
-- Who opened it for themself had no second factor then, and it links a phone only while that is so.
ALTER TABLE pairings ADD COLUMN first INTEGER NOT NULL DEFAULT 0 CHECK (first IN (0, 1));
