-- Times are milliseconds since 1970, 0 where there is none. Columns that hold sealed values
-- say so. An absent reference is NULL, an absent text is empty.

-- +goose Up

CREATE TABLE data_keys (
    scope   TEXT PRIMARY KEY,
    wrapped BLOB NOT NULL,
    created INTEGER NOT NULL
) STRICT;

CREATE TABLE signing_keys (
    generation   INTEGER PRIMARY KEY,
    id           TEXT NOT NULL UNIQUE,
    private      TEXT NOT NULL, -- sealed
    -- The key before, empty for the first: a key has one successor.
    previous     TEXT NOT NULL UNIQUE,
    created      INTEGER NOT NULL,
    retired      INTEGER NOT NULL,
    announcement TEXT NOT NULL
) STRICT;

CREATE TABLE audit_rows (
    organisation TEXT NOT NULL,
    sequence     INTEGER NOT NULL CHECK (sequence > 0),
    actor        TEXT NOT NULL,
    action       TEXT NOT NULL,
    subject      TEXT NOT NULL,
    at           INTEGER NOT NULL,
    data         TEXT NOT NULL,
    previous     TEXT NOT NULL,
    hash         TEXT NOT NULL,
    PRIMARY KEY (organisation, sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_heads (
    organisation TEXT PRIMARY KEY,
    sequence     INTEGER NOT NULL,
    hash         TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- +goose StatementBegin
CREATE TRIGGER audit_rows_stay BEFORE DELETE ON audit_rows
BEGIN
    SELECT RAISE(ABORT, 'audit rows cannot be deleted');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER audit_rows_stand BEFORE UPDATE ON audit_rows
BEGIN
    SELECT RAISE(ABORT, 'audit rows cannot be changed');
END;
-- +goose StatementEnd

CREATE TABLE organisations (
    id                  TEXT PRIMARY KEY,
    name                TEXT NOT NULL,
    profile             TEXT NOT NULL CHECK (profile IN ('standard', 'strict')),
    allow_tap           INTEGER NOT NULL CHECK (allow_tap IN (0, 1)),
    minimum_app_version TEXT NOT NULL,
    locale              TEXT NOT NULL,
    created             INTEGER NOT NULL
) STRICT;
CREATE INDEX organisations_name ON organisations (name, id);

CREATE TABLE persons (
    id      TEXT PRIMARY KEY,
    email   TEXT NOT NULL UNIQUE CHECK (email <> ''),
    display TEXT NOT NULL,
    locale  TEXT NOT NULL,
    created INTEGER NOT NULL
) STRICT;

CREATE TABLE memberships (
    id              TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisations (id),
    person_id       TEXT NOT NULL REFERENCES persons (id),
    role            TEXT NOT NULL CHECK (role IN ('member', 'support', 'administrator', 'owner')),
    status          TEXT NOT NULL CHECK (status IN ('invited', 'active', 'ended')),
    -- The hash of the token that accepts, while the person is invited.
    invitation      TEXT NOT NULL,
    created         INTEGER NOT NULL,
    CHECK ((status = 'invited') = (invitation <> ''))
) STRICT;
CREATE UNIQUE INDEX memberships_once ON memberships (organisation_id, person_id) WHERE status <> 'ended';
CREATE UNIQUE INDEX memberships_invitation ON memberships (invitation) WHERE invitation <> '';
CREATE INDEX memberships_person ON memberships (person_id, created, id) WHERE status = 'active';

CREATE TABLE applications (
    id              TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisations (id),
    name            TEXT NOT NULL,
    origins         TEXT NOT NULL,
    may_enrol       INTEGER NOT NULL CHECK (may_enrol IN (0, 1)),
    webhook_url     TEXT NOT NULL,
    webhook_secret  TEXT NOT NULL, -- sealed
    created         INTEGER NOT NULL,
    CHECK (webhook_url = '' OR webhook_secret <> '')
) STRICT;
CREATE INDEX applications_organisation ON applications (organisation_id, name, id);
CREATE INDEX applications_name ON applications (name, id);

CREATE TABLE client_secrets (
    application_id TEXT NOT NULL REFERENCES applications (id),
    -- At most two are live, for a rotation.
    position       INTEGER NOT NULL CHECK (position IN (0, 1)),
    id             TEXT NOT NULL,
    hash           TEXT NOT NULL UNIQUE,
    created        INTEGER NOT NULL,
    PRIMARY KEY (application_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE devices (
    id                      TEXT PRIMARY KEY,
    person_id               TEXT NOT NULL REFERENCES persons (id),
    organisation_id         TEXT NOT NULL REFERENCES organisations (id),
    membership_id           TEXT NOT NULL REFERENCES memberships (id),
    -- Answers for that organisation alone.
    local                   INTEGER NOT NULL CHECK (local IN (0, 1)),
    status                  TEXT NOT NULL CHECK (status IN ('pending', 'active', 'removed')),
    platform                TEXT NOT NULL CHECK (platform IN ('ios', 'android', 'web')),
    name                    TEXT NOT NULL,
    model                   TEXT NOT NULL,
    os_version              TEXT NOT NULL,
    app_version             TEXT NOT NULL,
    locale                  TEXT NOT NULL,
    push_provider           TEXT NOT NULL CHECK (push_provider IN ('fcm', 'apns', 'none')),
    push_app                TEXT NOT NULL,
    push_kind               TEXT NOT NULL,
    push_environment        TEXT NOT NULL,
    push_address            TEXT NOT NULL, -- sealed
    push_registered         INTEGER NOT NULL,
    push_state              TEXT NOT NULL CHECK (push_state IN ('ok', 'suspect', 'dead')),
    device_key              TEXT NOT NULL,
    device_thumbprint       TEXT NOT NULL UNIQUE,
    approval_key            TEXT NOT NULL,
    approval_thumbprint     TEXT NOT NULL UNIQUE,
    created                 INTEGER NOT NULL,
    seen                    INTEGER NOT NULL,
    CHECK (status <> 'removed' OR push_address = ''),
    CHECK (push_state <> 'dead' OR push_address = '')
) STRICT;
CREATE INDEX devices_person ON devices (person_id, created, id) WHERE status <> 'removed';

CREATE TABLE proofs (
    device_id TEXT NOT NULL REFERENCES devices (id),
    jti       TEXT NOT NULL,
    until     INTEGER NOT NULL,
    PRIMARY KEY (device_id, jti)
) STRICT, WITHOUT ROWID;
CREATE INDEX proofs_until ON proofs (until);

CREATE TABLE authenticators (
    id        TEXT PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES persons (id),
    device_id TEXT NOT NULL UNIQUE REFERENCES devices (id),
    secret    TEXT NOT NULL, -- sealed
    last_step INTEGER NOT NULL,
    created   INTEGER NOT NULL
) STRICT;
CREATE INDEX authenticators_person ON authenticators (person_id, created, id);

CREATE TABLE tries (
    scope TEXT PRIMARY KEY,
    -- The times that still count, oldest first.
    times TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE approvals (
    id              TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisations (id),
    application_id  TEXT REFERENCES applications (id),
    membership_id   TEXT NOT NULL REFERENCES memberships (id),
    person_id       TEXT NOT NULL REFERENCES persons (id),
    purpose         TEXT NOT NULL CHECK (purpose IN ('login', 'new-phone')),
    state           TEXT NOT NULL CHECK (state IN ('pending', 'approved', 'released', 'denied', 'reported',
                                                   'mismatched', 'expired', 'cancelled', 'superseded', 'lapsed')),
    confirm         TEXT NOT NULL CHECK (confirm IN ('number', 'tap')),
    -- The names that the phone shows, as they were then.
    asker             TEXT NOT NULL,
    organisation_name TEXT NOT NULL,
    place             TEXT NOT NULL,
    digits          INTEGER NOT NULL,
    salt            INTEGER NOT NULL,
    ip              TEXT NOT NULL,
    user_agent      TEXT NOT NULL,
    browser         TEXT NOT NULL,
    new_browser     INTEGER NOT NULL CHECK (new_browser IN (0, 1)),
    message         TEXT NOT NULL,
    details         TEXT NOT NULL,
    challenge_nonce TEXT NOT NULL,
    challenge       TEXT NOT NULL,
    withheld        INTEGER NOT NULL CHECK (withheld IN (0, 1)),
    created         INTEGER NOT NULL,
    expires         INTEGER NOT NULL,
    subject         TEXT NOT NULL,
    decided         INTEGER NOT NULL,
    decided_by      TEXT REFERENCES devices (id),
    method          TEXT NOT NULL,
    verified        TEXT NOT NULL,
    delivered       INTEGER NOT NULL,
    redeem_by       INTEGER NOT NULL,
    redeem_key      TEXT NOT NULL,
    assertion_id    TEXT NOT NULL,
    released        INTEGER NOT NULL,
    reported        INTEGER NOT NULL,
    previous        TEXT NOT NULL,
    creation_key    TEXT NOT NULL,
    body_hash       TEXT NOT NULL,
    CHECK (purpose = 'new-phone' OR application_id IS NOT NULL),
    CHECK (state NOT IN ('approved', 'released') OR (decided > 0 AND redeem_by > 0)),
    CHECK (state <> 'released' OR released > 0),
    CHECK ((state = 'reported') = (previous <> ''))
) STRICT;
CREATE UNIQUE INDEX approvals_creation ON approvals (application_id, creation_key) WHERE creation_key <> '';
CREATE INDEX approvals_pending ON approvals (person_id, created, id) WHERE state = 'pending';
CREATE INDEX approvals_expiring ON approvals (expires) WHERE state = 'pending';
CREATE INDEX approvals_lapsing ON approvals (redeem_by) WHERE state = 'approved';
CREATE INDEX approvals_browser ON approvals (person_id, application_id, browser) WHERE state = 'released';
CREATE INDEX approvals_kept ON approvals (created) WHERE challenge <> '';
CREATE INDEX approvals_history ON approvals (person_id, created, id);

CREATE TABLE decisions (
    device_id  TEXT NOT NULL REFERENCES devices (id),
    jti        TEXT NOT NULL,
    request_id TEXT NOT NULL REFERENCES approvals (id),
    verdict    TEXT NOT NULL CHECK (verdict IN ('approve', 'deny', 'report')),
    method     TEXT NOT NULL,
    verified   TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('approved', 'denied', 'reported', 'mismatched')),
    evidence   TEXT NOT NULL CHECK (evidence <> ''),
    at         INTEGER NOT NULL,
    redeem_by  INTEGER NOT NULL,
    PRIMARY KEY (device_id, jti)
) STRICT;

CREATE TABLE deliveries (
    request_id TEXT NOT NULL REFERENCES approvals (id),
    -- The order in which the phones were linked.
    position   INTEGER NOT NULL,
    device_id  TEXT NOT NULL REFERENCES devices (id),
    device     TEXT NOT NULL,
    channel    TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('queued', 'withheld', 'failed', 'accepted', 'fetched')),
    reason     TEXT NOT NULL,
    updated    INTEGER NOT NULL,
    PRIMARY KEY (request_id, device_id)
) STRICT;

CREATE TABLE budgets (
    person_id      TEXT PRIMARY KEY REFERENCES persons (id),
    asked          TEXT NOT NULL,
    streak         INTEGER NOT NULL,
    mutes          INTEGER NOT NULL,
    muted_until    INTEGER NOT NULL,
    cautious_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE webhooks (
    id             TEXT PRIMARY KEY,
    application_id TEXT NOT NULL REFERENCES applications (id),
    request_id     TEXT NOT NULL REFERENCES approvals (id),
    membership_id  TEXT NOT NULL REFERENCES memberships (id),
    previous       TEXT NOT NULL,
    at             INTEGER NOT NULL,
    next           INTEGER NOT NULL,
    attempts       INTEGER NOT NULL
) STRICT;
CREATE INDEX webhooks_next ON webhooks (next, id);

CREATE TABLE pairings (
    id              TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisations (id),
    application_id  TEXT REFERENCES applications (id),
    membership_id   TEXT NOT NULL REFERENCES memberships (id),
    person_id       TEXT NOT NULL REFERENCES persons (id),
    state           TEXT NOT NULL CHECK (state IN ('open', 'awaiting-code', 'awaiting-approval', 'paired',
                                                   'burned', 'expired', 'cancelled')),
    generation      INTEGER NOT NULL CHECK (generation > 0),
    code_hash       TEXT NOT NULL UNIQUE,
    device_id       TEXT UNIQUE REFERENCES devices (id) DEFERRABLE INITIALLY DEFERRED,
    approval_id     TEXT REFERENCES approvals (id),
    tries           INTEGER NOT NULL,
    created         INTEGER NOT NULL,
    expires         INTEGER NOT NULL,
    ends            INTEGER NOT NULL,
    closed          INTEGER NOT NULL,
    creation_key    TEXT NOT NULL,
    body_hash       TEXT NOT NULL,
    CHECK (state NOT IN ('awaiting-code', 'awaiting-approval', 'paired') OR device_id IS NOT NULL)
) STRICT;
CREATE UNIQUE INDEX pairings_creation ON pairings (application_id, creation_key) WHERE creation_key <> '';
CREATE INDEX pairings_person ON pairings (person_id, created);
CREATE INDEX pairings_expiring ON pairings (expires) WHERE state IN ('open', 'awaiting-approval');
CREATE INDEX pairings_ending ON pairings (ends) WHERE state = 'awaiting-code';
