#!/usr/bin/env bash
# Installs and builds what is missing, and nothing else: the pre-script of every npm command and of the start scripts.
# --always-build: rebuild even when a build is there (tsc is incremental, so an unchanged tree costs a few seconds).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if ! node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null; then
  echo "error: agent-mesh needs Node 20.19 or newer; found $(node --version 2>/dev/null || echo none)" >&2
  echo "next: install Node 20.19+, then run this again" >&2
  exit 1
fi
# A packed install has its build and its dependencies beside it, and no sources to build from.
[ -f tsconfig.json ] || exit 0
if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  echo "installing dependencies (about a minute where better-sqlite3 must be compiled) ..." >&2
  # Not "npm ci": it refuses a lock file that lacks the optional binaries of other platforms.
  npm install --no-save --no-audit --no-fund >&2
fi
newest_source() { find agents broker cli common test bench -name '*.*ts' -not -path '*/node_modules/*' -newer dist/.tsbuildinfo -print -quit; }
if [ "${1:-}" = --always-build ] || [ ! -f dist/cli/main.js ] || [ ! -f dist/.tsbuildinfo ] || [ -n "$(newest_source)" ]; then
  echo "building ..." >&2
  npm run --silent build
  touch dist/.tsbuildinfo
fi
