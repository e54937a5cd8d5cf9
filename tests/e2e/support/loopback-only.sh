#!/bin/sh
# Runs a command with a network of its own that has nothing but loopback: what a test starts can reach nobody outside, a
# name server may listen on port 53, and Firefox, which tells only the address of its default route, tells 127.0.0.1.
# As root, or as anybody where Linux lets users make namespaces; where it lets nobody, with the network that there is.
set -eu
setup='ip link set lo up && ip route add default dev lo src 127.0.0.1 && exec "$@"'
root=''
[ "$(id -u)" = 0 ] || root=--map-root-user
# In a chroot whose root is no mount point of its own, mounts cannot be made private, and are left as they are.
for mounts in private unchanged; do
  if unshare $root --net --mount --propagation $mounts true 2>/dev/null; then
    exec unshare $root --net --mount --propagation $mounts sh -c "$setup" sh "$@"
  fi
done
echo "loopback-only: no network of our own here; tests that need one will fail" >&2
exec "$@"
