/**
 * The last step of the build: few files where there were hundreds. Of the time from `node run.js` to a ready agent three
 * quarters were spent on finding and reading some five hundred small ones, and a large fleet pays that seventy times.
 *
 * Written over what the compiler made of the same entries, so that every path stays what the sources say, and a build
 * without this step works too, only slower. Two kinds of entries:
 *
 *  - what runs in the process of an agent. All of it shares its chunks: the runtime, the agents that come with the mesh
 *    and whatever imports `agent-mesh` have one SDK among them. Native packages, and those that most agents never load,
 *    stay packages.
 *  - modules that are nothing but the door to a large package, for all other processes.
 *
 * The licences of what is copied stand in LICENSES.txt.
 *
 *   node scripts/bundle.mjs [DIST]
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = resolve(process.argv[2] ?? join(root, 'dist'));
const chunks = 'agents/sdk/chunks';

const common = {
  absWorkingDir: root,
  outdir: dist,
  outbase: '.',
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: true,
  sourcesContent: false,
  // For the CommonJS packages among what is copied; under a name that none of them has.
  banner: {
    js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);",
  },
  metafile: true,
  logLevel: 'warning',
};

const builtIn = readdirSync(join(root, 'agents'))
  .map((name) => `agents/${name}/agent.ts`)
  .filter((file) => existsSync(join(root, file)));

rmSync(join(dist, chunks), { recursive: true, force: true });
const agents = await build({
  ...common,
  entryPoints: ['agents/sdk/run.ts', 'agents/sdk/index.ts', ...builtIn],
  splitting: true,
  chunkNames: `${chunks}/[name]-[hash]`,
  external: ['zeromq', 'ajv', 'msgpackr-extract'],
});
const doors = await build({ ...common, entryPoints: ['common/protocol/type.ts', 'common/log/log.ts'] });

const copied = [agents, doors]
  .flatMap(({ metafile }) => Object.keys(metafile.inputs))
  .flatMap((file) => /^(node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []);
const notices = [...new Set(copied)].sort().map((folder) => {
  const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  const file = readdirSync(join(root, folder)).find((entry) => /^licen[cs]e(\.|$)/i.test(entry));
  const text = file === undefined ? '' : readFileSync(join(root, folder, file), 'utf8').trim();
  return `${name} ${version} (${license})\n\n${text}\n`;
});
writeFileSync(join(dist, 'LICENSES.txt'), notices.join(`\n${'-'.repeat(80)}\n\n`));
