/** Openings of the log's file: which ids each gave out, and what a reader by id concludes from that. */
import { copyFileSync } from 'node:fs';
import { expect } from 'chai';
import { limits } from '../../../common/core/limits.js';
import { LogLineage } from '../../../common/protocol/log-lineage.js';
import { append, forward, recordsOf, useWorld } from '../world.js';

describe('the openings of a log', () => {
  const world = useWorld();

  /** One opening in which so many records are stored; what it says of all of them. */
  function opened(count: number) {
    const log = world().log();
    if (count > 0) {
      const { store } = world().journal();
      append(store, { records: recordsOf(count) });
      forward(store, log);
      store.close();
    }
    const openings = log.openings.list();
    log.close();
    return openings;
  }

  it('are those that gave out ids, each with the first of them, and the present one', () => {
    opened(2);
    opened(0);
    opened(3);
    expect(opened(0).map(({ firstId }) => firstId)).to.deep.equal([1, 3, 6]);
    expect(new Set(opened(1).map(({ epoch }) => epoch)).size).to.equal(3);
  });

  it('are not written down by a transaction that fails, and by the next one all the same', () => {
    const log = world().log();
    const { store } = world().journal();
    append(store, { records: recordsOf(2) });
    expect(() => log.runGroup([{ name: 'append', args: null } as never])).to.throw();
    forward(store, log);
    log.close();
    expect(opened(0).map(({ firstId }) => firstId)).to.deep.equal([1, 3]);
  });

  it('are kept in a bounded number', () => {
    opened(1);
    world().edit('mesh.db', (db) => {
      const insert = db.prepare('INSERT INTO openings (epoch, first_id) VALUES (?, 2)');
      for (let n = 0; n < limits.logOpeningsKept + 50; n++) insert.run(`e${n}`);
    });
    expect(opened(1)).to.have.length(limits.logOpeningsKept);
  });

  describe('tell whoever reads by id', () => {
    it('nothing when the log goes on, however often it was opened', () => {
      const lineage = new LogLineage();
      expect(lineage.isKnown).to.equal(false);
      expect(lineage.learn(opened(2))).to.equal(Infinity);
      expect(lineage.learn(opened(4)), 'as far as it can have read').to.equal(2);
      const now = opened(0);
      expect(lineage.learn(now)).to.equal(6);
      expect(lineage.learn(now)).to.equal(Infinity);
      expect(lineage.isAt(now.at(-1)?.epoch ?? '')).to.equal(true);
    });

    it('up to which id it is what it was, when an older state came back, an end was lost or it was begun anew', () => {
      const lineage = new LogLineage();
      opened(2);
      copyFileSync(world().path('mesh.db'), world().path('kept.db'));
      opened(3);
      lineage.learn(opened(2));
      copyFileSync(world().path('kept.db'), world().path('mesh.db'));
      expect(lineage.learn(opened(0)), 'an older state').to.equal(2);
      const whole = opened(4);
      lineage.learn(whole);
      world().edit('mesh.db', (db) =>
        db.exec("DELETE FROM records WHERE id > 5; UPDATE sqlite_sequence SET seq = 5 WHERE name = 'records'"),
      );
      expect(lineage.learn(opened(0)), 'a lost end').to.equal(5);
      expect(lineage.learn([{ epoch: 'another file', firstId: 1 }]), 'another file').to.equal(0);
    });
  });
});
