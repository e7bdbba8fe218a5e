/**
 * What was emitted, reported and consumed in a simulation, and what of it must not have happened. It shares no code with what
 * it judges: main's log is read past the store, with SQLite and MessagePack alone.
 */
import Database from 'better-sqlite3';
import { unpack } from 'msgpackr';

export interface Place {
  readonly journalId: string;
  readonly seq: number;
}

interface Emitted {
  readonly emitter: string;
  readonly turn: number;
  place: Place | undefined;
  /** A disk went back to an older state: it may be gone, or there twice. */
  isForgiven: boolean;
}

interface Reported {
  attempted: number;
  accepted: number;
  isForgiven: boolean;
}

interface Row {
  readonly journalId: string;
  readonly seq: number;
  readonly stream: string;
  readonly body: Buffer;
}

const QUERY = `SELECT journal_id AS journalId, seq, stream, body FROM records
  JOIN journals ON journals.id = records.journal ORDER BY records.id`;
/** Of each fault so many are told. */
const TOLD_MAX = 5;

export class RecordOracle {
  readonly faults = new Map<string, string[]>();
  readonly counts = { emitted: 0, accepted: 0, main: 0, errors: 0, deliveries: 0, redeliveries: 0, stale: 0 };
  readonly #emitted = new Map<string, Emitted>();
  readonly #reported = new Map<string, Reported>();
  /** The latest delivery of each record, by id. */
  readonly #latest = new Map<number, number>();
  readonly #recordOf = new Map<number, number>();
  #areOrdersForgiven = false;

  onEmit(emitter: string, turn: number, text: string): void {
    if (this.#emitted.has(text)) return;
    this.counts.emitted++;
    this.#emitted.set(text, { emitter, turn, place: undefined, isForgiven: false });
  }

  onAccepted(text: string, place: Place): void {
    const emitted = this.#emitted.get(text);
    if (emitted === undefined || emitted.place !== undefined) return;
    emitted.place = place;
    this.counts.accepted++;
  }

  onRefused(who: string, why: string): void {
    this.fault('an emitter was refused', `${who}: ${why}`);
  }

  onReport(kind: string, count: number): void {
    this.#reportedOf(kind).attempted += count;
  }

  onReportAccepted(kind: string, count: number): void {
    this.#reportedOf(kind).accepted += count;
  }

  /** A disk went back: what is in `held`, and what comes from now on, is all that can be asked for. */
  onDiskLost(held: ReadonlySet<string>): void {
    for (const [text, emitted] of this.#emitted) if (!held.has(text)) emitted.isForgiven = true;
    for (const reported of this.#reported.values()) reported.isForgiven = true;
  }

  /**
   * It was the journal's: an emitter that was not answered sends again what main may have already. Nobody knows that any more,
   * so those records may be there twice.
   */
  onRepeatsForgotten(main: ReadonlySet<string>, journal: ReadonlySet<string>): void {
    for (const [text, emitted] of this.#emitted)
      if (emitted.place === undefined && main.has(text) && !journal.has(text)) emitted.isForgiven = true;
  }

  /** It was main's: other records may have the ids of those that are gone. */
  onIdsLost(): void {
    this.#latest.clear();
  }

  /** Records go under another name: they come behind what was emitted after them. */
  forgiveOrder(): void {
    this.#areOrdersForgiven = true;
  }

  onDelivered(id: number, number: number): void {
    this.counts.deliveries++;
    if (this.#latest.has(id)) this.counts.redeliveries++;
    if (this.#recordOf.has(number)) this.fault('the number of a delivery was used twice', `${number}`);
    this.#recordOf.set(number, id);
    this.#latest.set(id, number);
  }

  /** @param staleCount how many of them main said were not the latest */
  onSettled(numbers: readonly number[], staleCount: number): void {
    this.counts.stale += staleCount;
    const older = numbers.filter((number) => this.#latest.get(this.#recordOf.get(number) ?? 0) !== number);
    if (older.length > staleCount) this.fault('an older delivery was settled', older.join(', '));
  }

  /** When nothing happens any more. */
  judge(logFile: string): void {
    const db = new Database(logFile, { readonly: true });
    const rows = db.prepare<[], Row>(QUERY).all();
    db.close();
    this.counts.main = rows.length;
    this.#judgeRecords(rows.filter(({ stream }) => stream === 'work'));
    this.#judgeErrors(rows.filter(({ stream }) => stream === 'errors'));
  }

  fault(what: string, detail: string): void {
    const told = this.faults.get(what) ?? [];
    this.faults.set(what, told);
    if (told.length < TOLD_MAX) told.push(detail);
  }

  #judgeRecords(rows: readonly Row[]): void {
    const onMain = new Set<string>();
    const lastSeq = new Map<string, number>();
    const lastTurn = new Map<string, number>();
    for (const { journalId, seq, body } of rows) {
      const text = body.toString();
      const emitted = this.#emitted.get(text);
      if (emitted === undefined) this.fault('on main, and never emitted', text);
      else if (onMain.has(text) && !emitted.isForgiven) this.fault('on main twice', text);
      onMain.add(text);
      if (seq <= (lastSeq.get(journalId) ?? 0)) this.fault('in the wrong order of its journal', `${journalId} ${seq}`);
      lastSeq.set(journalId, seq);
      if (emitted === undefined || emitted.isForgiven || this.#areOrdersForgiven) continue;
      const { emitter, turn, place } = emitted;
      if (turn < (lastTurn.get(emitter) ?? 0)) this.fault('in the wrong order of its emitter', text);
      lastTurn.set(emitter, turn);
      const isElsewhere = place !== undefined && (place.journalId !== journalId || place.seq !== seq);
      if (isElsewhere) this.fault('in another place than was told', text);
    }
    for (const [text, { place, isForgiven }] of this.#emitted)
      if (place !== undefined && !isForgiven && !onMain.has(text)) this.fault('accepted, and not on main', text);
  }

  #judgeErrors(rows: readonly Row[]): void {
    const sums = new Map<string, number>();
    for (const { body } of rows) {
      const { fingerprint, count = 1 } = this.#readReport(body);
      if (fingerprint !== undefined) sums.set(fingerprint, (sums.get(fingerprint) ?? 0) + count);
    }
    for (const [kind, { attempted, accepted, isForgiven }] of this.#reported) {
      const sum = sums.get(kind) ?? 0;
      this.counts.errors += sum;
      if (isForgiven) continue;
      const told = `${kind}: ${accepted} accepted of ${attempted}, ${sum} on main`;
      if (sum < accepted) this.fault('errors that nobody was told of', told);
      if (sum > attempted) this.fault('errors that nobody reported', told);
    }
  }

  #readReport(body: Buffer): { readonly fingerprint?: string; readonly count?: number } {
    try {
      return unpack(body);
    } catch {
      this.fault('on main, and never emitted', body.toString('hex'));
      return {};
    }
  }

  #reportedOf(kind: string): Reported {
    const reported = this.#reported.get(kind) ?? { attempted: 0, accepted: 0, isForgiven: false };
    this.#reported.set(kind, reported);
    return reported;
  }
}
