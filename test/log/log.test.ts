/** A log whose file takes lines, and one whose disk takes none. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { limits } from '../../common/core/limits.js';
import { useTempFolder } from '../support/temp-folder.js';

const LOG = new URL('../../common/log/log.js', import.meta.url).href;

describe('a log', () => {
  const folder = useTempFolder();

  it('whose disk is full ends nobody; when there is room it has the lines that waited, and how many are lost', () => {
    const file = join(folder.path, 'agent.log');
    // The lowest free descriptor is the next one that is given: the log goes on in a file that takes what it writes.
    const script = `
      import { closeSync, openSync } from 'node:fs';
      import { openLog } from ${JSON.stringify(LOG)};
      closeSync(1);
      openSync('/dev/full', 'w');
      const log = openLog({ agent: 'a' });
      log.info('first');
      for (let n = 0; n < 100; n++) log.info({ n, text: 'x'.repeat(1024) }, 'many');
      closeSync(1);
      openSync(process.env.FILE, 'w');
      log.info('last');
      setTimeout(() => process.exit(7), 1);
    `;
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      env: { FILE: file },
    });
    expect([status, String(stderr)]).to.deep.equal([7, '']);
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    const told = lines.map((line): { msg: string; count?: number } => JSON.parse(line));
    const written = told.filter(({ msg }) => msg === 'many').length;
    expect(written * 1_024).to.be.within(1, limits.logWaitingBytesMax);
    expect(told.at(0)?.msg).to.equal('first');
    expect(told.at(-2)).to.include({ count: 100 - written });
    expect(told.at(-1)?.msg).to.equal('last');
  });
});
