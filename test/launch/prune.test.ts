import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const PRUNE = fileURLToPath(new URL('../../../scripts/prune.mjs', import.meta.url));
const KEPT = [
  'cli/main.js',
  'cli/main.d.ts',
  'cli/main.js.map',
  'common/launch/bundle.cjs',
  'bundles/cli.cjs',
  'x.txt',
];
const GONE = [
  'cli/moved.js',
  'cli/moved.js.map',
  'cli/moved.d.ts',
  'test/moved/away.test.js',
  'common/launch/main.cjs',
];

describe('a build folder', () => {
  let dist: string;
  beforeEach(() => {
    dist = mkdtempSync(join(tmpdir(), 'mesh-prune-'));
  });
  afterEach(() => rmSync(dist, { recursive: true, force: true }));

  it('is rid of what no source is there for, and keeps everything else', () => {
    for (const file of [...KEPT, ...GONE]) {
      mkdirSync(dirname(join(dist, file)), { recursive: true });
      writeFileSync(join(dist, file), '');
    }
    execFileSync(process.execPath, [PRUNE, dist]);
    expect(KEPT.filter((file) => !existsSync(join(dist, file)))).to.deep.equal([]);
    expect([...GONE, 'test/moved'].filter((file) => existsSync(join(dist, file)))).to.deep.equal([]);
  });
});
