-- What the steps of SQLite made, up to 00008, for PostgreSQL 14 and later. Times are milliseconds since 1970, 0 where there is
-- none; flags are 0 and 1. Texts sort by their bytes, as in SQLite. Columns that hold sealed values say so. An absent reference
-- is NULL, an absent text is empty.

-- +goose Up

-- As SQLite numbers the rows itself: one more than the newest. Two at one time end at the key.
-- +goose StatementBegin
CREATE FUNCTION next_generation() RETURNS BIGINT LANGUAGE plpgsql AS $$
BEGIN
    RETURN (SELECT COALESCE(MAX(generation), 0) + 1 FROM signing_keys);
END $$;
-- +goose StatementEnd

CREATE TABLE data_keys (
    scope   TEXT COLLATE "C" PRIMARY KEY,
    wrapped BYTEA NOT NULL,
    created BIGINT NOT NULL
);

CREATE TABLE signing_keys (
    generation   BIGINT PRIMARY KEY DEFAULT next_generation(),
    id           TEXT COLLATE "C" NOT NULL UNIQUE,
    private      TEXT COLLATE "C" NOT NULL, -- sealed
    -- The key before, empty for the first: a key has one successor.
    previous     TEXT COLLATE "C" NOT NULL UNIQUE,
    created      BIGINT NOT NULL,
    retired      BIGINT NOT NULL,
    announcement TEXT COLLATE "C" NOT NULL
);

CREATE TABLE organisations (
    id                  TEXT COLLATE "C" PRIMARY KEY,
    name                TEXT COLLATE "C" NOT NULL,
    profile             TEXT COLLATE "C" NOT NULL CHECK (profile IN ('standard', 'strict')),
    allow_tap           BIGINT NOT NULL CHECK (allow_tap IN (0, 1)),
    minimum_app_version TEXT COLLATE "C" NOT NULL,
    locale              TEXT COLLATE "C" NOT NULL,
    created             BIGINT NOT NULL,
    second_factor_from  BIGINT NOT NULL DEFAULT 0,
    methods             TEXT COLLATE "C" NOT NULL DEFAULT '',
    session_idle        BIGINT NOT NULL DEFAULT 0, -- seconds
    session_life        BIGINT NOT NULL DEFAULT 0, -- seconds
    colour              TEXT COLLATE "C" NOT NULL DEFAULT '',
    logo_type           TEXT COLLATE "C" NOT NULL DEFAULT '',
    -- The shortest that a case waits here, in milliseconds; and what a person without a phone reads, who looks for help.
    case_wait           BIGINT NOT NULL DEFAULT 0 CHECK (case_wait >= 0),
    support_contact     TEXT COLLATE "C" NOT NULL DEFAULT ''
);
CREATE INDEX organisations_name ON organisations (name, id);
CREATE INDEX organisations_factor ON organisations (second_factor_from) WHERE second_factor_from > 0;

CREATE TABLE persons (
    id             TEXT COLLATE "C" PRIMARY KEY,
    email          TEXT COLLATE "C" NOT NULL UNIQUE CHECK (email <> ''),
    display        TEXT COLLATE "C" NOT NULL,
    locale         TEXT COLLATE "C" NOT NULL,
    created        BIGINT NOT NULL,
    password_set   BIGINT NOT NULL DEFAULT 0,
    number         TEXT COLLATE "C" NOT NULL DEFAULT '', -- sealed
    -- A keyed hash of the number.
    number_index   TEXT COLLATE "C" NOT NULL DEFAULT '',
    number_proven  BIGINT NOT NULL DEFAULT 0,
    -- Counts of what stands in other tables, changed with it, so that a login reads one row.
    apps           BIGINT NOT NULL DEFAULT 0 CHECK (apps >= 0),
    recovery_codes BIGINT NOT NULL DEFAULT 0 CHECK (recovery_codes >= 0),
    -- When the person chose codes in text messages as the second factor; 0 for never.
    texts          BIGINT NOT NULL DEFAULT 0,
    -- Since when the number is another one, or was added by somebody who had a factor; 0 for the first of somebody new.
    number_changed BIGINT NOT NULL DEFAULT 0,
    -- The case by which the person lost all second factors, until a new phone is linked; '' for none.
    recovering     TEXT COLLATE "C" NOT NULL DEFAULT '',
    -- When the person was erased; 0 for who was not.
    erased         BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX persons_number ON persons (number_index) WHERE number_index <> '';

CREATE TABLE memberships (
    id              TEXT COLLATE "C" PRIMARY KEY,
    organisation_id TEXT COLLATE "C" NOT NULL REFERENCES organisations (id),
    person_id       TEXT COLLATE "C" NOT NULL REFERENCES persons (id),
    role            TEXT COLLATE "C" NOT NULL CHECK (role IN ('member', 'support', 'administrator', 'owner')),
    status          TEXT COLLATE "C" NOT NULL CHECK (status IN ('invited', 'active', 'ended')),
    -- The hash of the token that accepts, while the person is invited.
    invitation      TEXT COLLATE "C" NOT NULL,
    created         BIGINT NOT NULL,
    -- When the newest invitation was made and by what name, and of which date the person was told that a second factor is asked for.
    invited         BIGINT NOT NULL DEFAULT 0,
    invited_as      TEXT COLLATE "C" NOT NULL DEFAULT '',
    reminded        BIGINT NOT NULL DEFAULT 0,
    -- The index of the number that an administrator lets count, however new it is.
    vouched         TEXT COLLATE "C" NOT NULL DEFAULT '',
    -- Who gave the role ('operator', or '' for one of before this was written down), since when it is held, and the highest
    -- that was held before it.
    role_by         TEXT COLLATE "C" NOT NULL DEFAULT '',
    role_since      BIGINT NOT NULL DEFAULT 0,
    role_before     TEXT COLLATE "C" NOT NULL DEFAULT '',
    CHECK ((status = 'invited') = (invitation <> ''))
);
CREATE UNIQUE INDEX memberships_once ON memberships (organisation_id, person_id) WHERE status <> 'ended';
CREATE UNIQUE INDEX memberships_invitation ON memberships (invitation) WHERE invitation <> '';
CREATE INDEX memberships_person ON memberships (person_id, created, id) WHERE status = 'active';
CREATE INDEX memberships_of ON memberships (person_id) WHERE status <> 'ended';
CREATE INDEX memberships_ended ON memberships (person_id) WHERE status = 'ended';

CREATE TABLE applications (
    id               TEXT COLLATE "C" PRIMARY KEY,
    organisation_id  TEXT COLLATE "C" NOT NULL REFERENCES organisations (id),
    name             TEXT COLLATE "C" NOT NULL,
    origins          TEXT COLLATE "C" NOT NULL,
    may_enrol        BIGINT NOT NULL CHECK (may_enrol IN (0, 1)),
    webhook_url      TEXT COLLATE "C" NOT NULL,
    webhook_secret   TEXT COLLATE "C" NOT NULL, -- sealed
    created          BIGINT NOT NULL,
    kind             TEXT COLLATE "C" NOT NULL DEFAULT 'client' CHECK (kind IN ('client', 'portal')),
    link             TEXT COLLATE "C" NOT NULL DEFAULT '',
    may_manage_texts BIGINT NOT NULL DEFAULT 0 CHECK (may_manage_texts IN (0, 1)),
    CHECK (webhook_url = '' OR webhook_secret <> '')
);
CREATE INDEX applications_organisation ON applications (organisation_id, name, id);
CREATE INDEX applications_name ON applications (name, id);
CREATE UNIQUE INDEX applications_portal ON applications (organisation_id) WHERE kind = 'portal';

CREATE TABLE client_secrets (
    application_id TEXT COLLATE "C" NOT NULL REFERENCES applications (id),
    -- At most two are live, for a rotation.
    position       BIGINT NOT NULL CHECK (position IN (0, 1)),
    id             TEXT COLLATE "C" NOT NULL,
    hash           TEXT COLLATE "C" NOT NULL UNIQUE,
    created        BIGINT NOT NULL,
    PRIMARY KEY (application_id, position)
);

CREATE TABLE devices (
    id                  TEXT COLLATE "C" PRIMARY KEY,
    person_id           TEXT COLLATE "C" NOT NULL REFERENCES persons (id),
    organisation_id     TEXT COLLATE "C" NOT NULL REFERENCES organisations (id),
    membership_id       TEXT COLLATE "C" NOT NULL REFERENCES memberships (id),
    -- Answers for that organisation alone.
    local               BIGINT NOT NULL CHECK (local IN (0, 1)),
    status              TEXT COLLATE "C" NOT NULL CHECK (status IN ('pending', 'active', 'removed')),
    platform            TEXT COLLATE "C" NOT NULL CHECK (platform IN ('ios', 'android', 'web')),
    name                TEXT COLLATE "C" NOT NULL,
    model               TEXT COLLATE "C" NOT NULL,
    os_version          TEXT COLLATE "C" NOT NULL,
    app_version         TEXT COLLATE "C" NOT NULL,
    locale              TEXT COLLATE "C" NOT NULL,
    push_provider       TEXT COLLATE "C" NOT NULL CHECK (push_provider IN ('fcm', 'apns', 'none')),
    push_app            TEXT COLLATE "C" NOT NULL,
    push_kind           TEXT COLLATE "C" NOT NULL,
    push_environment    TEXT COLLATE "C" NOT NULL,
    push_address        TEXT COLLATE "C" NOT NULL, -- sealed
    push_registered     BIGINT NOT NULL,
    push_state          TEXT COLLATE "C" NOT NULL CHECK (push_state IN ('ok', 'suspect', 'dead')),
    device_key          TEXT COLLATE "C" NOT NULL,
    device_thumbprint   TEXT COLLATE "C" NOT NULL UNIQUE,
    approval_key        TEXT COLLATE "C" NOT NULL,
    approval_thumbprint TEXT COLLATE "C" NOT NULL UNIQUE,
    created             BIGINT NOT NULL,
    seen                BIGINT NOT NULL,
    -- The case that removed the phone, which can still stop it; '' for none.
    removed_case        TEXT COLLATE "C" NOT NULL DEFAULT '',
    CHECK (status <> 'removed' OR push_address = ''),
    CHECK (push_state <> 'dead' OR push_address = '')
);
CREATE INDEX devices_person ON devices (person_id, created, id) WHERE status <> 'removed';
CREATE INDEX devices_removed ON devices (person_id) WHERE status = 'removed';

CREATE TABLE proofs (
    device_id TEXT COLLATE "C" NOT NULL REFERENCES devices (id),
    jti       TEXT COLLATE "C" NOT NULL,
    until     BIGINT NOT NULL,
    PRIMARY KEY (device_id, jti)
);
CREATE INDEX proofs_until ON proofs (until);

CREATE TABLE authenticators (
    id        TEXT COLLATE "C" PRIMARY KEY,
    person_id TEXT COLLATE "C" NOT NULL REFERENCES persons (id),
    -- The phone that holds the secret; NULL for an app.
    device_id TEXT COLLATE "C" UNIQUE REFERENCES devices (id),
    -- What the person calls an app; empty for a phone, and for an app that is not activated.
    name      TEXT COLLATE "C" NOT NULL,
    -- The session that began an app, until it is activated: nobody else may see the secret.
    begun_by  TEXT COLLATE "C" NOT NULL,
    secret    TEXT COLLATE "C" NOT NULL, -- sealed
    last_step BIGINT NOT NULL,
    created   BIGINT NOT NULL,
    -- When an app was activated. A phone's seed counts while the phone is active.
    confirmed BIGINT NOT NULL,
    -- When a code was last used.
    used      BIGINT NOT NULL,
    CHECK ((name <> '') = (device_id IS NULL AND confirmed > 0)),
    CHECK ((begun_by <> '') = (device_id IS NULL AND confirmed = 0)),
    CHECK (device_id IS NULL OR confirmed = 0)
);
CREATE INDEX authenticators_person ON authenticators (person_id, created, id);
CREATE UNIQUE INDEX authenticators_begun ON authenticators (person_id) WHERE device_id IS NULL AND confirmed = 0;

CREATE TABLE recovery_codes (
    person_id TEXT COLLATE "C" NOT NULL REFERENCES persons (id),
    hash      TEXT COLLATE "C" NOT NULL CHECK (hash <> ''),
    created   BIGINT NOT NULL,
    used      BIGINT NOT NULL,
    PRIMARY KEY (person_id, hash)
);

CREATE TABLE tries (
    scope TEXT COLLATE "C" PRIMARY KEY,
    -- The times that still count, oldest first.
    times TEXT COLLATE "C" NOT NULL
);

-- Requests go by month: ids begin with their time. Months are made ahead; what fits none is in the default one.
CREATE TABLE approvals (
    id                TEXT COLLATE "C" PRIMARY KEY,
    organisation_id   TEXT COLLATE "C" NOT NULL REFERENCES organisations (id),
    application_id    TEXT COLLATE "C" REFERENCES applications (id),
    membership_id     TEXT COLLATE "C" NOT NULL REFERENCES memberships (id),
    person_id         TEXT COLLATE "C" NOT NULL REFERENCES persons (id),
    purpose           TEXT COLLATE "C" NOT NULL CHECK (purpose IN ('login', 'new-phone')),
    state             TEXT COLLATE "C" NOT NULL CHECK (state IN ('pending', 'approved', 'released', 'denied', 'reported',
                                                   'mismatched', 'expired', 'cancelled', 'superseded', 'lapsed')),
    confirm           TEXT COLLATE "C" NOT NULL CHECK (confirm IN ('number', 'tap')),
    -- The names that the phone shows, as they were then.
    asker             TEXT COLLATE "C" NOT NULL,
    organisation_name TEXT COLLATE "C" NOT NULL,
    place             TEXT COLLATE "C" NOT NULL,
    digits            BIGINT NOT NULL,
    salt              BIGINT NOT NULL,
    ip                TEXT COLLATE "C" NOT NULL,
    user_agent        TEXT COLLATE "C" NOT NULL,
    browser           TEXT COLLATE "C" NOT NULL,
    new_browser       BIGINT NOT NULL CHECK (new_browser IN (0, 1)),
    message           TEXT COLLATE "C" NOT NULL,
    details           TEXT COLLATE "C" NOT NULL,
    challenge_nonce   TEXT COLLATE "C" NOT NULL,
    challenge         TEXT COLLATE "C" NOT NULL,
    withheld          BIGINT NOT NULL CHECK (withheld IN (0, 1)),
    created           BIGINT NOT NULL,
    expires           BIGINT NOT NULL,
    subject           TEXT COLLATE "C" NOT NULL,
    decided           BIGINT NOT NULL,
    decided_by        TEXT COLLATE "C" REFERENCES devices (id),
    method            TEXT COLLATE "C" NOT NULL,
    verified          TEXT COLLATE "C" NOT NULL,
    delivered         BIGINT NOT NULL,
    redeem_by         BIGINT NOT NULL,
    redeem_key        TEXT COLLATE "C" NOT NULL,
    assertion_id      TEXT COLLATE "C" NOT NULL,
    released          BIGINT NOT NULL,
    reported          BIGINT NOT NULL,
    previous          TEXT COLLATE "C" NOT NULL,
    creation_key      TEXT COLLATE "C" NOT NULL,
    body_hash         TEXT COLLATE "C" NOT NULL,
    -- Only phones and codes that count in every organisation may answer.
    everywhere        BIGINT NOT NULL DEFAULT 0 CHECK (everywhere IN (0, 1)),
    -- What answered counts for this organisation alone.
    local             BIGINT NOT NULL DEFAULT 0 CHECK (local IN (0, 1)),
    -- How the person could answer when the question was asked.
    methods           TEXT COLLATE "C" NOT NULL DEFAULT 'push,totp',
    CHECK (purpose = 'new-phone' OR application_id IS NOT NULL),
    CHECK (state NOT IN ('approved', 'released') OR (decided > 0 AND redeem_by > 0)),
    CHECK (state <> 'released' OR released > 0),
    CHECK ((state = 'reported') = (previous <> ''))
) PARTITION BY RANGE (id);
CREATE TABLE approvals_default PARTITION OF approvals DEFAULT;
CREATE INDEX approvals_expiring ON approvals (expires) WHERE state = 'pending';
CREATE INDEX approvals_lapsing ON approvals (redeem_by) WHERE state = 'approved';
CREATE INDEX approvals_browser ON approvals (person_id, application_id, browser) WHERE state = 'released';
CREATE INDEX approvals_kept ON approvals (created) WHERE challenge <> '';
CREATE INDEX approvals_history ON approvals (person_id, created, id);
CREATE INDEX approvals_pending ON approvals (person_id, state, created, id) WHERE state = 'pending';

-- The creation keys of requests, of all months: a unique index of a partitioned table could not hold them apart. Triggers keep it.
CREATE TABLE approval_keys (
    application_id TEXT COLLATE "C" NOT NULL,
    creation_key   TEXT COLLATE "C" NOT NULL,
    request_id     TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (application_id, creation_key)
);

-- Not by month: what a phone used once it may never use again, in no month.
CREATE TABLE decisions (
    device_id  TEXT COLLATE "C" NOT NULL REFERENCES devices (id),
    jti        TEXT COLLATE "C" NOT NULL,
    request_id TEXT COLLATE "C" NOT NULL REFERENCES approvals (id),
    verdict    TEXT COLLATE "C" NOT NULL CHECK (verdict IN ('approve', 'deny', 'report')),
    method     TEXT COLLATE "C" NOT NULL,
    verified   TEXT COLLATE "C" NOT NULL,
    state      TEXT COLLATE "C" NOT NULL CHECK (state IN ('approved', 'denied', 'reported', 'mismatched')),
    evidence   TEXT COLLATE "C" NOT NULL CHECK (evidence <> ''),
    at         BIGINT NOT NULL,
    redeem_by  BIGINT NOT NULL,
    PRIMARY KEY (device_id, jti)
);

CREATE TABLE deliveries (
    request_id TEXT COLLATE "C" NOT NULL REFERENCES approvals (id),
    -- The order in which the phones were linked.
    position   BIGINT NOT NULL,
    device_id  TEXT COLLATE "C" NOT NULL REFERENCES devices (id),
    device     TEXT COLLATE "C" NOT NULL,
    channel    TEXT COLLATE "C" NOT NULL,
    state      TEXT COLLATE "C" NOT NULL CHECK (state IN ('queued', 'withheld', 'failed', 'accepted', 'fetched')),
    reason     TEXT COLLATE "C" NOT NULL,
    updated    BIGINT NOT NULL,
    PRIMARY KEY (request_id, device_id)
) PARTITION BY RANGE (request_id);
CREATE TABLE deliveries_default PARTITION OF deliveries DEFAULT;

CREATE TABLE budgets (
    person_id      TEXT COLLATE "C" PRIMARY KEY REFERENCES persons (id),
    asked          TEXT COLLATE "C" NOT NULL,
    streak         BIGINT NOT NULL,
    mutes          BIGINT NOT NULL,
    muted_until    BIGINT NOT NULL,
    cautious_until BIGINT NOT NULL
);

CREATE TABLE webhooks (
    id             TEXT COLLATE "C" PRIMARY KEY,
    application_id TEXT COLLATE "C" NOT NULL REFERENCES applications (id),
    request_id     TEXT COLLATE "C" NOT NULL REFERENCES approvals (id),
    membership_id  TEXT COLLATE "C" NOT NULL REFERENCES memberships (id),
    previous       TEXT COLLATE "C" NOT NULL,
    at             BIGINT NOT NULL,
    next           BIGINT NOT NULL,
    attempts       BIGINT NOT NULL
);
CREATE INDEX webhooks_next ON webhooks (next, id);

CREATE TABLE pairings (
    id              TEXT COLLATE "C" PRIMARY KEY,
    organisation_id TEXT COLLATE "C" NOT NULL REFERENCES organisations (id),
    application_id  TEXT COLLATE "C" REFERENCES applications (id),
    membership_id   TEXT COLLATE "C" NOT NULL REFERENCES memberships (id),
    person_id       TEXT COLLATE "C" NOT NULL REFERENCES persons (id),
    state           TEXT COLLATE "C" NOT NULL CHECK (state IN ('open', 'awaiting-code', 'awaiting-approval', 'paired',
                                                   'burned', 'expired', 'cancelled')),
    generation      BIGINT NOT NULL CHECK (generation > 0),
    code_hash       TEXT COLLATE "C" NOT NULL UNIQUE,
    device_id       TEXT COLLATE "C" UNIQUE REFERENCES devices (id) DEFERRABLE INITIALLY DEFERRED,
    approval_id     TEXT COLLATE "C" REFERENCES approvals (id),
    tries           BIGINT NOT NULL,
    created         BIGINT NOT NULL,
    expires         BIGINT NOT NULL,
    ends            BIGINT NOT NULL,
    closed          BIGINT NOT NULL,
    creation_key    TEXT COLLATE "C" NOT NULL,
    body_hash       TEXT COLLATE "C" NOT NULL,
    -- Who opened it for themself: a membership. NULL when an application did, or the operator.
    opened_by       TEXT COLLATE "C" REFERENCES memberships (id),
    -- The session in which they did; sessions go before pairings, so it is no reference.
    session         TEXT COLLATE "C" NOT NULL DEFAULT '',
    -- Who opened it for themself had no second factor then, and it links a phone only while that is so.
    first           BIGINT NOT NULL DEFAULT 0 CHECK (first IN (0, 1)),
    CHECK (state NOT IN ('awaiting-code', 'awaiting-approval', 'paired') OR device_id IS NOT NULL)
);
CREATE UNIQUE INDEX pairings_creation ON pairings (application_id, creation_key) WHERE creation_key <> '';
CREATE INDEX pairings_person ON pairings (person_id, created);
CREATE INDEX pairings_expiring ON pairings (expires) WHERE state IN ('open', 'awaiting-approval');
CREATE INDEX pairings_ending ON pairings (ends) WHERE state = 'awaiting-code';

CREATE TABLE logos (
    organisation_id TEXT COLLATE "C" PRIMARY KEY REFERENCES organisations (id),
    type            TEXT COLLATE "C" NOT NULL,
    data            BYTEA NOT NULL CHECK (length(data) > 0)
);

-- Apart from people, so that what lists people never reads a hash.
CREATE TABLE passwords (
    person_id TEXT COLLATE "C" PRIMARY KEY REFERENCES persons (id),
    hash      TEXT COLLATE "C" NOT NULL CHECK (hash <> '')
);

-- Wrong passwords in a row. The account is a keyed hash of an address, which may be nobody's.
CREATE TABLE password_tries (
    account  TEXT COLLATE "C" NOT NULL,
    scope    TEXT COLLATE "C" NOT NULL,
    failures BIGINT NOT NULL,
    until    BIGINT NOT NULL,
    -- Counted up to what makes the password unusable: then it is kept.
    final    BIGINT NOT NULL CHECK (final IN (0, 1)),
    last     BIGINT NOT NULL,
    PRIMARY KEY (account, scope)
);
CREATE INDEX password_tries_last ON password_tries (last) WHERE final = 0;

CREATE TABLE person_browsers (
    person_id TEXT COLLATE "C" NOT NULL REFERENCES persons (id),
    browser   TEXT COLLATE "C" NOT NULL, -- hash
    created   BIGINT NOT NULL,
    seen      BIGINT NOT NULL,
    PRIMARY KEY (person_id, browser)
);
CREATE INDEX person_browsers_seen ON person_browsers (seen);

CREATE TABLE letters (
    hash      TEXT COLLATE "C" PRIMARY KEY,
    kind      TEXT COLLATE "C" NOT NULL CHECK (kind IN ('reset', 'email', 'invitation')),
    -- NULL where nobody has the address: such a letter is counted and never sent. So are invitations counted.
    person_id TEXT COLLATE "C" REFERENCES persons (id),
    -- A keyed hash of where it went, or of the organisation that invites.
    address   TEXT COLLATE "C" NOT NULL,
    email     TEXT COLLATE "C" NOT NULL, -- sealed
    created   BIGINT NOT NULL,
    used      BIGINT NOT NULL,
    CHECK (kind <> 'email' OR (person_id IS NOT NULL AND email <> ''))
);
CREATE INDEX letters_address ON letters (kind, address, created);
CREATE INDEX letters_person ON letters (person_id, kind, created);
CREATE INDEX letters_created ON letters (created);

CREATE TABLE number_proofs (
    id           TEXT COLLATE "C" PRIMARY KEY,
    person_id    TEXT COLLATE "C" NOT NULL REFERENCES persons (id),
    number       TEXT COLLATE "C" NOT NULL, -- sealed
    number_index TEXT COLLATE "C" NOT NULL,
    code         TEXT COLLATE "C" NOT NULL, -- keyed hash
    tries        BIGINT NOT NULL,
    created      BIGINT NOT NULL,
    used         BIGINT NOT NULL
);
CREATE INDEX number_proofs_person ON number_proofs (person_id, created, id);
CREATE INDEX number_proofs_number ON number_proofs (number_index, created);
CREATE INDEX number_proofs_created ON number_proofs (created);

CREATE TABLE imports (
    id              TEXT COLLATE "C" PRIMARY KEY,
    organisation_id TEXT COLLATE "C" NOT NULL REFERENCES organisations (id),
    state           TEXT COLLATE "C" NOT NULL CHECK (state IN ('planned', 'running', 'done', 'stopped')),
    -- Who planned it: a membership or the operator.
    planned_by      TEXT COLLATE "C" NOT NULL,
    role            TEXT COLLATE "C" NOT NULL,
    known           BIGINT NOT NULL,
    total           BIGINT NOT NULL,
    done            BIGINT NOT NULL,
    people          TEXT COLLATE "C" NOT NULL, -- sealed
    wrong           TEXT COLLATE "C" NOT NULL, -- sealed
    created         BIGINT NOT NULL,
    CHECK (done <= total)
);
CREATE INDEX imports_organisation ON imports (organisation_id, created);
CREATE INDEX imports_running ON imports (created) WHERE state = 'running';
CREATE INDEX imports_created ON imports (created) WHERE state <> 'running';

CREATE TABLE sessions (
    id              TEXT COLLATE "C" PRIMARY KEY,
    -- The hash of the token that the browser holds.
    token           TEXT COLLATE "C" NOT NULL UNIQUE,
    person_id       TEXT COLLATE "C" NOT NULL REFERENCES persons (id),
    level           TEXT COLLATE "C" NOT NULL CHECK (level IN ('password', 'setup', 'reset', 'full')),
    -- Where it acts once that is picked; before that, in whose name the person is asked.
    organisation_id TEXT COLLATE "C" NOT NULL REFERENCES organisations (id),
    membership_id   TEXT COLLATE "C" NOT NULL REFERENCES memberships (id),
    picked          BIGINT NOT NULL CHECK (picked IN (0, 1)),
    -- The only organisation where it may act.
    within_id       TEXT COLLATE "C" REFERENCES organisations (id),
    method          TEXT COLLATE "C" NOT NULL,
    -- What let the person in.
    request_id      TEXT COLLATE "C" REFERENCES approvals (id),
    purpose         TEXT COLLATE "C" NOT NULL CHECK (purpose IN ('', 'enter', 'prove', 'reset')),
    waiting_id      TEXT COLLATE "C" REFERENCES approvals (id),
    attempt         BIGINT NOT NULL,
    until           BIGINT NOT NULL,
    created         BIGINT NOT NULL,
    seen            BIGINT NOT NULL,
    ends            BIGINT NOT NULL,
    proven          BIGINT NOT NULL,
    -- How long it may be left alone, and the longest that it was.
    idle            BIGINT NOT NULL,
    pause           BIGINT NOT NULL,
    ip              TEXT COLLATE "C" NOT NULL,
    place           TEXT COLLATE "C" NOT NULL,
    user_agent      TEXT COLLATE "C" NOT NULL,
    browser         TEXT COLLATE "C" NOT NULL,
    next            TEXT COLLATE "C" NOT NULL,
    -- What a person proves themself again for.
    about           TEXT COLLATE "C" NOT NULL DEFAULT '',
    -- The case whose link began the session; '' for none.
    case_id         TEXT COLLATE "C" NOT NULL DEFAULT '',
    -- The second factor by which the person was proven last; '' for none.
    proven_by       TEXT COLLATE "C" NOT NULL DEFAULT '',
    CHECK (picked = 0 OR level = 'full'),
    CHECK (picked = 0 OR within_id IS NULL OR within_id = organisation_id),
    CHECK (method = '' OR request_id IS NOT NULL),
    CHECK (waiting_id IS NULL OR purpose <> ''),
    CHECK (purpose = '' OR (purpose = 'enter' AND level = 'password') OR (purpose = 'prove' AND level = 'full') OR (purpose = 'reset' AND level = 'reset'))
);
CREATE INDEX sessions_person ON sessions (person_id, created, id);
CREATE INDEX sessions_ends ON sessions (ends);

-- Each request that a session asked, and what for: it is of use there alone.
CREATE TABLE session_requests (
    request_id TEXT COLLATE "C" PRIMARY KEY REFERENCES approvals (id),
    session_id TEXT COLLATE "C" NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    purpose    TEXT COLLATE "C" NOT NULL CHECK (purpose IN ('enter', 'prove', 'reset'))
);
CREATE INDEX session_requests_session ON session_requests (session_id);

-- The organisation that a person chose last in a browser.
CREATE TABLE choices (
    person_id       TEXT COLLATE "C" NOT NULL REFERENCES persons (id),
    browser         TEXT COLLATE "C" NOT NULL,
    organisation_id TEXT COLLATE "C" NOT NULL REFERENCES organisations (id),
    at              BIGINT NOT NULL,
    PRIMARY KEY (person_id, browser)
);
CREATE INDEX choices_person ON choices (person_id, at);
CREATE INDEX choices_at ON choices (at);

CREATE TABLE sms_providers (
    id              TEXT COLLATE "C" PRIMARY KEY,
    -- NULL for the operator's own.
    organisation_id TEXT COLLATE "C" REFERENCES organisations (id),
    kind            TEXT COLLATE "C" NOT NULL CHECK (kind IN ('messagebird', 'bird')),
    description     TEXT COLLATE "C" NOT NULL,
    sender          TEXT COLLATE "C" NOT NULL,
    key             TEXT COLLATE "C" NOT NULL, -- sealed; empty once removed
    key_end         TEXT COLLATE "C" NOT NULL,
    signing         TEXT COLLATE "C" NOT NULL, -- sealed, or empty
    active          BIGINT NOT NULL CHECK (active IN (0, 1)),
    -- Why the vendor takes nothing since then.
    trouble         TEXT COLLATE "C" NOT NULL,
    trouble_at      BIGINT NOT NULL,
    created         BIGINT NOT NULL,
    proven          BIGINT NOT NULL,
    removed         BIGINT NOT NULL,
    CHECK (active = 0 OR removed = 0),
    CHECK ((removed > 0) = (key = '')),
    CHECK (removed = 0 OR signing = '')
);
CREATE UNIQUE INDEX sms_providers_active ON sms_providers (coalesce(organisation_id, '')) WHERE active = 1;
CREATE INDEX sms_providers_organisation ON sms_providers (coalesce(organisation_id, '')) WHERE removed = 0;

-- What an administrator filled in, until the code is typed that went out by it.
CREATE TABLE sms_drafts (
    id              TEXT COLLATE "C" PRIMARY KEY,
    organisation_id TEXT COLLATE "C" REFERENCES organisations (id),
    -- The provider that is changed; NULL for a new one.
    provider_id     TEXT COLLATE "C" REFERENCES sms_providers (id),
    kind            TEXT COLLATE "C" NOT NULL,
    description     TEXT COLLATE "C" NOT NULL,
    sender          TEXT COLLATE "C" NOT NULL,
    key             TEXT COLLATE "C" NOT NULL, -- sealed
    key_end         TEXT COLLATE "C" NOT NULL,
    signing         TEXT COLLATE "C" NOT NULL, -- sealed, or empty
    no_signing      BIGINT NOT NULL CHECK (no_signing IN (0, 1)),
    -- Who filled it in: a membership or the operator, and the person.
    begun_by        TEXT COLLATE "C" NOT NULL,
    person_id       TEXT COLLATE "C" REFERENCES persons (id),
    locale          TEXT COLLATE "C" NOT NULL,
    number          TEXT COLLATE "C" NOT NULL, -- sealed
    message_id      TEXT COLLATE "C" NOT NULL,
    created         BIGINT NOT NULL,
    sent            BIGINT NOT NULL,
    tries           BIGINT NOT NULL
);
CREATE UNIQUE INDEX sms_drafts_once ON sms_drafts (coalesce(organisation_id, ''), begun_by, coalesce(provider_id, ''));
CREATE INDEX sms_drafts_created ON sms_drafts (created);
CREATE INDEX sms_drafts_person ON sms_drafts (person_id) WHERE person_id IS NOT NULL;

CREATE TABLE sms_settings (
    -- Empty for the operator's own.
    organisation_id TEXT COLLATE "C" PRIMARY KEY,
    countries       TEXT COLLATE "C" NOT NULL, -- two letters each, a comma between
    cap             BIGINT NOT NULL, -- in millionths; 0 for the default
    -- When the breaker stopped the messages, and when it was last resumed.
    stopped         BIGINT NOT NULL,
    resumed         BIGINT NOT NULL,
    -- The month, by its first moment, of which it is known that its money is used up.
    spent           BIGINT NOT NULL
);

CREATE TABLE sms_messages (
    id              TEXT COLLATE "C" PRIMARY KEY,
    -- NULL where the operator checks a provider of their own.
    organisation_id TEXT COLLATE "C" REFERENCES organisations (id),
    -- The account that sent it. No reference: that of a draft is no provider yet, and has its id.
    provider_id     TEXT COLLATE "C" NOT NULL,
    purpose         TEXT COLLATE "C" NOT NULL,
    payer           TEXT COLLATE "C" NOT NULL CHECK (payer IN ('organisation', 'operator')),
    about           TEXT COLLATE "C" NOT NULL,
    person_id       TEXT COLLATE "C" REFERENCES persons (id),
    number          TEXT COLLATE "C" NOT NULL, -- sealed; empty once it is forgotten
    number_index    TEXT COLLATE "C" NOT NULL, -- keyed hash; forgotten with it
    masked          TEXT COLLATE "C" NOT NULL,
    country         TEXT COLLATE "C" NOT NULL,
    encoding        TEXT COLLATE "C" NOT NULL,
    parts           BIGINT NOT NULL,
    -- In millionths: what it was thought to cost, and what the vendor asked.
    estimate        BIGINT NOT NULL,
    price           BIGINT NOT NULL,
    currency        TEXT COLLATE "C" NOT NULL,
    state           TEXT COLLATE "C" NOT NULL CHECK (state IN ('sending', 'refused', 'unknown', 'accepted', 'sent', 'delivered', 'failed', 'expired')),
    vendor_id       TEXT COLLATE "C" NOT NULL,
    reason          TEXT COLLATE "C" NOT NULL,
    detail          TEXT COLLATE "C" NOT NULL,
    used            BIGINT NOT NULL,
    -- When the vendor is asked next what became of it; 0 for never.
    look            BIGINT NOT NULL,
    at              BIGINT NOT NULL,
    updated         BIGINT NOT NULL,
    CHECK (payer = 'operator' OR organisation_id IS NOT NULL),
    CHECK (number = '' OR number_index <> '')
);
CREATE INDEX sms_messages_about ON sms_messages (about, at, id);
CREATE INDEX sms_messages_number ON sms_messages (number_index, at) WHERE number_index <> '';
CREATE INDEX sms_messages_organisation ON sms_messages (organisation_id, at, id);
CREATE INDEX sms_messages_at ON sms_messages (at, id);
CREATE INDEX sms_messages_paid ON sms_messages (organisation_id, at, estimate, price, currency, payer, state) WHERE payer = 'organisation' AND state <> 'refused';
CREATE INDEX sms_messages_operator ON sms_messages (at, estimate, price, currency, payer, state) WHERE payer = 'operator' AND state <> 'refused';
CREATE INDEX sms_messages_vendor ON sms_messages (provider_id, vendor_id) WHERE vendor_id <> '';
CREATE INDEX sms_messages_sending ON sms_messages (at) WHERE state = 'sending';
CREATE INDEX sms_messages_look ON sms_messages (look) WHERE look > 0;
CREATE INDEX sms_messages_forget ON sms_messages (at) WHERE number_index <> '';
CREATE INDEX sms_messages_logins ON sms_messages (used) WHERE used > 0 AND purpose = 'login';
CREATE INDEX sms_messages_logins_of ON sms_messages (organisation_id, used) WHERE used > 0 AND purpose = 'login';
CREATE INDEX sms_messages_priced ON sms_messages (organisation_id, payer, country, at) WHERE currency <> '';
CREATE INDEX sms_messages_asked ON sms_messages (country, at) WHERE currency <> '' AND payer = 'operator';
CREATE INDEX sms_messages_person ON sms_messages (person_id, at, id) WHERE person_id IS NOT NULL;

-- Reports that were taken, for as long as they could be shown again.
CREATE TABLE sms_reports (
    provider_id TEXT COLLATE "C" NOT NULL,
    once        TEXT COLLATE "C" NOT NULL,
    until       BIGINT NOT NULL,
    PRIMARY KEY (provider_id, once)
);
CREATE INDEX sms_reports_until ON sms_reports (until);

CREATE TABLE audit_rows (
    organisation TEXT COLLATE "C" NOT NULL,
    sequence     BIGINT NOT NULL CHECK (sequence > 0),
    actor        TEXT COLLATE "C" NOT NULL,
    action       TEXT COLLATE "C" NOT NULL,
    subject      TEXT COLLATE "C" NOT NULL,
    at           BIGINT NOT NULL,
    -- Not JSONB: it stays as it was written.
    data         JSON NOT NULL,
    previous     TEXT COLLATE "C" NOT NULL,
    hash         TEXT COLLATE "C" NOT NULL,
    -- Salted hashes of the personal values, by name; null for none. They are part of what the row's hash covers.
    commitments  TEXT COLLATE "C" NOT NULL DEFAULT 'null',
    -- That a sequence is there once is seen to below: a key of a partitioned table has to have the time in it.
    PRIMARY KEY (organisation, sequence, at)
) PARTITION BY RANGE (at);
CREATE TABLE audit_rows_default PARTITION OF audit_rows DEFAULT;
CREATE INDEX audit_rows_subject ON audit_rows (organisation, subject, sequence);
CREATE INDEX audit_rows_user ON audit_rows (organisation, (data ->> 'user'), sequence) WHERE data ->> 'user' IS NOT NULL;
CREATE INDEX audit_rows_actor ON audit_rows (organisation, actor, sequence);

CREATE TABLE audit_heads (
    organisation TEXT COLLATE "C" PRIMARY KEY,
    sequence     BIGINT NOT NULL,
    hash         TEXT COLLATE "C" NOT NULL
);

CREATE TABLE audit_personal (
    organisation TEXT COLLATE "C" NOT NULL,
    sequence     BIGINT NOT NULL,
    name         TEXT COLLATE "C" NOT NULL,
    salt         BYTEA NOT NULL CHECK (length(salt) = 16),
    value        TEXT COLLATE "C" NOT NULL,
    at           BIGINT NOT NULL,
    PRIMARY KEY (organisation, sequence, name)
);
CREATE INDEX audit_personal_origin ON audit_personal (at) WHERE name IN ('ip', 'browser');

-- Whom the rows with personal values are about, so that the values are found when one of them is erased.
CREATE TABLE audit_about (
    organisation TEXT COLLATE "C" NOT NULL,
    sequence     BIGINT NOT NULL,
    id           TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (organisation, sequence, id)
);
CREATE INDEX audit_about_id ON audit_about (id);

CREATE TABLE audit_checkpoints (
    organisation TEXT COLLATE "C" NOT NULL,
    -- Counts from 1 in each chain.
    number       BIGINT NOT NULL CHECK (number > 0),
    -- The row that it tells of.
    sequence     BIGINT NOT NULL CHECK (sequence > 0),
    at           BIGINT NOT NULL,
    -- The rows up to that one may be dropped, and verification starts behind it.
    floor        BIGINT NOT NULL CHECK (floor IN (0, 1)),
    -- The JWS. What it says counts; the columns only find it.
    signature    TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (organisation, number)
);
CREATE INDEX audit_checkpoints_sequence ON audit_checkpoints (organisation, floor, sequence);

-- Checkpoints that a sink has not taken yet.
CREATE TABLE audit_outbox (
    sink         TEXT COLLATE "C" NOT NULL,
    organisation TEXT COLLATE "C" NOT NULL,
    number       BIGINT NOT NULL,
    next         BIGINT NOT NULL,
    attempts     BIGINT NOT NULL,
    PRIMARY KEY (sink, organisation, number)
);
CREATE INDEX audit_outbox_due ON audit_outbox (sink, next);

CREATE TABLE cases (
    id                   TEXT COLLATE "C" PRIMARY KEY,
    kind                 TEXT COLLATE "C" NOT NULL CHECK (kind IN ('forgotten', 'lost')),
    state                TEXT COLLATE "C" NOT NULL CHECK (state IN ('open', 'waiting', 'sent', 'revoked', 'done', 'refused', 'cancelled', 'expired', 'stopped')),
    organisation_id      TEXT COLLATE "C" NOT NULL REFERENCES organisations (id),
    membership_id        TEXT COLLATE "C" NOT NULL REFERENCES memberships (id),
    person_id            TEXT COLLATE "C" NOT NULL REFERENCES persons (id),
    -- Empty for the operator on the command line.
    opener_id            TEXT COLLATE "C" NOT NULL,
    opener_person_id     TEXT COLLATE "C" NOT NULL,
    identified           TEXT COLLATE "C" NOT NULL,
    ticket               TEXT COLLATE "C" NOT NULL,
    note                 TEXT COLLATE "C" NOT NULL,
    shown                TEXT COLLATE "C" NOT NULL CHECK (shown IN ('', 'remaining', 'verified')),
    escalated            BIGINT NOT NULL CHECK (escalated IN (0, 1)),
    -- Nobody approves what they opened, or what is about themself, by whatever membership.
    approver_id          TEXT COLLATE "C" NOT NULL,
    approver_person_id   TEXT COLLATE "C" NOT NULL CHECK (approver_person_id = '' OR (approver_person_id <> opener_person_id AND approver_person_id <> person_id)),
    approval_id          TEXT COLLATE "C" NOT NULL,
    operator_id          TEXT COLLATE "C" NOT NULL,
    operator_approval_id TEXT COLLATE "C" NOT NULL,
    life                 BIGINT NOT NULL,
    uses                 BIGINT NOT NULL,
    uses_left            BIGINT NOT NULL CHECK (uses_left >= 0 AND uses_left <= uses),
    channel              TEXT COLLATE "C" NOT NULL,
    link                 BIGINT NOT NULL,
    link_until           BIGINT NOT NULL,
    link_used            BIGINT NOT NULL,
    opened               BIGINT NOT NULL,
    expires              BIGINT NOT NULL,
    approved             BIGINT NOT NULL,
    due                  BIGINT NOT NULL,
    closed               BIGINT NOT NULL,
    stopped_by           TEXT COLLATE "C" NOT NULL,
    -- Whether all were told of the new phone.
    told                 BIGINT NOT NULL CHECK (told IN (0, 1)),
    CHECK (opener_person_id <> person_id),
    -- A lost phone's case goes on only by what a second person signed, or by the operator on the command line.
    CHECK (kind <> 'lost' OR state NOT IN ('waiting', 'revoked', 'done') OR opener_id = '' OR (approver_person_id <> '' AND approval_id <> '')),
    CHECK (state NOT IN ('revoked', 'done') OR kind <> 'lost' OR escalated = 0 OR operator_id <> '')
);
CREATE UNIQUE INDEX cases_live ON cases (person_id, organisation_id) WHERE state IN ('open', 'waiting', 'sent', 'revoked');
CREATE INDEX cases_of_person ON cases (person_id, opened, id);
CREATE INDEX cases_of_organisation ON cases (organisation_id, opened, id);
CREATE INDEX cases_opened ON cases (opened, id);
CREATE INDEX cases_due ON cases (due) WHERE state = 'waiting';
CREATE INDEX cases_expiring ON cases (expires) WHERE state IN ('open', 'sent', 'revoked');
CREATE INDEX cases_untold ON cases (closed) WHERE state = 'done' AND told = 0;
CREATE INDEX cases_escalated ON cases (opened, id) WHERE escalated = 1 AND operator_id = '' AND state IN ('open', 'waiting');
CREATE INDEX cases_approval ON cases (approval_id) WHERE approval_id <> '';
CREATE INDEX cases_operator_approval ON cases (operator_approval_id) WHERE operator_approval_id <> '';
CREATE INDEX cases_kept ON cases (closed) WHERE closed > 0 AND (ticket <> '' OR note <> '');

CREATE TABLE case_checks (
    id          TEXT COLLATE "C" PRIMARY KEY,
    case_id     TEXT COLLATE "C" NOT NULL REFERENCES cases (id),
    channel     TEXT COLLATE "C" NOT NULL CHECK (channel IN ('mail', 'text', 'push')),
    agent_id    TEXT COLLATE "C" NOT NULL,
    approval_id TEXT COLLATE "C" NOT NULL,
    state       TEXT COLLATE "C" NOT NULL CHECK (state IN ('asked', 'right', 'wrong', 'expired', 'not-me', 'failed')),
    tries       BIGINT NOT NULL,
    asked       BIGINT NOT NULL,
    expires     BIGINT NOT NULL,
    answered    BIGINT NOT NULL
);
CREATE INDEX case_checks_of ON case_checks (case_id, asked, id);
CREATE INDEX case_checks_approval ON case_checks (approval_id) WHERE approval_id <> '';

CREATE TABLE support_freezes (
    id              TEXT COLLATE "C" PRIMARY KEY,
    what            TEXT COLLATE "C" NOT NULL CHECK (what IN ('person', 'agent', 'organisation')),
    organisation_id TEXT COLLATE "C" NOT NULL REFERENCES organisations (id),
    subject_id      TEXT COLLATE "C" NOT NULL,
    case_id         TEXT COLLATE "C" NOT NULL,
    at              BIGINT NOT NULL,
    lifted          BIGINT NOT NULL,
    lifted_by       TEXT COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX support_freezes_standing ON support_freezes (subject_id, organisation_id) WHERE lifted = 0;
CREATE INDEX support_freezes_of ON support_freezes (organisation_id, at, id) WHERE lifted = 0;
CREATE INDEX support_freezes_at ON support_freezes (at, id) WHERE lifted = 0;

CREATE TABLE alert_hooks (
    -- '' for the operator.
    organisation_id TEXT COLLATE "C" PRIMARY KEY,
    url             TEXT COLLATE "C" NOT NULL,
    -- Sealed.
    secret          TEXT COLLATE "C" NOT NULL,
    kinds           TEXT COLLATE "C" NOT NULL,
    last_at         BIGINT NOT NULL,
    last_error      TEXT COLLATE "C" NOT NULL
);

CREATE TABLE alert_deliveries (
    id              TEXT COLLATE "C" PRIMARY KEY,
    kind            TEXT COLLATE "C" NOT NULL,
    organisation_id TEXT COLLATE "C" NOT NULL,
    at              BIGINT NOT NULL,
    data            TEXT COLLATE "C" NOT NULL,
    next            BIGINT NOT NULL,
    attempts        BIGINT NOT NULL
);
CREATE INDEX alert_deliveries_due ON alert_deliveries (next, id);
CREATE INDEX alert_deliveries_of ON alert_deliveries (organisation_id);
CREATE INDEX alert_deliveries_at ON alert_deliveries (at);

-- The log. A superuser, and who owns the tables, can take these triggers away: that is why checkpoints leave the house.

-- +goose StatementBegin
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'restrict_violation';
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION audit_rows_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM audit_checkpoints WHERE organisation = OLD.organisation AND floor = 1 AND sequence >= OLD.sequence) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'audit rows cannot be deleted' USING ERRCODE = 'restrict_violation';
END $$;
-- +goose StatementEnd

-- Two that append to one chain come one after the other, and the second sees the row of the first: READ COMMITTED looks anew with
-- each statement. REPEATABLE READ would not.
-- +goose StatementBegin
CREATE FUNCTION audit_rows_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('transaction_isolation') = 'repeatable read' THEN
        RAISE EXCEPTION 'audit rows are written in READ COMMITTED or SERIALIZABLE' USING ERRCODE = 'restrict_violation';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('audit_rows ' || NEW.organisation, 0));
    IF EXISTS (SELECT 1 FROM audit_rows WHERE organisation = NEW.organisation AND sequence >= NEW.sequence) THEN
        RAISE EXCEPTION 'audit rows come at the end' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION audit_checkpoints_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM audit_checkpoints WHERE organisation = NEW.organisation AND number >= NEW.number) THEN
        RAISE EXCEPTION 'audit checkpoints come at the end' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION audit_personal_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM audit_personal WHERE organisation = NEW.organisation AND sequence = NEW.sequence AND name = NEW.name) THEN
        RAISE EXCEPTION 'what the audit log keeps of people can be erased and not changed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd

CREATE TRIGGER audit_rows_stay BEFORE DELETE ON audit_rows FOR EACH ROW EXECUTE FUNCTION audit_rows_stay();
CREATE TRIGGER audit_rows_stand BEFORE UPDATE ON audit_rows FOR EACH ROW EXECUTE FUNCTION refuse('audit rows cannot be changed');
CREATE TRIGGER audit_rows_follow BEFORE INSERT ON audit_rows FOR EACH ROW EXECUTE FUNCTION audit_rows_follow();
CREATE TRIGGER audit_checkpoints_stay BEFORE DELETE ON audit_checkpoints FOR EACH ROW EXECUTE FUNCTION refuse('audit checkpoints cannot be deleted');
CREATE TRIGGER audit_checkpoints_stand BEFORE UPDATE ON audit_checkpoints FOR EACH ROW EXECUTE FUNCTION refuse('audit checkpoints cannot be changed');
CREATE TRIGGER audit_checkpoints_follow BEFORE INSERT ON audit_checkpoints FOR EACH ROW EXECUTE FUNCTION audit_checkpoints_follow();
CREATE TRIGGER audit_personal_stand BEFORE UPDATE ON audit_personal FOR EACH ROW EXECUTE FUNCTION refuse('what the audit log keeps of people can be erased and not changed');
CREATE TRIGGER audit_personal_once BEFORE INSERT ON audit_personal FOR EACH ROW EXECUTE FUNCTION audit_personal_once();
-- TRUNCATE asks no triggers of rows, and of a partition only those of its own: whoever makes a partition of audit_rows gives it this one too.
CREATE TRIGGER audit_rows_whole BEFORE TRUNCATE ON audit_rows EXECUTE FUNCTION refuse('audit rows cannot be deleted');
CREATE TRIGGER audit_rows_whole BEFORE TRUNCATE ON audit_rows_default EXECUTE FUNCTION refuse('audit rows cannot be deleted');
CREATE TRIGGER audit_checkpoints_whole BEFORE TRUNCATE ON audit_checkpoints EXECUTE FUNCTION refuse('audit checkpoints cannot be deleted');
CREATE TRIGGER audit_personal_whole BEFORE TRUNCATE ON audit_personal EXECUTE FUNCTION refuse('what the audit log keeps of people is erased row by row');

-- Creation keys.

-- +goose StatementBegin
CREATE FUNCTION approval_keys() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.creation_key <> '' THEN
        DELETE FROM approval_keys WHERE application_id = OLD.application_id AND creation_key = OLD.creation_key AND request_id = OLD.id;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.creation_key <> '' AND NEW.application_id IS NOT NULL THEN
        INSERT INTO approval_keys (application_id, creation_key, request_id) VALUES (NEW.application_id, NEW.creation_key, NEW.id);
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER approval_keys_added AFTER INSERT ON approvals FOR EACH ROW WHEN (NEW.creation_key <> '') EXECUTE FUNCTION approval_keys();
CREATE TRIGGER approval_keys_moved AFTER UPDATE OF id, application_id, creation_key ON approvals FOR EACH ROW
    WHEN ((OLD.id, OLD.application_id, OLD.creation_key) IS DISTINCT FROM (NEW.id, NEW.application_id, NEW.creation_key)) EXECUTE FUNCTION approval_keys();
CREATE TRIGGER approval_keys_gone AFTER DELETE ON approvals FOR EACH ROW WHEN (OLD.creation_key <> '') EXECUTE FUNCTION approval_keys();

-- What changed a moment ago, by the topic that those wait on whom it concerns: a hint that was lost is healed from it. Rows are
-- pruned after minutes, and nothing is lost with them: that is why the disk is not waited for.
CREATE UNLOGGED TABLE changes (
    at    TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    topic TEXT COLLATE "C" NOT NULL
);
CREATE INDEX changes_at ON changes (at);
-- The row without a topic says since when they are whole: a crash of the database empties the table.
CREATE INDEX changes_begun ON changes (at) WHERE topic = '';

-- +goose StatementBegin
CREATE FUNCTION changed_approval() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO changes (topic) VALUES ('approval:' || NEW.id);
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION changed_delivery() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO changes (topic) VALUES ('approval:' || NEW.request_id);
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION changed_pairing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO changes (topic) VALUES ('pairing:' || NEW.id);
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION changed_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO changes (topic) VALUES ('case:' || NEW.id);
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION changed_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO changes (topic) VALUES ('case:' || NEW.case_id);
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- Nobody waits yet on what is only being made.
CREATE TRIGGER approvals_changed AFTER UPDATE ON approvals FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION changed_approval();
CREATE TRIGGER deliveries_changed AFTER UPDATE ON deliveries FOR EACH ROW WHEN (OLD.state <> NEW.state OR OLD.reason <> NEW.reason) EXECUTE FUNCTION changed_delivery();
CREATE TRIGGER pairings_changed AFTER UPDATE ON pairings FOR EACH ROW
    WHEN (OLD.state <> NEW.state OR OLD.generation <> NEW.generation OR OLD.tries <> NEW.tries) EXECUTE FUNCTION changed_pairing();
-- Cases are few, and a page shows all of one.
CREATE TRIGGER cases_changed AFTER UPDATE ON cases FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION changed_case();
CREATE TRIGGER case_checks_changed AFTER INSERT OR UPDATE ON case_checks FOR EACH ROW EXECUTE FUNCTION changed_check();
