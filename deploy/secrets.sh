#!/bin/sh
# Makes what docker-compose.yml keeps secret, in the folder secrets beside it (or the one that is
# given). Run it as root: each file belongs to the one user that reads it, inside the containers.
# What is there already stays as it is, so it can be run again.
set -eu
umask 077

[ "$(id -u)" = 0 ] || { echo "Run this as root: the files are given to the users of the containers." >&2; exit 1; }
folder=${1:-$(dirname "$0")/../secrets}
mkdir -p "$folder"
cd "$folder"

aye=65532 postgres=999 nats=65531 # as docker-compose.yml says

# 32 random bytes, in letters that need no quoting in a URL or a configuration.
password() { head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n'; }

# keep FILE USER: keeps the input, at once or not at all.
keep() {
	cat > ".$1"
	[ -s ".$1" ]
	chown "$2:$2" ".$1"
	chmod 0400 ".$1"
	mv ".$1" "$1"
	echo "made $folder/$1"
}

# What Apple, Google and the mail server gave you goes in here.
[ -d vendors ] || { mkdir vendors && chown "$aye:$aye" vendors; }

# The key that seals secrets in the database. Lost, nothing opens it again.
[ -e key ] || head -c 32 /dev/urandom | base64 | keep key $aye

# PostgreSQL: its superuser, and the role of Aye.
[ -e postgres-password ] || password | keep postgres-password $postgres
[ -e database-password ] || { rm -f database-url; password | keep database-password $postgres; }
[ -e database-url ] || echo "postgres://aye:$(cat database-password)@postgres:5432/aye?sslmode=disable" | keep database-url $aye

# NATS: what Aye says, and what NATS knows.
[ -e nats-login ] || { rm -f nats-users; echo "aye:$(password)" | keep nats-login $aye; }
[ -e nats-users ] || echo "users: [{user: aye, password: \"$(cut -d: -f2 nats-login)\", permissions: {publish: \"aye.hint.>\", subscribe: \"aye.hint.>\"}}]" | keep nats-users $nats
