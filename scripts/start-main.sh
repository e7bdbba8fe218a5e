#!/usr/bin/env bash
# Starts the machine `main` of this fleet; installs and builds first what is missing. Works from any folder.
# Options are those of `mesh up`: --detach leaves it running, --dry-run only checks. MESH_HOME names another fleet folder.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
bash "$root/scripts/ensure-built.sh"
export MESH_HOME="${MESH_HOME:-$root}"
exec node "$root/dist/cli/main.js" up main "$@"
