#!/usr/bin/env bash
# Stops what up.sh started, and nothing else; images and caches stay.
set -u
run=${REAL_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/patchcontainers-real}/run

# The number may belong to someone else by now. A process that has ended and waits to be collected has no command line.
is_ours() { tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline" | grep -qF "$run"; }

# Engines apart of tests that did not come to their end.
for apart in "$run"/apart-*; do
    [ -d "$apart" ] && "$(dirname "$0")/apart.sh" down "${apart#"$run"/apart-}"
done

DOCKER_HOST=unix://$run/docker.sock timeout 30 /usr/bin/docker swarm leave --force >/dev/null 2>&1

for name in prometheus prometheus-locked pushgateway registry registry-locked docker podman; do
    pid=$(cat "$run/$name.pid" 2>/dev/null) || continue
    if is_ours "$pid"; then
        kill "$pid"
        # An engine that is started while the old one still ends would find its lock file.
        for _ in $(seq 1 60); do
            is_ours "$pid" || break
            sleep 0.5
        done
    fi
    rm -f "$run/$name.pid"
done
