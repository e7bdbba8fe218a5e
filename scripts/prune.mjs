/**
 * A step of the build: takes out of `dist/` what no source is there for any more. The compiler leaves it, and a test that
 * was moved would run twice, a module that was deleted would be packed.
 *
 *   node scripts/prune.mjs [DIST]
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = resolve(process.argv[2] ?? join(root, 'dist'));

const COMPILED = /(\.d)?\.([cm]?)[jt]s(\.map)?$/;
/** Made by the build's last step, anew each time. */
const BUNDLES = join(dist, 'bundles');

const hasSource = (path) => existsSync(join(root, relative(dist, path).replace(COMPILED, '.$2ts')));

function prune(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (path === BUNDLES) continue;
    if (entry.isDirectory()) prune(path);
    else if (COMPILED.test(path) && !hasSource(path)) rmSync(path);
  }
  if (folder !== dist && readdirSync(folder).length === 0) rmSync(folder, { recursive: true });
}

if (existsSync(dist)) prune(dist);
