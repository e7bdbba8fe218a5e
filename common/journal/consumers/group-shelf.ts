/**
 * The groups of a log, as they are stored and as they are at work: a core is loaded when its group is first used, and what
 * it changes goes into the tables within the transaction of whoever asked.
 */
import { MeshError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import { nearest } from '../../core/nearest.js';
import type { LogReader } from '../log/log-reader.js';
import type { Connection } from '../sqlite/database.js';
import { ConsumerGroup } from './consumer-group.js';
import { DeadLetters } from './dead-letters.js';
import type { GroupJoin } from './group-requests.js';
import { refuseOther, settingsOf } from './group-settings.js';
import { type GroupRow, GroupTable } from './group-table.js';

export interface LoadedGroup {
  readonly row: GroupRow;
  readonly core: ConsumerGroup;
}

export class GroupShelf {
  readonly letters: DeadLetters;
  readonly #table: GroupTable;
  readonly #loaded = new Map<string, LoadedGroup>();

  constructor(
    db: Connection,
    private readonly reader: LogReader,
  ) {
    this.letters = new DeadLetters(db);
    this.#table = new GroupTable(db);
  }

  all(): GroupRow[] {
    return this.#table.all();
  }

  /** @throws NOT_FOUND with the nearest name */
  find(group: string): LoadedGroup {
    const row = this.#table.find(group);
    if (row !== undefined) return this.load(row);
    const names = this.all().map((known) => known.group);
    const near = nearest(group, names);
    throw new MeshError('NOT_FOUND', `there is no consumer group "${group}"`, {
      hint: names.length === 0 ? 'there is no group yet: a consumer makes it' : 'see "mesh stream groups"',
      ...(near === undefined ? {} : { details: { didYouMean: near } }),
    });
  }

  /** A group that may be gone. */
  seek(group: string): LoadedGroup | undefined {
    const row = this.#table.find(group);
    return row === undefined ? undefined : this.load(row);
  }

  loaded(group: string): LoadedGroup | undefined {
    return this.#loaded.get(group);
  }

  load(row: GroupRow): LoadedGroup {
    const known = this.#loaded.get(row.group);
    if (known !== undefined) return known;
    const core = new ConsumerGroup(row.settings, {
      floorId: row.floorId,
      ...this.#table.recordsOf(row.id),
      replayed: this.letters.replayedIds(row.id),
      deadCount: this.letters.count(row.id),
    });
    const loaded = { row, core };
    this.#loaded.set(row.group, loaded);
    return loaded;
  }

  /** The group as it is asked for; made when there is none, behind `floorId`. @throws CONFLICT, QUEUE_FULL */
  claim(request: GroupJoin, floorId: () => number): LoadedGroup {
    const { group, stream, machine = '', agent = '', now } = request;
    const known = this.#table.find(group);
    const settings = settingsOf(request, known?.settings);
    if (known === undefined) {
      this.#refuseMore();
      this.#table.insert({ group, stream, machine, agent }, settings, floorId(), now.wallMs);
      return this.find(group);
    }
    refuseOther(known, request);
    this.#table.tune(known.id, settings);
    const loaded = this.load(known);
    loaded.core.retune(settings, now.monotonicMs);
    return loaded;
  }

  /** What its core has changed; before anybody is answered. */
  store({ row, core }: LoadedGroup, wallMs: number): void {
    const changes = core.takeChanges();
    if (changes === undefined) return;
    this.#table.store(row.id, changes);
    for (const letter of changes.died) this.letters.add(row.id, letter, this.reader.byIds([letter.id])[0], wallMs);
    for (const id of changes.revivedIds) this.letters.delete(row.id, id);
  }

  addLost({ row }: LoadedGroup, count: number): void {
    this.#table.addLost(row.id, count);
  }

  remove({ row }: LoadedGroup): void {
    this.#table.remove(row.id);
    this.letters.deleteAll(row.id);
    this.#loaded.delete(row.group);
  }

  /** What is stored counts: what the cores have changed since did not happen. */
  forget(): void {
    this.#loaded.clear();
  }

  #refuseMore(): void {
    if (this.#table.count() < limits.groupsMax) return;
    throw new MeshError('QUEUE_FULL', `there are ${limits.groupsMax} consumer groups already`, {
      hint: 'Remove one that nobody needs: see "mesh stream groups".',
    });
  }
}
