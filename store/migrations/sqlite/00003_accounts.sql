-- +goose Up

-- Who was here before lets nobody in with a password alone either, and typed codes went on working.
ALTER TABLE organisations ADD COLUMN second_factor_from INTEGER NOT NULL DEFAULT 0;
ALTER TABLE organisations ADD COLUMN methods TEXT NOT NULL DEFAULT '';
ALTER TABLE organisations ADD COLUMN session_idle INTEGER NOT NULL DEFAULT 0; -- seconds
ALTER TABLE organisations ADD COLUMN session_life INTEGER NOT NULL DEFAULT 0; -- seconds
ALTER TABLE organisations ADD COLUMN colour TEXT NOT NULL DEFAULT '';
ALTER TABLE organisations ADD COLUMN logo_type TEXT NOT NULL DEFAULT '';
UPDATE organisations SET second_factor_from = created, methods = 'totp recovery';
CREATE INDEX organisations_factor ON organisations (second_factor_from) WHERE second_factor_from > 0;

CREATE TABLE logos (
    organisation_id TEXT PRIMARY KEY REFERENCES organisations (id),
    type            TEXT NOT NULL,
    data            BLOB NOT NULL CHECK (length(data) > 0)
) STRICT;

ALTER TABLE persons ADD COLUMN password_set INTEGER NOT NULL DEFAULT 0;
ALTER TABLE persons ADD COLUMN number TEXT NOT NULL DEFAULT ''; -- sealed
-- A keyed hash of the number.
ALTER TABLE persons ADD COLUMN number_index TEXT NOT NULL DEFAULT '';
ALTER TABLE persons ADD COLUMN number_proven INTEGER NOT NULL DEFAULT 0;
-- Counts of what stands in other tables, changed with it, so that a login reads one row.
ALTER TABLE persons ADD COLUMN apps INTEGER NOT NULL DEFAULT 0 CHECK (apps >= 0);
ALTER TABLE persons ADD COLUMN recovery_codes INTEGER NOT NULL DEFAULT 0 CHECK (recovery_codes >= 0);
CREATE INDEX persons_number ON persons (number_index) WHERE number_index <> '';

-- When the newest invitation was made and by what name, and of which date the person was told that a second factor is asked for.
ALTER TABLE memberships ADD COLUMN invited INTEGER NOT NULL DEFAULT 0;
ALTER TABLE memberships ADD COLUMN invited_as TEXT NOT NULL DEFAULT '';
ALTER TABLE memberships ADD COLUMN reminded INTEGER NOT NULL DEFAULT 0;
UPDATE memberships SET invited = created WHERE status = 'invited';
CREATE INDEX memberships_of ON memberships (person_id) WHERE status <> 'ended';

ALTER TABLE applications ADD COLUMN kind TEXT NOT NULL DEFAULT 'client' CHECK (kind IN ('client', 'portal'));
ALTER TABLE applications ADD COLUMN link TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX applications_portal ON applications (organisation_id) WHERE kind = 'portal';

-- Apart from people, so that what lists people never reads a hash.
CREATE TABLE passwords (
    person_id TEXT PRIMARY KEY REFERENCES persons (id),
    hash      TEXT NOT NULL CHECK (hash <> '')
) STRICT, WITHOUT ROWID;

-- Wrong passwords in a row. The account is a keyed hash of an address, which may be nobody's.
CREATE TABLE password_tries (
    account  TEXT NOT NULL,
    scope    TEXT NOT NULL,
    failures INTEGER NOT NULL,
    until    INTEGER NOT NULL,
    -- Counted up to what makes the password unusable: then it is kept.
    final    INTEGER NOT NULL CHECK (final IN (0, 1)),
    last     INTEGER NOT NULL,
    PRIMARY KEY (account, scope)
) STRICT, WITHOUT ROWID;
CREATE INDEX password_tries_last ON password_tries (last) WHERE final = 0;

CREATE TABLE person_browsers (
    person_id TEXT NOT NULL REFERENCES persons (id),
    browser   TEXT NOT NULL, -- hash
    created   INTEGER NOT NULL,
    seen      INTEGER NOT NULL,
    PRIMARY KEY (person_id, browser)
) STRICT, WITHOUT ROWID;
CREATE INDEX person_browsers_seen ON person_browsers (seen);

CREATE TABLE letters (
    hash      TEXT PRIMARY KEY,
    kind      TEXT NOT NULL CHECK (kind IN ('reset', 'email', 'invitation')),
    -- NULL where nobody has the address: such a letter is counted and never sent. So are invitations counted.
    person_id TEXT REFERENCES persons (id),
    -- A keyed hash of where it went, or of the organisation that invites.
    address   TEXT NOT NULL,
    email     TEXT NOT NULL, -- sealed
    created   INTEGER NOT NULL,
    used      INTEGER NOT NULL,
    CHECK (kind <> 'email' OR (person_id IS NOT NULL AND email <> ''))
) STRICT;
CREATE INDEX letters_address ON letters (kind, address, created);
CREATE INDEX letters_person ON letters (person_id, kind, created);
CREATE INDEX letters_created ON letters (created);

CREATE TABLE number_proofs (
    id           TEXT PRIMARY KEY,
    person_id    TEXT NOT NULL REFERENCES persons (id),
    number       TEXT NOT NULL, -- sealed
    number_index TEXT NOT NULL,
    code         TEXT NOT NULL, -- keyed hash
    tries        INTEGER NOT NULL,
    created      INTEGER NOT NULL,
    used         INTEGER NOT NULL
) STRICT;
CREATE INDEX number_proofs_person ON number_proofs (person_id, created, id);
CREATE INDEX number_proofs_number ON number_proofs (number_index, created);
CREATE INDEX number_proofs_created ON number_proofs (created);

CREATE TABLE imports (
    id              TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisations (id),
    state           TEXT NOT NULL CHECK (state IN ('planned', 'running', 'done', 'stopped')),
    -- Who planned it: a membership or the operator.
    planned_by      TEXT NOT NULL,
    role            TEXT NOT NULL,
    known           INTEGER NOT NULL,
    total           INTEGER NOT NULL,
    done            INTEGER NOT NULL,
    people          TEXT NOT NULL, -- sealed
    wrong           TEXT NOT NULL, -- sealed
    created         INTEGER NOT NULL,
    CHECK (done <= total)
) STRICT;
CREATE INDEX imports_organisation ON imports (organisation_id, created);
CREATE INDEX imports_running ON imports (created) WHERE state = 'running';
CREATE INDEX imports_created ON imports (created) WHERE state <> 'running';
