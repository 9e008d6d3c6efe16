-- Makes the role of Aye with the least rights that it can work with. Run it once, as a superuser,
-- in the new database; docker-compose.yml does so by itself. Elsewhere, with a password of your own:
--
--   createdb aye && AYE_PASSWORD_FILE=password psql -d aye -f deploy/postgres/init.sql
--
-- The role makes the tables itself, when the first node starts, and owns them; in this database it
-- may do nothing but that. In others of the same server it may do what anybody may: where those are
-- not yours alone, REVOKE CONNECT ON DATABASE … FROM PUBLIC there.
\set ON_ERROR_STOP on
\if :{?role}
\else
  \set role aye
\endif
\set password `cat "${AYE_PASSWORD_FILE:-/run/secrets/database-password}"`

BEGIN;
SET LOCAL password_encryption = 'scram-sha-256';
CREATE ROLE :"role" LOGIN PASSWORD :'password'
  NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT CONNECTION LIMIT 50;

-- Others have no business here: by default anybody may connect and make temporary tables.
REVOKE ALL ON DATABASE :"DBNAME" FROM PUBLIC;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT CONNECT ON DATABASE :"DBNAME" TO :"role";
GRANT USAGE, CREATE ON SCHEMA public TO :"role";

-- A node that stopped in the middle of a change keeps no locks, and nothing of the same name
-- elsewhere is found in the place of a table.
ALTER ROLE :"role" IN DATABASE :"DBNAME" SET idle_in_transaction_session_timeout = '60s';
ALTER ROLE :"role" IN DATABASE :"DBNAME" SET search_path = public, pg_temp;
COMMIT;
