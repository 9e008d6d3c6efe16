-- That a row of the audit log comes at the end is looked up by the only index that can tell it: with another one, which a new month's empty
-- table makes look as good, each row looked at all of its organisation.
-- oldest: 2

-- +goose Up

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION audit_rows_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('transaction_isolation') = 'repeatable read' THEN
        RAISE EXCEPTION 'audit rows are written in READ COMMITTED or SERIALIZABLE' USING ERRCODE = 'restrict_violation';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('audit_rows ' || NEW.organisation, 0));
    IF NEW.sequence <= (SELECT sequence FROM audit_rows WHERE organisation = NEW.organisation ORDER BY sequence DESC LIMIT 1) THEN
        RAISE EXCEPTION 'audit rows come at the end' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
