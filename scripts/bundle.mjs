/**
 * The last step of the build: each program of the mesh in one file. Of the time from `node run.cjs` to a ready agent three
 * quarters were spent on finding, reading and compiling some five hundred small ones, and a large fleet pays that seventy
 * times. `common/launch/bundle.cts` runs a bundle, and keeps what the engine compiled of it.
 *
 * The bundles stand in `bundles/`. Over what the compiler made of their entries a few lines are written that lead there, so
 * that every path stays what the sources say, and a build without this step works too, only slower. All that runs in the
 * process of an agent is one bundle: the runtime, the agents that come with the mesh and whatever imports `agent-mesh` have
 * one SDK among them. Native code stays where its package is. The licences of what is copied stand in LICENSES.txt.
 *
 *   node scripts/bundle.mjs [DIST]
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runInThisContext } from 'node:vm';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = resolve(process.argv[2] ?? join(root, 'dist'));
const bundles = join(dist, 'bundles');

/** Each does its work when it is loaded. */
const PROGRAMS = [
  'agents/node/keeper/keeper',
  'agents/node/main',
  'broker/main',
  'cli/main',
  'common/journal/machine/journal-worker',
  'common/journal/log/log-worker',
  'common/journal/care/care-process',
  'common/journal/finder/finder-worker',
];
const agentModules = readdirSync(join(root, 'agents'))
  .map((name) => `agents/${name}/agent`)
  .filter((module) => existsSync(join(root, `${module}.ts`)));

const PACKAGES = ['zeromq/package.json', 'better-sqlite3', 'msgpackr-extract'];
/** Loaded by the first call whose policy wants it, which in most processes never comes: nobody else is to carry its text. */
const SELDOM = ['cockatiel'];
/** Where a module was among the compiled files, whatever file it stands in now. */
const WHERE = `const builtUrl = (file) => require('node:url').pathToFileURL(require('node:path').join(__dirname, '..', file)).href;`;

const SHEBANG = /^#!.*\n/;

/** Sources that ask where they are, or that reach for a package by themselves, are to do so as what they are now. */
const inBundle = {
  name: 'in-bundle',
  setup(building) {
    building.onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const file = relative(root, path).split(sep).join('/').replace(/\.ts$/, '.js');
      const contents = readFileSync(path, 'utf8')
        .replace(SHEBANG, '')
        .replaceAll('createRequire(import.meta.url)', 'require')
        .replaceAll('import.meta.url', `builtUrl(${JSON.stringify(file)})`);
      return { contents, loader: 'ts' };
    });
  },
};

/** The sockets' native code is looked for beside the module that loads it, which is not there any more. */
const addonOfZeromq = {
  name: 'addon-of-zeromq',
  setup(building) {
    building.onLoad({ filter: /zeromq[/\\]lib[/\\]load-addon\.js$/ }, ({ path }) => ({
      contents: `
        const { dirname, join } = require('node:path');
        const { loadAddon } = require('cmake-ts/build/loader');
        exports.default = loadAddon(join(dirname(require.resolve('zeromq/package.json')), 'build'));
        exports.__esModule = true;`,
      resolveDir: dirname(path),
    }));
  },
};

/**
 * What pino and its writer load and do not use here: threads for transports, which no process of ours has; whether this is
 * the main one, which only a writer that is behind asks; and an assertion of one line, for which Node loads four modules.
 */
const ABSENT = {
  'thread-stream': `module.exports = function () { throw new Error('thread-stream is not in this bundle'); };`,
  worker_threads: 'exports.isMainThread = true;',
  assert: `module.exports = (holds, message) => { if (!holds) throw new Error(message); };`,
};
const leanPino = {
  name: 'lean-pino',
  setup(building) {
    building.onResolve({ filter: /^(thread-stream|worker_threads|assert)$/ }, ({ path, importer }) =>
      /[/\\](pino|sonic-boom)[/\\]/.test(importer) ? { path, namespace: 'absent' } : undefined,
    );
    building.onLoad({ filter: /.*/, namespace: 'absent' }, ({ path }) => ({ contents: ABSENT[path] }));
  },
};

const bundle = (name, entry, external = []) =>
  build({
    absWorkingDir: root,
    ...entry,
    outfile: join(bundles, `${name}.cjs`),
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    charset: 'ascii',
    legalComments: 'none',
    // A function, as the loader calls it: a text that is put together is kept twice.
    banner: { js: `(function (exports, require, module, __filename, __dirname) { ${WHERE}` },
    footer: { js: '\n})' },
    external: [...PACKAGES, ...SELDOM, ...external],
    plugins: [inBundle, addonOfZeromq, leanPino],
    metafile: true,
    logLevel: 'warning',
  });

/** The few lines at the place of a module that lead to its bundle. */
function lead(module, name, lines) {
  const file = join(dist, `${module}.js`);
  const toLoader = relative(dirname(file), join(dist, 'common/launch/bundle.cjs')).split(sep).join('/');
  const shebang = SHEBANG.exec(readFileSync(join(root, `${module}.ts`), 'utf8'))?.[0] ?? '';
  const head = `import { createRequire } from 'node:module';\n`;
  const load = `createRequire(import.meta.url)('${toLoader}').loadBundle('${name}')`;
  writeFileSync(file, `${shebang}${head}${lines(load)}\n`);
  rmSync(`${file}.map`, { force: true });
}

const nameOf = (module) => module.replaceAll('/', '-');

/**
 * All that can be loaded into the process of an agent. An agent that comes with the mesh is taken from here, where it is
 * compiled already, any other from its file.
 */
const AGENTS = 'agents';
const agentsSource = `
import { pathToFileURL } from 'node:url';
import { runAgent } from './agents/sdk/agent-process.js';
export * as sdk from './agents/sdk/index.js';
export const agents = { ${agentModules.map((module) => `'${module}': () => import('./${module}.js')`).join(', ')} };
const byFile = new Map(Object.entries(agents).map(([module, load]) => [builtUrl(module + '.js'), load]));
export const run = (path, load) => runAgent(path, (url) => byFile.get(url)?.() ?? load(url));
`;

/** The exports of a bundle. Not by the loader: what it would keep for others is what a build does, not what they do. */
function evaluate(file) {
  const module = { exports: {} };
  const run = runInThisContext(readFileSync(file, 'latin1'), { filename: file });
  run(module.exports, createRequire(file), module, file, dirname(file));
  return module.exports;
}

rmSync(bundles, { recursive: true, force: true });
mkdirSync(bundles, { recursive: true });

const results = await Promise.all([
  ...PROGRAMS.map((module) => bundle(nameOf(module), { entryPoints: [`${module}.ts`] })),
  bundle(AGENTS, { stdin: { contents: agentsSource, resolveDir: root, loader: 'ts' } }, ['ajv']),
]);

for (const module of PROGRAMS) lead(module, nameOf(module), (bundle) => `${bundle};`);
writeFileSync(
  join(dist, 'agents/sdk/run.cjs'),
  `require('../../common/launch/bundle.cjs').loadBundle('${AGENTS}')
  .run(process.argv[2], (url) => import(url));\n`,
);
for (const module of agentModules) {
  lead(module, AGENTS, (bundle) => `export default (await ${bundle}.agents['${module}']()).default;`);
}
const { sdk } = evaluate(join(bundles, `${AGENTS}.cjs`));
lead('agents/sdk/index', AGENTS, (bundle) => `export const { ${Object.keys(sdk).join(', ')} } = ${bundle}.sdk;`);

const copied = results
  .flatMap(({ metafile }) => Object.keys(metafile.inputs))
  .flatMap((file) => /^(node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []);
const notices = [...new Set(copied)].sort().map((folder) => {
  const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  const file = readdirSync(join(root, folder)).find((entry) => /^licen[cs]e(\.|$)/i.test(entry));
  const text = file === undefined ? '' : readFileSync(join(root, folder, file), 'utf8').trim();
  return `${name} ${version} (${license})\n\n${text}\n`;
});
writeFileSync(join(dist, 'LICENSES.txt'), notices.join(`\n${'-'.repeat(80)}\n\n`));
