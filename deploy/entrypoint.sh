#!/bin/sh
# Becomes the named program, so that it gets the container's signals itself.
set -eu
case "${1:-api}" in
  api) exec node /parley/apps/api/dist/main.js ;;
  worker)
    # A worker listens only where it is told to, and the image's health check asks on PORT unless another is named.
    export WORKER_PORT="${WORKER_PORT:-$PORT}"
    exec node /parley/apps/worker/dist/main.js
    ;;
  standalone) exec node /parley/apps/standalone/dist/main.js ;;
  admin)
    shift
    exec node /parley/apps/api/dist/admin.js "$@"
    ;;
  *) exec "$@" ;;
esac
