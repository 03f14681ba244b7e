#!/bin/sh
# Run once by PostgreSQL's image, when the volume is empty: makes the database, and the role that owns it and can do nothing else.
# Afterwards the superuser has no password, so nobody signs in as one over the network; inside the container `psql -U postgres` works.
set -eu
psql -v ON_ERROR_STOP=1 -v password="$PARLEY_PASSWORD" -U "$POSTGRES_USER" -d postgres <<'SQL'
create role parley login nosuperuser nocreatedb nocreaterole password :'password';
create database parley owner parley;
alter role current_user password null;
SQL
