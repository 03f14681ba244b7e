#!/bin/sh
# Becomes the named program, so that it gets the container's signals itself.
set -eu
case "${1:-api}" in
  api) exec node /parley/apps/api/bundle/main.js ;;
  worker)
    # A worker listens only where it is told to, and the image's health check asks on PORT unless another is named.
    export WORKER_PORT="${WORKER_PORT:-$PORT}"
    exec node /parley/apps/worker/bundle/main.js
    ;;
  standalone) exec node /parley/apps/standalone/bundle/main.js ;;
  admin)
    shift
    exec node /parley/apps/api/bundle/admin.js "$@"
    ;;
  *) exec "$@" ;;
esac
