/** What is written on a full disk and what is not, and the way back. */
import { expect } from 'chai';
import { MeshError } from '../../../common/core/errors.js';
import { DiskGuard } from '../../../common/journal/sqlite/disk-guard.js';
import { DiskReserve } from '../../../common/journal/sqlite/disk-reserve.js';
import { type Outcome, succeeded } from '../../../common/journal/sqlite/outcome.js';
import { codeOf, failureOf } from '../world.js';

/** A disk with room for so many writes beside the reserve, which is worth two. */
class Disk {
  stored: string[] = [];
  hasReserve = false;
  constructor(public room: number) {}
  readonly reserve = {
    take: () => {
      if (!this.hasReserve && this.room >= 3) {
        this.room -= 2;
        this.hasReserve = true;
      }
      return this.hasReserve;
    },
    release: () => {
      this.room += this.hasReserve ? 2 : 0;
      this.hasReserve = false;
    },
  };
  readonly store = (texts: readonly string[]): Outcome<string>[] => {
    if (texts.length > this.room) {
      throw new MeshError('JOURNAL_FAILED', 'the disk is full', { details: { cause: 'SQLITE_FULL' } });
    }
    this.room -= texts.length;
    this.stored.push(...texts);
    return texts.map((text) => succeeded(text));
  };
}

const isEssential = (text: string): boolean => text.startsWith('!');

describe('a store on a disk that may be full', () => {
  function guarded(room: number) {
    const disk = new Disk(room);
    const guard = new DiskGuard('/nowhere/store.db', disk.reserve);
    guard.open(() => undefined);
    const write = (...texts: string[]) => guard.group(texts, isEssential, disk.store).map(codeOf);
    return { disk, guard, write };
  }

  it('has no reserve on a disk that does not say how much room it has, and refuses as on a full one', () => {
    const guard = new DiskGuard('/nowhere/store.db', new DiskReserve('/nowhere/at/all/store.db'));
    expect(guard.open(() => 'open')).to.equal('open');
    expect(guard.group(['a', '!b'], isEssential, (texts) => texts.map(succeeded)).map(codeOf)).to.deep.equal([
      'JOURNAL_FAILED',
      undefined,
    ]);
  });

  it('stores everything while there is room', () => {
    const { disk, write } = guarded(5);
    expect(write('a', '!b', 'c')).to.deep.equal([undefined, undefined, undefined]);
    expect(disk.stored).to.deep.equal(['a', '!b', 'c']);
  });

  it('stores only what is essential when there is none, into the reserve, and refuses the rest with the reason', () => {
    const { disk, write } = guarded(3);
    expect(write('a')).to.deep.equal([undefined]);
    expect(write('b', '!c', 'd')).to.deep.equal(['JOURNAL_FAILED', undefined, 'JOURNAL_FAILED']);
    expect(write('e')).to.deep.equal(['JOURNAL_FAILED']);
    expect(disk.stored).to.deep.equal(['a', '!c']);
  });

  it('does not let records take the room that was kept for what is essential', () => {
    const { disk, write } = guarded(3);
    write('a');
    write('b');
    for (const text of ['c', 'd', 'e']) expect(write(text)).to.deep.equal(['JOURNAL_FAILED']);
    expect(write('!f', '!g')).to.deep.equal([undefined, undefined]);
    expect(disk.stored).to.deep.equal(['a', '!f', '!g']);
  });

  it('goes on by itself as soon as the reserve has room again, not before', () => {
    const { disk, write } = guarded(3);
    write('a');
    write('b', '!c');
    disk.room += 1;
    expect(write('d')).to.deep.equal(['JOURNAL_FAILED']);
    disk.room += 2;
    expect(write('e')).to.deep.equal([undefined]);
    expect([disk.stored, disk.hasReserve]).to.deep.equal([['a', '!c', 'e'], true]);
  });

  it('says so when even what is essential finds no room', () => {
    const { write, guard, disk } = guarded(3);
    write('a');
    write('!b', '!c');
    expect(failureOf(() => write('!d')).code).to.equal('JOURNAL_FAILED');
    expect(failureOf(() => guard.run(true, () => disk.store(['!e']))).code).to.equal('JOURNAL_FAILED');
  });

  it('is opened on a full disk with the reserve of an earlier opening', () => {
    const disk = new Disk(0);
    disk.hasReserve = true;
    const guard = new DiskGuard('/nowhere/store.db', disk.reserve);
    guard.open(() => disk.store(['opening']));
    expect([disk.stored, disk.hasReserve]).to.deep.equal([['opening'], false]);
  });

  it('passes other failures on, and gives up nothing for them', () => {
    const { disk, guard } = guarded(5);
    const broken = () => {
      throw new MeshError('JOURNAL_FAILED', 'the disk is broken', { details: { cause: 'SQLITE_IOERR_WRITE' } });
    };
    expect(failureOf(() => guard.group(['a'], isEssential, broken)).message).to.equal('the disk is broken');
    expect(disk.hasReserve).to.equal(true);
  });
});
