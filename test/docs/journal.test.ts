/** The guide of the journal: its commands are run in their order, as they stand in it, and its figures are those of the code. */
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { machineSettings } from '../../common/config/machines/machine-settings.js';
import { limits } from '../../common/core/limits.js';
import { PACKAGE_ROOT } from '../cli/mesh-process.js';
import { SampleFleet } from '../cli/sample-fleet.js';

const text = readFileSync(join(PACKAGE_ROOT, 'docs/journal.md'), 'utf8');
const MAIN = fileURLToPath(new URL('../../cli/main.js', import.meta.url));
const commands = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = '']) => block.trim().split('\n'));

describe('docs/journal.md', function () {
  this.timeout(90_000);
  let fleet: SampleFleet;
  let bin: string;

  const run = async (line: string): Promise<string> => {
    const env = { PATH: `${bin}:${process.env['PATH']}`, HOME: process.env['HOME'] };
    const { stdout } = await promisify(execFile)('bash', ['-c', line], { cwd: fleet.home, env });
    return stdout;
  };

  before(async () => {
    fleet = await SampleFleet.create();
    for (const machine of ['main', 'pc2']) fleet.write(`config/machines/${machine}.yaml`, 'agents: {}\n');
    bin = mkdtempSync(join(tmpdir(), 'mesh-bin-'));
    writeFileSync(join(bin, 'mesh'), `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`);
    chmodSync(join(bin, 'mesh'), 0o755);
    await run('mesh up --all --detach');
  });
  after(async () => {
    await run('mesh down');
    fleet.close();
    rmSync(bin, { recursive: true });
  });

  it('shows commands that do what it says, in this order', async () => {
    expect(commands.length).to.be.greaterThan(12);
    const failed: string[] = [];
    for (const line of commands) {
      const output = await run(line).catch((error: { stderr: string }) => failed.push(`${line}: ${error.stderr}`));
      if (line.includes('BOILER_COLD') && line.includes('sql'))
        expect(output).to.match(/BOILER_COLD +the boiler is cold/);
    }
    expect(failed).to.deep.equal([]);
  });

  it('tells the bounds as they are', () => {
    const shown = (count: number) => count.toLocaleString('en-US');
    const mib = (bytes: number) => bytes / 1_048_576;
    const words = text.replace(/\s+/g, ' ');
    expect(words)
      .to.include(`the last ${shown(limits.journalAckedKept)} records`)
      .and.include(
        `up to ${shown(limits.queryRowsDefault)} rows each (\`--limit\`, up to ${shown(limits.queryRowsMax)})`,
      )
      .and.include(`reaches ${mib(limits.walBytesMax)} MiB`)
      .and.include(`from ${mib(limits.walBytesWarned)} MiB on`);
    expect(limits).to.include({
      logRecordsKept: 10_000_000,
      queryMsDefault: 5_000,
      queryMsMax: 60_000,
      queriesMax: 4,
      queryBytesMax: 1_048_576,
      careMemoryBytesMax: 512 * 1_048_576,
      diskReserveBytes: 1_048_576,
    });
    expect(machineSettings({ journal: { backup: { everyHours: 24 } } }).journal.backupsKept).to.equal(7);
  });
});
