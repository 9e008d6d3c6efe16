-- What is said of the database as a whole: that it was moved away, is half copied, is a backup, was restored.

-- +goose Up

CREATE TABLE marks (
    name  TEXT COLLATE "C" PRIMARY KEY,
    value TEXT COLLATE "C" NOT NULL,
    at    BIGINT NOT NULL
);
