/**
 * Who decides whether anything was lost: an oracle that shares no code with the mesh. Producers keep a ledger, a file of
 * their own: a line before each emit, a line after it resolved. At the end the ledgers are held against what main's log
 * holds. A record is known by the SHA-256 of its text, and texts are never used twice.
 *
 * What was attempted and neither accepted nor refused before its producer died is indeterminate: it may be on main or
 * not, but not twice.
 */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

export class Ledger {
  readonly #fd: number;

  constructor(file: string) {
    this.#fd = openSync(file, 'a');
  }

  attempted(text: string): void {
    writeSync(this.#fd, `attempted ${digestOf(text)}\n`);
  }

  accepted(text: string, journalId: string, seq: number): void {
    writeSync(this.#fd, `accepted ${digestOf(text)} ${journalId} ${seq}\n`);
  }

  refused(text: string): void {
    writeSync(this.#fd, `refused ${digestOf(text)}\n`);
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** A record as main's log holds it. */
export interface MainRecord {
  readonly journalId: string;
  readonly seq: number;
  readonly text: string;
}

export interface Verdict {
  readonly attemptedCount: number;
  readonly acceptedCount: number;
  readonly mainCount: number;
  /** Neither accepted nor refused; the part of it that is on main. */
  readonly indeterminateCount: number;
  readonly indeterminateOnMainCount: number;
  /** Accepted, and not on main. */
  readonly lost: string[];
  /** On main more than once. */
  readonly duplicated: string[];
  /** On main, and never attempted. */
  readonly phantom: string[];
  /** Before something that came before it: in its journal, or in its producer's ledger. */
  readonly disordered: string[];
  /** Main holds another text under the place that the producer was told, or the text in another place. */
  readonly mismatched: string[];
}

/** What there is to complain of. */
export type Complaints = Pick<Verdict, 'lost' | 'duplicated' | 'phantom' | 'disordered' | 'mismatched'>;

export const complaintsOf = ({ lost, duplicated, phantom, disordered, mismatched }: Verdict): Complaints => ({
  ...{ lost, duplicated, phantom, disordered, mismatched },
});

export const noComplaints: Complaints = { lost: [], duplicated: [], phantom: [], disordered: [], mismatched: [] };

/** The verdict on `count` records that were all accepted and are on main, each once, in order and as it was. */
export const flawless = (count: number): Verdict => ({
  attemptedCount: count,
  acceptedCount: count,
  mainCount: count,
  indeterminateCount: 0,
  indeterminateOnMainCount: 0,
  ...noComplaints,
});

export interface Evidence {
  readonly ledgerFiles: readonly string[];
  /** In main's order. */
  readonly mainRecords: readonly MainRecord[];
}

export function judge({ ledgerFiles, mainRecords }: Evidence): Verdict {
  const ledgers = ledgerFiles.map(readLedger);
  const attempted = new Set(ledgers.flatMap(({ attempts }) => attempts));
  const accepted = new Map(ledgers.flatMap(({ places }) => [...places]));
  const refused = new Set(ledgers.flatMap(({ refusals }) => refusals));
  const main = mainRecords.map(({ journalId, seq, text }) => ({
    digest: digestOf(text),
    place: `${journalId} ${seq}`,
  }));
  const onMain = new Set(main.map(({ digest }) => digest));
  const open = [...attempted].filter((digest) => !accepted.has(digest) && !refused.has(digest));
  return {
    attemptedCount: attempted.size,
    acceptedCount: accepted.size,
    mainCount: main.length,
    indeterminateCount: open.length,
    indeterminateOnMainCount: open.filter((digest) => onMain.has(digest)).length,
    lost: [...accepted.keys()].filter((digest) => !onMain.has(digest)),
    duplicated: repeatsIn(main.map(({ digest }) => digest)),
    phantom: [...onMain].filter((digest) => !attempted.has(digest)),
    disordered: [...journalDisorder(mainRecords), ...ledgers.flatMap((ledger) => ledgerDisorder(ledger, main))],
    mismatched: main
      .filter(({ digest, place }) => accepted.has(digest) && accepted.get(digest) !== place)
      .map(({ digest }) => digest),
  };
}

interface LedgerContent {
  readonly attempts: readonly string[];
  readonly refusals: readonly string[];
  /** Digest → journal id and number, as the producer was told. */
  readonly places: ReadonlyMap<string, string>;
}

function readLedger(file: string): LedgerContent {
  // A producer that was killed may have left half a line: then what the line says did not happen.
  const attempts: string[] = [];
  const refusals: string[] = [];
  const places = new Map<string, string>();
  for (const line of readFileSync(file, 'utf8').split('\n').slice(0, -1)) {
    const [word, digest = '', journalId, seq] = line.split(' ');
    if (word === 'attempted') attempts.push(digest);
    if (word === 'refused') refusals.push(digest);
    if (word === 'accepted') places.set(digest, `${journalId} ${seq}`);
  }
  return { attempts, refusals, places };
}

function journalDisorder(records: readonly MainRecord[]): string[] {
  const lastSeq = new Map<string, number>();
  return records.flatMap(({ journalId, seq }) => {
    const before = lastSeq.get(journalId) ?? 0;
    lastSeq.set(journalId, Math.max(before, seq));
    return seq > before ? [] : [`${journalId} ${seq} after ${before}`];
  });
}

function ledgerDisorder({ attempts }: LedgerContent, main: readonly { readonly digest: string }[]): string[] {
  const turnOf = new Map(attempts.map((digest, turn) => [digest, turn]));
  let last = -1;
  return main.flatMap(({ digest }) => {
    const turn = turnOf.get(digest);
    if (turn === undefined) return [];
    const isLate = turn < last;
    last = Math.max(last, turn);
    return isLate ? [`attempt ${turn} after ${last}`] : [];
  });
}

function repeatsIn(digests: readonly string[]): string[] {
  const seen = new Set<string>();
  return digests.filter((digest) => seen.size === seen.add(digest).size);
}
