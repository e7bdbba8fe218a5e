#!/usr/bin/env bash
# Stops every machine of this fleet that runs on this box, or those that are named. Works from any folder.
# Options are those of `mesh down`: --dry-run only says what would be stopped. MESH_HOME names another fleet folder.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
bash "$root/scripts/ensure-built.sh"
export MESH_HOME="${MESH_HOME:-$root}"
exec node "$root/dist/cli/main.js" down "$@"
