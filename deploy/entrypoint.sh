#!/bin/sh
# Becomes the named program, so that it gets the container's signals itself.
set -eu

# Puts a password that was passed apart into its address, encoded, because in an address "@", "/", "#" and "%" mean something.
for server in DATABASE NATS REDIS; do
  eval "password=\${${server}_PASSWORD:-}"
  if [ -n "$password" ]; then
    eval "address=\$${server}_URL"
    address=$(ADDRESS="$address" PASSWORD="$password" node -e '
      const address = new URL(process.env.ADDRESS);
      address.password = encodeURIComponent(process.env.PASSWORD);
      process.stdout.write(address.href);
    ')
    export "${server}_URL=$address"
    unset "${server}_PASSWORD"
  fi
done

case "${1:-api}" in
  api) exec node /parley/apps/api/bundle/main.js ;;
  worker)
    # A worker listens only where it is told to, and the image's health check asks on PORT unless another is named.
    export WORKER_PORT="${WORKER_PORT:-$PORT}"
    exec node /parley/apps/worker/bundle/main.js
    ;;
  standalone) exec node /parley/apps/standalone/bundle/main.js ;;
  admin | backup | restore | move | migrate | import)
    command=$1
    shift
    exec node "/parley/apps/api/bundle/$command.js" "$@"
    ;;
  *) exec "$@" ;;
esac
