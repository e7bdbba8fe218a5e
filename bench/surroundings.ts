/** What a table of figures must say beside them: on which machine, when, with which versions, by which command. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { version as libzmqVersion } from 'zeromq';
import { systemClock } from '../common/core/clock.js';

const require = createRequire(import.meta.url);

export function surroundingsOf(args: readonly string[]): string[] {
  const [cpu] = cpus();
  const memoryGib = Math.round(totalmem() / 2 ** 30);
  const versions = [
    `node ${process.versions.node}`,
    `agent-mesh ${versionIn(new URL('../../package.json', import.meta.url).pathname)}`,
    ...['zeromq', 'msgpackr'].map((name) => `${name} ${versionOf(name)}`),
    `libzmq ${libzmqVersion}`,
  ];
  return [
    `machine:  ${cpu?.model.trim() ?? 'unknown'}, ${cpus().length} cores, ${memoryGib} GiB`,
    `load:     ${loadavg()
      .map((load) => load.toFixed(1))
      .join(' ')} before the first run`,
    `date:     ${new Date(systemClock.wallMs()).toISOString().slice(0, 10)}`,
    `versions: ${versions.join(', ')}`,
    `command:  ${['npm run bench', ...(args.length > 0 ? ['--', ...args] : [])].join(' ')}`,
  ];
}

/** Beside the package's code: not every package lets its package.json be imported. */
function versionOf(name: string): string {
  const files = (require.resolve.paths(name) ?? []).map((folder) => join(folder, name, 'package.json'));
  const file = files.find((candidate) => existsSync(candidate));
  return file === undefined ? 'unknown' : versionIn(file);
}

const versionIn = (file: string): string => {
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string };
  return version;
};
