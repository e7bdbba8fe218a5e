/** The groups as they are stored: what each reads and is told, its floor, and what stands above it. */
import type { Connection } from '../sqlite/database.js';
import type { GroupChanges, GroupSettings, StoredGroup } from './group-types.js';

/** What a group reads: fixed when it is made. */
export interface GroupSource {
  readonly stream: string;
  /** Only records of this machine or agent; empty for all. */
  readonly machine: string;
  readonly agent: string;
}

export interface GroupIdentity extends GroupSource {
  readonly group: string;
}

export interface GroupRow extends GroupIdentity {
  readonly id: number;
  readonly floorId: number;
  readonly lost: number;
  readonly settings: GroupSettings;
}

interface StoredRow extends GroupIdentity {
  readonly id: number;
  readonly ordered: number;
  readonly ackWaitMs: number;
  readonly deliveriesMax: number;
  readonly firstMs: number;
  readonly maxMs: number;
  readonly floorId: number;
  readonly lost: number;
}

const selectGroups = `SELECT id, name AS "group", stream, machine, agent, ordered, ack_wait_ms AS ackWaitMs,
  deliveries_max AS deliveriesMax, backoff_first_ms AS firstMs, backoff_max_ms AS maxMs, floor_id AS floorId, lost
  FROM consumer_groups`;

export class GroupTable {
  readonly #find;
  readonly #all;
  readonly #count;
  readonly #insert;
  readonly #tune;
  readonly #moveFloor;
  readonly #addLost;
  readonly #records;
  readonly #put;
  readonly #forgetUpTo;
  readonly #remove;
  readonly #forgetAll;

  constructor(db: Connection) {
    this.#find = db.prepare<[string], StoredRow>(`${selectGroups} WHERE name = ?`);
    this.#all = db.prepare<[], StoredRow>(`${selectGroups} ORDER BY name`);
    this.#count = db.prepare<[], number>('SELECT count(*) FROM consumer_groups').pluck();
    this.#insert = db.prepare('INSERT INTO consumer_groups VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)');
    this.#tune = db.prepare(
      'UPDATE consumer_groups SET ack_wait_ms = ?, deliveries_max = ?, backoff_first_ms = ?, backoff_max_ms = ? WHERE id = ?',
    );
    this.#moveFloor = db.prepare('UPDATE consumer_groups SET floor_id = max(floor_id, ?) WHERE id = ?');
    this.#addLost = db.prepare('UPDATE consumer_groups SET lost = lost + ? WHERE id = ?');
    this.#records = db.prepare<[number], { id: number; settled: number; deliveries: number }>(
      'SELECT id, settled, deliveries FROM group_records WHERE group_id = ?',
    );
    this.#put = db.prepare('REPLACE INTO group_records VALUES (?, ?, ?, ?)');
    this.#forgetUpTo = db.prepare('DELETE FROM group_records WHERE group_id = ? AND id <= ?');
    this.#remove = db.prepare('DELETE FROM consumer_groups WHERE id = ?');
    this.#forgetAll = db.prepare('DELETE FROM group_records WHERE group_id = ?');
  }

  find(group: string): GroupRow | undefined {
    const row = this.#find.get(group);
    return row === undefined ? undefined : groupOf(row);
  }

  all(): GroupRow[] {
    return this.#all.all().map(groupOf);
  }

  count(): number {
    return this.#count.get() ?? 0;
  }

  insert({ group, stream, machine, agent }: GroupIdentity, settings: GroupSettings, floorId: number, wallMs: number) {
    const { ordered, ackWaitMs, deliveriesMax, backoff } = settings;
    const told = [ordered ? 1 : 0, ackWaitMs, deliveriesMax, backoff.firstMs, backoff.maxMs];
    this.#insert.run(group, stream, machine, agent, ...told, floorId, wallMs);
  }

  tune(id: number, { ackWaitMs, deliveriesMax, backoff }: GroupSettings): void {
    this.#tune.run(ackWaitMs, deliveriesMax, backoff.firstMs, backoff.maxMs, id);
  }

  /** What `StoredGroup` says of the records above the floor. */
  recordsOf(id: number): Pick<StoredGroup, 'settledIds' | 'deliveries'> {
    const rows = this.#records.all(id);
    return {
      settledIds: new Set(rows.filter(({ settled }) => settled === 1).map((row) => row.id)),
      deliveries: new Map(rows.filter(({ settled }) => settled === 0).map((row) => [row.id, row.deliveries])),
    };
  }

  store(id: number, { floorId, settledIds, failed }: GroupChanges): void {
    for (const settledId of settledIds) this.#put.run(id, settledId, 1, 0);
    for (const record of failed) this.#put.run(id, record.id, 0, record.deliveries);
    this.#moveFloor.run(floorId, id);
    this.#forgetUpTo.run(id, floorId);
  }

  addLost(id: number, count: number): void {
    if (count > 0) this.#addLost.run(count, id);
  }

  remove(id: number): void {
    this.#forgetAll.run(id);
    this.#remove.run(id);
  }
}

const groupOf = ({ ordered, ackWaitMs, deliveriesMax, firstMs, maxMs, ...row }: StoredRow): GroupRow => ({
  ...row,
  settings: { ordered: ordered === 1, ackWaitMs, deliveriesMax, backoff: { firstMs, maxMs, factor: 2 } },
});
