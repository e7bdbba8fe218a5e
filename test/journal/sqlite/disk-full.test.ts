/** A disk that fills up, on a small filesystem of its own. Mounting it takes root; elsewhere the test says it is skipped. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { MeshError, messageOf } from '../../../common/core/errors.js';
import { limits } from '../../../common/core/limits.js';
import { isSound } from '../../../common/journal/care/store-verdict.js';
import { verifyStore } from '../../../common/journal/care/verify-store.js';
import { Journal } from '../../../common/journal/machine/journal.js';
import { failureOfPromise, pendingOf, recordOf, textOf, useWorld } from '../world.js';

describe('a disk that is full', () => {
  const world = useWorld();

  beforeEach(function () {
    const folder = world().path('small');
    mkdirSync(folder);
    try {
      execFileSync('/bin/mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder], { stdio: 'pipe' });
    } catch (thrown) {
      console.log(`      SKIPPED: no small filesystem can be mounted here: ${messageOf(thrown)}`);
      this.skip();
    }
    world().finally(() => execFileSync('/bin/umount', [folder]));
  });

  it('fails appends without acknowledging them, and takes them again when there is room, without reopening', async () => {
    const file = world().path('small/journal.db');
    const ballast = world().path('small/ballast');
    const { journal } = await Journal.open({ file, machine: 'pc2' });
    writeFileSync(ballast, Buffer.alloc(1_500_000));
    const body = Buffer.alloc(limits.recordBodyBytesMax / 8, 'x');
    const accepted: number[] = [];
    let failure: unknown;
    while (failure === undefined) {
      const batch = { records: [{ ...recordOf(''), body }], producer: { id: 'e#1', firstSeq: accepted.length + 1 } };
      await journal.append(batch).then(
        ({ firstSeq }) => accepted.push(firstSeq),
        (thrown) => {
          failure = thrown;
        },
      );
    }
    if (!(failure instanceof MeshError)) throw failure;
    expect([failure.code, failure.details?.['cause'], failure.retryable]).to.deep.equal([
      'JOURNAL_FAILED',
      'SQLITE_FULL',
      true,
    ]);
    expect((await journal.status()).lastSeq).to.equal(accepted.length);
    expect(isSound(verifyStore(file, 'journal', () => undefined))).to.equal(true);

    rmSync(ballast);
    const producer = { id: 'e#1', firstSeq: accepted.length + 1 };
    const again = await journal.append({ records: [recordOf('after')], producer });
    expect(again.firstSeq).to.equal(accepted.length + 1);
    await journal.close();

    const { store, findings } = world().journal('small/journal.db');
    expect(findings).to.deep.equal([]);
    const entries = pendingOf(store).flatMap((run) => run.entries);
    expect(entries.map(({ seq }) => seq)).to.deep.equal([...accepted, again.firstSeq]);
    expect(entries.slice(-1).map(textOf)).to.deep.equal(['after']);
    store.close();
  });

  it('leaves nothing behind of a store that could not be begun, and its first opening finds nothing wrong', async () => {
    const file = world().path('small/journal.db');
    const ballast = world().path('small/ballast');
    for (let blocks = 1; ; blocks++) {
      try {
        writeFileSync(ballast, Buffer.alloc(4_096), { flag: 'a' });
      } catch {
        break;
      }
      if (blocks > 2_000) throw new Error('the small filesystem is not small');
    }
    for (let start = 0; start < 3; start++) {
      const failure = await failureOfPromise(Journal.open({ file, machine: 'pc2' }));
      expect(failure.code).to.equal('JOURNAL_FAILED');
    }
    expect(readdirSync(world().path('small'))).to.deep.equal(['ballast']);
    rmSync(ballast);
    const { journal, findings } = await Journal.open({ file, machine: 'pc2' });
    expect(findings).to.deep.equal([]);
    await journal.close();
  });
});
