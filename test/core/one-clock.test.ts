/** Time is asked for in one file: two clocks in one program differ, and what reads its own cannot be tested or simulated. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const BUILT = fileURLToPath(new URL('../../', import.meta.url));
const ASKS = /\b(?:Date\.now|performance\.now|hrtime)\b|new Date\(\)/;
const COMMENT = /\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm;

describe('the time', () => {
  it('is asked for in one file', () => {
    const files = ['agents', 'broker', 'cli', 'common'].flatMap((folder) =>
      readdirSync(join(BUILT, folder), { recursive: true, encoding: 'utf8' })
        .filter((file) => /\.c?js$/.test(file))
        .map((file) => join(folder, file)),
    );
    const asking = files.filter((file) => ASKS.test(readFileSync(join(BUILT, file), 'utf8').replaceAll(COMMENT, '')));
    expect(asking.map((file) => file.split(sep).join('/'))).to.deep.equal(['common/core/clock.js']);
  });
});
