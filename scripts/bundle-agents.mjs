/**
 * The last step of the build: what runs in the process of an agent, as few files. Of the time from `node run.js` to ready,
 * three quarters were spent on finding and reading some five hundred small ones, and a large fleet pays that at each start
 * seventy times.
 *
 * Written over what the compiler made of the same entries, so that every path stays what the sources say, and a build
 * without this step works too, only slower. All entries share their chunks: the runtime, the agents that come with the
 * mesh and whatever imports `agent-mesh` have one SDK among them. Native packages, and those that most agents never load,
 * stay packages. The licences of what is copied stand beside the chunks.
 *
 *   node scripts/bundle-agents.mjs [DIST]
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = resolve(process.argv[2] ?? join(root, 'dist'));
const chunks = 'agents/sdk/chunks';

const builtIn = readdirSync(join(root, 'agents'))
  .map((name) => `agents/${name}/agent.ts`)
  .filter((file) => existsSync(join(root, file)));

rmSync(join(dist, chunks), { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: ['agents/sdk/run.ts', 'agents/sdk/index.ts', ...builtIn],
  outdir: dist,
  outbase: '.',
  chunkNames: `${chunks}/[name]-[hash]`,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: true,
  sourcesContent: false,
  external: ['zeromq', 'ajv', 'msgpackr-extract'],
  // For the CommonJS packages among what is copied; under a name that none of them has.
  banner: {
    js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
  },
  metafile: true,
  logLevel: 'warning',
});

const packages = [
  ...new Set(
    Object.keys(metafile.inputs).flatMap((file) => /^(node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []),
  ),
].sort();
const notices = packages.map((folder) => {
  const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  const file = readdirSync(join(root, folder)).find((entry) => /^licen[cs]e(\.|$)/i.test(entry));
  const text = file === undefined ? '' : readFileSync(join(root, folder, file), 'utf8').trim();
  return `${name} ${version} (${license})\n\n${text}\n`;
});
mkdirSync(join(dist, chunks), { recursive: true });
writeFileSync(join(dist, chunks, 'LICENSES.txt'), notices.join(`\n${'-'.repeat(80)}\n\n`));
