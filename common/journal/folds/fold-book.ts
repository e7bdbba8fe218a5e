/**
 * Which reports of a machine are told one by one, which are counted, and what is told of the counts when. Pure but for the
 * book it is given, which is tables of the journal in a node and Maps in a test.
 *
 * B1  Every report is either told or counted, and what is counted is told once: the counts of all that is told are the
 *     reports that were made.
 * B2  The kinds that are told apart are bounded, for each account and for the machine. Further ones count together, by
 *     severity. So a storm of errors that all differ takes bounded room, and of others' room only what is nobody's own.
 * B3  Counts are kept by agent, so that it is known whose errors they were; they are bounded in the same way, and what
 *     has no room even there counts as the machine's.
 */
import { limits } from '../../core/limits.js';
import { type Severity, severities } from '../../protocol/errors/severity.js';
import { type KindState, onDue, onReport } from './fold-rule.js';

/** What is counted of one kind in the name of one agent. `Body`: whatever the book keeps to tell of it. */
export interface Fold<Body> {
  /** What makes reports the same, whichever agent they are of. */
  readonly kind: string;
  readonly agent: string;
  readonly epoch: number;
  readonly count: number;
  readonly firstMs: number;
  readonly lastMs: number;
  /** Of the first of them. */
  readonly body: Body;
}

/** What is reported; `count` times, where it stands for several. */
export interface Occurrence<Body> extends Fold<Body> {
  /** Who is charged for a kind that is new: the agent, or `MACHINE` for what the machine itself has to tell. */
  readonly account: string;
  readonly severity: Severity;
}

export interface FoldBook<Body> {
  kind(kind: string): KindState | undefined;
  addKind(kind: string, account: string, state: KindState): void;
  setKind(kind: string, state: KindState): void;
  /** Of one account, or of all of them. */
  kindCount(account?: string): number;
  /** Removes the kinds that are told one by one and were quiet until now. */
  forgetQuiet(nowMs: number): void;
  /** The kinds that fold and are due until then, the earliest first. */
  dueKinds(untilMs: number, limit: number): { readonly kind: string; readonly state: KindState }[];
  hasFold(kind: string, agent: string): boolean;
  foldCount(): number;
  /** Adds to what is counted of that kind and agent, or begins with it. */
  count(fold: Fold<Body>): void;
  /** Removes and returns what was counted of the kind. */
  takeFolds(kind: string): Fold<Body>[];
}

/** As whose kind a report was taken, and whether it is to be told; when it is not, it was counted. */
export interface Placed {
  readonly kind: string;
  readonly isTold: boolean;
}

/** The account of what a machine itself has to tell: no name of an agent. */
export const MACHINE = '';

/** In whose name is counted what has room nowhere else. */
export const ANYBODY = 'node';

/** The kinds that are not told apart are one for each severity. No hash of ours looks like it. */
const FURTHER = 'further/';

export const isFurther = (kind: string): boolean => kind.startsWith(FURTHER);

export const severityOfFurther = (kind: string): Severity =>
  severities.find((severity) => kind === FURTHER + severity) ?? 'error';

export function place<Body>(book: FoldBook<Body>, occurrence: Occurrence<Body>, nowMs: number): Placed {
  if (hasRoom(book, occurrence, nowMs)) return enter(book, occurrence, nowMs);
  const further = { ...occurrence, kind: FURTHER + occurrence.severity, account: MACHINE };
  const isRoomy = book.hasFold(further.kind, further.agent) || book.foldCount() < FOLDS_MAX + limits.foldReserve;
  return enter(book, isRoomy ? further : { ...further, agent: ANYBODY }, nowMs);
}

/**
 * The counts that are due, each to be told. What is due within `limits.foldAlignMs` is told along with it, so that many
 * floods at once are few messages. At most `kindsMax` kinds: ask again until it is done.
 */
export function tellDue<Body>(
  book: FoldBook<Body>,
  nowMs: number,
  kindsMax: number,
): { readonly folds: Fold<Body>[]; readonly isDone: boolean } {
  book.forgetQuiet(nowMs);
  const due = book.dueKinds(nowMs + limits.foldAlignMs, kindsMax);
  const folds = due.flatMap(({ kind, state }) => {
    const counted = book.takeFolds(kind);
    book.setKind(kind, onDue(state, counted.length > 0, nowMs));
    return counted;
  });
  return { folds, isDone: due.length < kindsMax };
}

function enter<Body>(book: FoldBook<Body>, occurrence: Occurrence<Body>, nowMs: number): Placed {
  const { kind, account } = occurrence;
  const known = book.kind(kind);
  const { state, isTold } = onReport(known, nowMs);
  if (known === undefined) book.addKind(kind, account, state);
  else if (state !== known) book.setKind(kind, state);
  if (!isTold) book.count(occurrence);
  return { kind, isTold };
}

/** B2, B3 */
const hasRoom = <Body>(book: FoldBook<Body>, occurrence: Occurrence<Body>, nowMs: number): boolean =>
  hasRoomForKind(book, occurrence, nowMs) &&
  (book.hasFold(occurrence.kind, occurrence.agent) || book.foldCount() < FOLDS_MAX);

function hasRoomForKind<Body>(book: FoldBook<Body>, { kind, account }: Occurrence<Body>, nowMs: number): boolean {
  if (book.kind(kind) !== undefined || hasKindLeft(book, account)) return true;
  book.forgetQuiet(nowMs);
  return hasKindLeft(book, account);
}

const hasKindLeft = <Body>(book: FoldBook<Body>, account: string): boolean =>
  account === MACHINE
    ? book.kindCount(MACHINE) < limits.foldMachineKindsMax
    : book.kindCount(account) < limits.foldAgentKindsMax && book.kindCount() < limits.foldKindsMax;

/** A kind that several agents report has a count for each of them. */
const FOLDS_MAX = limits.foldKindsMax;
