-- With the state in it, SQLite prefers this index to that of the history, which holds all
-- that a person was ever asked.

-- +goose Up

DROP INDEX approvals_pending;
CREATE INDEX approvals_pending ON approvals (person_id, state, created, id) WHERE state = 'pending';
