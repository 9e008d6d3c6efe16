-- Text messages: whose account sends them, and the ledger of what was sent.

-- +goose Up

-- When the person chose codes in text messages as the second factor; 0 for never.
ALTER TABLE persons ADD COLUMN texts INTEGER NOT NULL DEFAULT 0;
-- Since when the number is another one, or was added by somebody who had a factor; 0 for the first of somebody new.
ALTER TABLE persons ADD COLUMN number_changed INTEGER NOT NULL DEFAULT 0;
UPDATE persons SET number_changed = number_proven WHERE number_proven > 0;
-- The index of the number that an administrator lets count, however new it is.
ALTER TABLE memberships ADD COLUMN vouched TEXT NOT NULL DEFAULT '';
-- What a person proves themself again for.
ALTER TABLE sessions ADD COLUMN about TEXT NOT NULL DEFAULT '';
ALTER TABLE applications ADD COLUMN may_manage_texts INTEGER NOT NULL DEFAULT 0 CHECK (may_manage_texts IN (0, 1));

CREATE TABLE sms_providers (
    id              TEXT PRIMARY KEY,
    -- NULL for the operator's own.
    organisation_id TEXT REFERENCES organisations (id),
    kind            TEXT NOT NULL CHECK (kind IN ('messagebird', 'bird')),
    description     TEXT NOT NULL,
    sender          TEXT NOT NULL,
    key             TEXT NOT NULL, -- sealed; empty once removed
    key_end         TEXT NOT NULL,
    signing         TEXT NOT NULL, -- sealed, or empty
    active          INTEGER NOT NULL CHECK (active IN (0, 1)),
    -- Why the vendor takes nothing since then.
    trouble         TEXT NOT NULL,
    trouble_at      INTEGER NOT NULL,
    created         INTEGER NOT NULL,
    proven          INTEGER NOT NULL,
    removed         INTEGER NOT NULL,
    CHECK (active = 0 OR removed = 0),
    CHECK ((removed > 0) = (key = '')),
    CHECK (removed = 0 OR signing = '')
) STRICT;
CREATE UNIQUE INDEX sms_providers_active ON sms_providers (coalesce(organisation_id, '')) WHERE active = 1;
CREATE INDEX sms_providers_organisation ON sms_providers (coalesce(organisation_id, '')) WHERE removed = 0;

-- What an administrator filled in, until the code is typed that went out by it.
CREATE TABLE sms_drafts (
    id              TEXT PRIMARY KEY,
    organisation_id TEXT REFERENCES organisations (id),
    -- The provider that is changed; NULL for a new one.
    provider_id     TEXT REFERENCES sms_providers (id),
    kind            TEXT NOT NULL,
    description     TEXT NOT NULL,
    sender          TEXT NOT NULL,
    key             TEXT NOT NULL, -- sealed
    key_end         TEXT NOT NULL,
    signing         TEXT NOT NULL, -- sealed, or empty
    no_signing      INTEGER NOT NULL CHECK (no_signing IN (0, 1)),
    -- Who filled it in: a membership or the operator, and the person.
    begun_by        TEXT NOT NULL,
    person_id       TEXT REFERENCES persons (id),
    locale          TEXT NOT NULL,
    number          TEXT NOT NULL, -- sealed
    message_id      TEXT NOT NULL,
    created         INTEGER NOT NULL,
    sent            INTEGER NOT NULL,
    tries           INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX sms_drafts_once ON sms_drafts (coalesce(organisation_id, ''), begun_by, coalesce(provider_id, ''));
CREATE INDEX sms_drafts_created ON sms_drafts (created);

CREATE TABLE sms_settings (
    -- Empty for the operator's own.
    organisation_id TEXT PRIMARY KEY,
    countries       TEXT NOT NULL, -- two letters each, a comma between
    cap             INTEGER NOT NULL, -- in millionths; 0 for the default
    -- When the breaker stopped the messages, and when it was last resumed.
    stopped         INTEGER NOT NULL,
    resumed         INTEGER NOT NULL,
    -- The month, by its first moment, of which it is known that its money is used up.
    spent           INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sms_messages (
    id              TEXT PRIMARY KEY,
    -- NULL where the operator checks a provider of their own.
    organisation_id TEXT REFERENCES organisations (id),
    -- The account that sent it. No reference: that of a draft is no provider yet, and has its id.
    provider_id     TEXT NOT NULL,
    purpose         TEXT NOT NULL,
    payer           TEXT NOT NULL CHECK (payer IN ('organisation', 'operator')),
    about           TEXT NOT NULL,
    person_id       TEXT REFERENCES persons (id),
    number          TEXT NOT NULL, -- sealed; empty once it is forgotten
    number_index    TEXT NOT NULL, -- keyed hash; forgotten with it
    masked          TEXT NOT NULL,
    country         TEXT NOT NULL,
    encoding        TEXT NOT NULL,
    parts           INTEGER NOT NULL,
    -- In millionths: what it was thought to cost, and what the vendor asked.
    estimate        INTEGER NOT NULL,
    price           INTEGER NOT NULL,
    currency        TEXT NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('sending', 'refused', 'unknown', 'accepted', 'sent', 'delivered', 'failed', 'expired')),
    vendor_id       TEXT NOT NULL,
    reason          TEXT NOT NULL,
    detail          TEXT NOT NULL,
    used            INTEGER NOT NULL,
    -- When the vendor is asked next what became of it; 0 for never.
    look            INTEGER NOT NULL,
    at              INTEGER NOT NULL,
    updated         INTEGER NOT NULL,
    CHECK (payer = 'operator' OR organisation_id IS NOT NULL),
    CHECK (number = '' OR number_index <> '')
) STRICT;
CREATE INDEX sms_messages_about ON sms_messages (about, at, id);
CREATE INDEX sms_messages_number ON sms_messages (number_index, at) WHERE number_index <> '';
CREATE INDEX sms_messages_organisation ON sms_messages (organisation_id, at, id);
CREATE INDEX sms_messages_at ON sms_messages (at, id);
-- What counts against a cap is summed up before each message, from these alone: that is why they have all that is asked for.
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

-- Reports that were taken, for as long as they could be shown again.
CREATE TABLE sms_reports (
    provider_id TEXT NOT NULL,
    once        TEXT NOT NULL,
    until       INTEGER NOT NULL,
    PRIMARY KEY (provider_id, once)
) STRICT, WITHOUT ROWID;
CREATE INDEX sms_reports_until ON sms_reports (until);
