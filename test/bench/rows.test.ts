/**
 * Every row of the bench works: its sides open, do their work, lose nothing and close. The figures are nobody's promise
 * here. Peers that are not installed are left out, and that is said.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { Row, RowResult } from '../../bench/measure/row.js';
import { rows } from '../../bench/row-registry.js';

const PROGRAM = fileURLToPath(new URL('../../bench/main.js', import.meta.url));

/** @throws with all that the bench said when it did not end well */
const quickResultsOf = (row: Row): Promise<RowResult[]> =>
  new Promise((resolve, reject) => {
    const args = [PROGRAM, '--json', '--quick', '--runs', '1', '--only', row.name];
    execFile(process.execPath, args, (error, stdout, stderr) => {
      if (error === null) resolve(JSON.parse(stdout) as RowResult[]);
      else reject(new Error(`${row.name}: ${stderr}`));
    });
  });

describe('a row of the bench', function () {
  this.timeout(120_000);

  for (const row of rows) {
    it(`works: ${row.name}`, async function () {
      const results = await quickResultsOf(row);
      expect(results).to.have.length(row.kind === 'ratio' ? row.peers.length : 1);
      for (const result of results) {
        if (result.kind === 'skipped')
          console.warn(`SKIPPED: ${result.peerName}: ${result.missing.join(', ')} missing`);
        else if (result.kind === 'bound') expect(result.figure, JSON.stringify(result)).to.be.at.least(0);
        else
          for (const figure of [result.ours, result.peer, result.ratio])
            expect(figure, JSON.stringify(result)).above(0);
      }
      if (results.some(({ kind }) => kind === 'skipped')) this.skip();
    });
  }
});
