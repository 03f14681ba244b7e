#!/bin/sh
# Becomes the named program, so that it gets the container's signals itself.
set -eu
case "${1:-api}" in
  api) exec node /parley/apps/api/dist/main.js ;;
  worker) exec node /parley/apps/worker/dist/main.js ;;
  standalone) exec node /parley/apps/standalone/dist/main.js ;;
  admin)
    shift
    exec node /parley/apps/api/dist/admin.js "$@"
    ;;
  *) exec "$@" ;;
esac
