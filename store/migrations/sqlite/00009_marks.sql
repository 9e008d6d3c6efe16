-- What is said of the database as a whole: that it was moved away, is half copied, is a backup, was restored.

-- +goose Up

CREATE TABLE marks (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
