/** What a table of figures must say beside them: on which machine, when, with which versions, by which command. */
import { createRequire } from 'node:module';
import { cpus, loadavg, totalmem } from 'node:os';
import { version as libzmqVersion } from 'zeromq';
import { systemClock } from '../../common/core/clock.js';
import { needs } from '../peers/need.js';
import { packageVersion, versionIn } from '../peers/package-version.js';

const require = createRequire(import.meta.url);

export function surroundingsOf(args: readonly string[]): string[] {
  const [cpu] = cpus();
  const memoryGib = Math.round(totalmem() / 2 ** 30);
  const versions = [
    `node ${process.versions.node}`,
    `agent-mesh ${versionIn(new URL('../../../package.json', import.meta.url).pathname)}`,
    ...['zeromq', 'msgpackr'].map((name) => `${name} ${packageVersion(require, name) ?? 'unknown'}`),
    `libzmq ${libzmqVersion}`,
    ...needs.flatMap(({ name, version }) => {
      const installed = version();
      return installed === undefined ? [] : [`${name} ${installed}`];
    }),
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
