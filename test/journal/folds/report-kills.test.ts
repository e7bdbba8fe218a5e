/** Reports in floods, and a node that is killed around the commits that count and tell them. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Failpoint } from '../../../common/core/failpoint.js';
import type { ArchivedReport } from '../../fixtures/mortal-reports.js';
import { Random } from '../../support/random.js';
import { dies } from '../../support/runs/mortal-run.js';
import { useTempFolder } from '../../support/temp-folder.js';

const places: readonly Failpoint[] = [
  'journal.report.written',
  'journal.report.committed',
  'journal.tell.written',
  'journal.tell.committed',
  'journal.open.written',
  'journal.open.committed',
  'log.append.committed',
  'journal.acknowledge.written',
];

describe('a node that counts errors and is killed', function () {
  this.timeout(120_000);
  const folder = useTempFolder();

  it('at any point of it loses none and tells none twice', async () => {
    const seed = Number(process.env['CHAOS_SEED'] ?? 20_261_121);
    const random = new Random(seed);
    const failpoints = join(folder.path, 'failpoints');
    mkdirSync(failpoints);
    let deaths = 0;
    do {
      // Each life ends at one of several places, and nothing is left to die of after the last of them.
      for (const place of [random.pick(places), random.pick(places), 'journal.report.committed'])
        if (deaths < 10) writeFileSync(join(failpoints, place), String(random.between(1, 5)));
      deaths++;
    } while (await dies('mortal-reports', folder.path, failpoints));
    const archive = readFileSync(join(folder.path, 'archive'), 'utf8').split('\n').slice(0, -1);
    const counts = new Map<string, number>();
    for (const line of archive) {
      const { kind, count }: ArchivedReport = JSON.parse(line);
      counts.set(kind, (counts.get(kind) ?? 0) + count);
    }
    const sumOfEvery = (step: number, from: number) => {
      let sum = 0;
      for (let batch = from; batch < 60; batch += step) sum += batch + 1;
      return sum;
    };
    const expected = {
      often: 2 * sumOfEvery(1, 0),
      ...Object.fromEntries([0, 1, 2, 3].map((i) => [`kind-${i}`, sumOfEvery(4, i)])),
    };
    expect(Object.fromEntries(counts), `seed ${seed}`).to.deep.equal(expected);
    expect(deaths, `seed ${seed}`).to.be.greaterThan(8);
  });
});
