#!/bin/sh
# Pins what docker-compose.yml and the Dockerfile build on by digest, so that a tag which is moved brings no other image:
#
#   deploy/pin-images.sh
#
# It pulls each image and writes docker-compose.override.yml, which compose reads beside docker-compose.yml by itself. Run it again after an
# update of Parley. docs/decisions/0043-images-by-tag-and-digest.md says why the digests are not in the files themselves.
set -eu
cd "$(dirname "$0")/.."
file=docker-compose.override.yml

if [ -e "$file" ] && ! grep -q '^# Written by deploy/pin-images.sh' "$file"; then
  echo "$file is your own. Move it away, or pin there by hand." >&2
  exit 1
fi

# As name@sha256:…, from the registry's own answer to the pull.
pinned() {
  docker pull --quiet "$1" >&2
  digest=$(docker image inspect --format '{{index .RepoDigests 0}}' "$1")
  case $digest in
    *@sha256:*) echo "$digest" ;;
    *) echo "$1 has no digest: $digest" >&2 && return 1 ;;
  esac
}

node=$(pinned "$(sed -n 's/^ARG NODE_IMAGE=//p' deploy/Dockerfile)")
{
  echo '# Written by deploy/pin-images.sh'
  echo 'services:'
  # A service with an image of its own, or one of ours, which is built on Node's.
  sed -n 's/^  \([a-z][a-z0-9-]*\):$/\1/p; s/^    image: \([^ ]*\)$/= \1/p; s/^    <<: \*\(api\|worker\)$/built/p' docker-compose.yml |
    while read -r word image; do
      case $word in
        =)
          digest=$(pinned "$image")
          printf '  %s:\n    image: %s\n' "$service" "$digest"
          ;;
        built) printf '  %s:\n    build:\n      args:\n        NODE_IMAGE: %s\n' "$service" "$node" ;;
        *) service=$word ;;
      esac
    done
} >"$file.new"
mv "$file.new" "$file"
echo "Wrote $file"
