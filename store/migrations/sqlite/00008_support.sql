-- Support: cases of people who lost or forgot a phone, what the caller was asked, freezes; alerts.

-- +goose Up

-- The case by which the person lost all second factors, until a new phone is linked; '' for none.
ALTER TABLE persons ADD COLUMN recovering TEXT NOT NULL DEFAULT '';
-- When the person was erased; 0 for who was not.
ALTER TABLE persons ADD COLUMN erased INTEGER NOT NULL DEFAULT 0;
-- The case whose link began the session; '' for none.
ALTER TABLE sessions ADD COLUMN case_id TEXT NOT NULL DEFAULT '';
-- The second factor by which the person was proven last; '' for none.
ALTER TABLE sessions ADD COLUMN proven_by TEXT NOT NULL DEFAULT '';
-- The case that removed the phone, which can still stop it; '' for none.
ALTER TABLE devices ADD COLUMN removed_case TEXT NOT NULL DEFAULT '';
-- Who gave the role ('operator', or '' for one of before this was written down), since when it is held, and the highest
-- that was held before it.
ALTER TABLE memberships ADD COLUMN role_by TEXT NOT NULL DEFAULT '';
ALTER TABLE memberships ADD COLUMN role_since INTEGER NOT NULL DEFAULT 0;
ALTER TABLE memberships ADD COLUMN role_before TEXT NOT NULL DEFAULT '';
-- The shortest that a case waits here, in milliseconds; and what a person without a phone reads, who looks for help.
ALTER TABLE organisations ADD COLUMN case_wait INTEGER NOT NULL DEFAULT 0 CHECK (case_wait >= 0);
ALTER TABLE organisations ADD COLUMN support_contact TEXT NOT NULL DEFAULT '';

CREATE TABLE cases (
    id                   TEXT PRIMARY KEY,
    kind                 TEXT NOT NULL CHECK (kind IN ('forgotten', 'lost')),
    state                TEXT NOT NULL CHECK (state IN ('open', 'waiting', 'sent', 'revoked', 'done', 'refused', 'cancelled', 'expired', 'stopped')),
    organisation_id      TEXT NOT NULL REFERENCES organisations (id),
    membership_id        TEXT NOT NULL REFERENCES memberships (id),
    person_id            TEXT NOT NULL REFERENCES persons (id),
    -- Empty for the operator on the command line.
    opener_id            TEXT NOT NULL,
    opener_person_id     TEXT NOT NULL,
    identified           TEXT NOT NULL,
    ticket               TEXT NOT NULL,
    note                 TEXT NOT NULL,
    shown                TEXT NOT NULL CHECK (shown IN ('', 'remaining', 'verified')),
    escalated            INTEGER NOT NULL CHECK (escalated IN (0, 1)),
    -- Nobody approves what they opened, or what is about themself, by whatever membership.
    approver_id          TEXT NOT NULL,
    approver_person_id   TEXT NOT NULL CHECK (approver_person_id = '' OR (approver_person_id <> opener_person_id AND approver_person_id <> person_id)),
    approval_id          TEXT NOT NULL,
    operator_id          TEXT NOT NULL,
    operator_approval_id TEXT NOT NULL,
    life                 INTEGER NOT NULL,
    uses                 INTEGER NOT NULL,
    uses_left            INTEGER NOT NULL CHECK (uses_left >= 0 AND uses_left <= uses),
    channel              TEXT NOT NULL,
    link                 INTEGER NOT NULL,
    link_until           INTEGER NOT NULL,
    link_used            INTEGER NOT NULL,
    opened               INTEGER NOT NULL,
    expires              INTEGER NOT NULL,
    approved             INTEGER NOT NULL,
    due                  INTEGER NOT NULL,
    closed               INTEGER NOT NULL,
    stopped_by           TEXT NOT NULL,
    -- Whether all were told of the new phone.
    told                 INTEGER NOT NULL CHECK (told IN (0, 1)),
    CHECK (opener_person_id <> person_id),
    -- A lost phone's case goes on only by what a second person signed, or by the operator on the command line.
    CHECK (kind <> 'lost' OR state NOT IN ('waiting', 'revoked', 'done') OR opener_id = '' OR (approver_person_id <> '' AND approval_id <> '')),
    CHECK (state NOT IN ('revoked', 'done') OR kind <> 'lost' OR escalated = 0 OR operator_id <> '')
) STRICT;
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

CREATE TABLE case_checks (
    id          TEXT PRIMARY KEY,
    case_id     TEXT NOT NULL REFERENCES cases (id),
    channel     TEXT NOT NULL CHECK (channel IN ('mail', 'text', 'push')),
    agent_id    TEXT NOT NULL,
    approval_id TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('asked', 'right', 'wrong', 'expired', 'not-me', 'failed')),
    tries       INTEGER NOT NULL,
    asked       INTEGER NOT NULL,
    expires     INTEGER NOT NULL,
    answered    INTEGER NOT NULL
) STRICT;
CREATE INDEX case_checks_of ON case_checks (case_id, asked, id);
CREATE INDEX case_checks_approval ON case_checks (approval_id) WHERE approval_id <> '';

CREATE TABLE support_freezes (
    id              TEXT PRIMARY KEY,
    what            TEXT NOT NULL CHECK (what IN ('person', 'agent', 'organisation')),
    organisation_id TEXT NOT NULL REFERENCES organisations (id),
    subject_id      TEXT NOT NULL,
    case_id         TEXT NOT NULL,
    at              INTEGER NOT NULL,
    lifted          INTEGER NOT NULL,
    lifted_by       TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX support_freezes_standing ON support_freezes (subject_id, organisation_id) WHERE lifted = 0;
CREATE INDEX support_freezes_of ON support_freezes (organisation_id, at, id) WHERE lifted = 0;
CREATE INDEX support_freezes_at ON support_freezes (at, id) WHERE lifted = 0;

CREATE TABLE alert_hooks (
    -- '' for the operator.
    organisation_id TEXT PRIMARY KEY,
    url             TEXT NOT NULL,
    -- Sealed.
    secret          TEXT NOT NULL,
    kinds           TEXT NOT NULL,
    last_at         INTEGER NOT NULL,
    last_error      TEXT NOT NULL
) STRICT;

CREATE TABLE alert_deliveries (
    id              TEXT PRIMARY KEY,
    kind            TEXT NOT NULL,
    organisation_id TEXT NOT NULL,
    at              INTEGER NOT NULL,
    data            TEXT NOT NULL,
    next            INTEGER NOT NULL,
    attempts        INTEGER NOT NULL
) STRICT;
CREATE INDEX alert_deliveries_due ON alert_deliveries (next, id);
CREATE INDEX alert_deliveries_of ON alert_deliveries (organisation_id);
CREATE INDEX alert_deliveries_at ON alert_deliveries (at);

-- Cases whose notes are kept: those of ended ones are emptied in the end.
CREATE INDEX cases_kept ON cases (closed) WHERE closed > 0 AND (ticket <> '' OR note <> '');
-- What is kept of a person is found, to be shown or erased.
CREATE INDEX sms_messages_person ON sms_messages (person_id, at, id) WHERE person_id IS NOT NULL;
CREATE INDEX sms_drafts_person ON sms_drafts (person_id) WHERE person_id IS NOT NULL;
CREATE INDEX memberships_ended ON memberships (person_id) WHERE status = 'ended';
CREATE INDEX devices_removed ON devices (person_id) WHERE status = 'removed';
