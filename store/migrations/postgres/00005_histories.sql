-- A request is found by its id in one index alone: where a month is known to be empty, any index with the id in it looks as good, and the one
-- of people's histories was walked through from its beginning to its end. What was made in one millisecond is sorted when it is read.
-- oldest: 4

-- +goose Up

DROP INDEX approvals_history;
CREATE INDEX approvals_history ON approvals (person_id, created);
