/**
 * The way of a machine's records to main, as a pure core: what is to be done next, after what was answered last. The
 * forwarder does it, one thing at a time, and says what came of it.
 *
 * O1  Nothing is sent on a connection before both sides have compared, chain by chain, how far they are.
 * O2  A batch counts as delivered when main has answered; whatever fails, it is the journal that says what goes next.
 * O3  What cannot be delivered as it is – a tail that main has and this file lost, two chains under one name – is put
 *     right in the journal together with the incident that tells of it; it never blocks what comes after it.
 */
import { MeshError } from '../../../common/core/errors.js';
import type { ChainState } from '../../../common/journal/machine/journal-types.js';
import type { Run } from '../../../common/journal/machine/record-table.js';
import { type Incident, incidents } from '../records/incident.js';
import { BatchSize } from './batch-size.js';
import { compareHello } from './hello-verdict.js';
import { takenBy } from './older-main.js';
import type { Ask, OutboxEvent, Remote, SentPoint } from './outbox-ask.js';

export interface OutboxCounters {
  readonly forwarded: number;
  readonly batches: number;
  readonly failures: number;
  readonly incidents: number;
}

export interface OutboxState {
  /** What the edge is doing. */
  readonly asked: Ask;
  readonly askedMs: number;
  /** What comes before anything else: what a comparison or a refusal led to. */
  readonly todo: readonly Ask[];
  /** The chain that is being compared, and those that are still to be. */
  readonly greeting: string | undefined;
  readonly toGreet: readonly ChainState[];
  /** Compared on this connection. */
  readonly greeted: ReadonlySet<string>;
  /** The chains are to be listed and compared before anything is sent: the connection broke, or there is another one. */
  readonly isStale: boolean;
  /** Chains that were told of as lost. */
  readonly toldLost: ReadonlySet<string>;
  /** Marks of records that main takes. */
  readonly takes: readonly string[];
  /** Where the last batch that was sent ends. */
  readonly after: SentPoint | undefined;
  readonly batchBytes: number;
  /** Errors that an earlier opening of the journal had counted, and that this one told. */
  readonly countedBefore: number;
  readonly failures: number;
  /** Why the last try failed; empty when it did not. */
  readonly trouble: string;
  readonly counters: OutboxCounters;
}

/** What is to be told on the error bus beside what is asked for; undefined: the edge goes on with what it does. */
export interface OutboxStep {
  readonly state: OutboxState;
  readonly ask: Ask | undefined;
  readonly tell: readonly Incident[];
}

const none: ReadonlySet<string> = new Set();

export const emptyOutbox: OutboxState = {
  asked: { kind: 'list' },
  askedMs: 0,
  todo: [],
  greeting: undefined,
  toGreet: [],
  greeted: none,
  isStale: false,
  toldLost: none,
  takes: [],
  after: undefined,
  batchBytes: new BatchSize().bytes,
  countedBefore: 0,
  failures: 0,
  trouble: '',
  counters: { forwarded: 0, batches: 0, failures: 0, incidents: 0 },
};

/** The first ask is that of `emptyOutbox`. @throws INTERNAL when the event answers what was not asked */
export function step(state: OutboxState, event: OutboxEvent, nowMs: number): OutboxStep {
  const { asked } = state;
  switch (event.kind) {
    case 'cut':
      return { state: { ...state, greeted: none, isStale: true }, ask: undefined, tell: [] };
    case 'woken':
      return asking(state, { kind: 'list' }, nowMs);
    case 'listed':
      return onListed(state, event.chains, nowMs);
    case 'held':
      return onHeld(state, asOf(asked, 'greet').chain, event.remote, nowMs);
    case 'hashed':
      return onHashed(state, asOf(asked, 'hash'), event.hash, nowMs);
    case 'marked':
      return onMarked(state, asOf(asked, 'mark').journalId, event.isNews, nowMs);
    case 'read':
      return onRead(state, event.run, nowMs);
    case 'accepted':
      return onAccepted(state, asOf(asked, 'send').run, event.headSeq, nowMs);
    case 'done':
      return onDone(state, nowMs);
    case 'failed':
      return onFailed(state, event.error, nowMs);
  }
}

function asOf<Kind extends Ask['kind']>(asked: Ask, kind: Kind): Extract<Ask, { kind: Kind }> {
  if (isOf(asked, kind)) return asked;
  throw new MeshError('INTERNAL', `the outbox asked to ${asked.kind}, and was answered as if to ${kind}`);
}

const isOf = <Kind extends Ask['kind']>(asked: Ask, kind: Kind): asked is Extract<Ask, { kind: Kind }> =>
  asked.kind === kind;

function asking(state: OutboxState, ask: Ask, nowMs: number, tell: readonly Incident[] = []): OutboxStep {
  return { state: { ...counted(state, { incidents: tell.length }), asked: ask, askedMs: nowMs }, ask, tell };
}

function counted(state: OutboxState, more: Partial<OutboxCounters>): OutboxState {
  const counters = { ...state.counters };
  for (const name of Object.keys(more) as (keyof OutboxCounters)[]) counters[name] += more[name] ?? 0;
  return { ...state, counters };
}

/** What is to do; then the chains that are to be compared; then what is to be sent. */
function goOn(state: OutboxState, nowMs: number, tell: readonly Incident[] = []): OutboxStep {
  const [next, ...todo] = state.todo;
  if (next !== undefined) return asking({ ...state, todo }, next, nowMs, tell);
  if (state.isStale) return asking({ ...state, greeting: undefined }, { kind: 'list' }, nowMs, tell);
  const greeted = state.greeting === undefined ? state.greeted : new Set([...state.greeted, state.greeting]);
  const [chain, ...toGreet] = state.toGreet;
  const settled = { ...state, greeted, greeting: chain?.journalId, toGreet };
  if (chain !== undefined) return asking(settled, { kind: 'greet', chain }, nowMs, tell);
  const { after, batchBytes: bytesMax } = state;
  return asking(settled, { kind: 'read', bytesMax, ...(after === undefined ? {} : { after }) }, nowMs, tell);
}

function onListed(state: OutboxState, chains: readonly ChainState[], nowMs: number): OutboxStep {
  const toGreet = chains.filter(({ status, journalId }) => status !== 'superseded' && !state.greeted.has(journalId));
  return goOn({ ...state, toGreet, greeting: undefined, isStale: false, todo: [], after: undefined }, nowMs);
}

function onHeld(before: OutboxState, chain: ChainState, remote: Remote, nowMs: number): OutboxStep {
  const state = { ...before, takes: remote.marks ?? [] };
  const isComparable = remote.headSeq > 0 && remote.headSeq <= chain.headSeq;
  return isComparable
    ? asking(state, { kind: 'hash', chain, remote }, nowMs)
    : compare(state, chain, remote, null, nowMs);
}

const onHashed = (
  state: OutboxState,
  { chain, remote }: Extract<Ask, { kind: 'hash' }>,
  hash: Uint8Array | null,
  nowMs: number,
): OutboxStep => compare(state, chain, remote, hash, nowMs);

function compare(
  state: OutboxState,
  chain: ChainState,
  remote: Remote,
  hashAtRemoteHead: Uint8Array | null,
  nowMs: number,
): OutboxStep {
  const { journalId, parentId } = chain;
  const todo: Ask[] = [];
  const tell: Incident[] = [];
  const verdict = compareHello({ ...chain, hashAtRemoteHead }, { seq: remote.headSeq, hash: remote.headHash });
  // That main holds more or other records of it was told. But another main may hold none of what is still here.
  if (chain.status === 'lost-tail' && verdict.kind !== 'rewind') return goOn(state, nowMs);
  if (remote.siblingId !== undefined && parentId !== null) {
    const incident = incidents.lostChain(parentId, remote.siblingId, state.countedBefore);
    todo.push({ kind: 'mark', journalId: parentId, incident });
  }
  switch (verdict.kind) {
    case 'agree':
      if (remote.headSeq > chain.ackedSeq) todo.push({ kind: 'acknowledge', journalId, seq: remote.headSeq });
      break;
    case 'rewind':
      tell.push(incidents.mainLostTail(journalId, remote.headSeq, chain.ackedSeq));
      // What is pruned here cannot follow main's head any more: the rest goes under a new name.
      if (remote.headSeq < chain.baseSeq) todo.push(reissue(journalId, chain.baseSeq + 1));
      else todo.push({ kind: 'rewind', journalId, seq: remote.headSeq });
      break;
    case 'conflict':
      todo.push(reissue(journalId, chain.ackedSeq + 1));
      break;
    case 'lost-tail':
      // The chain being written cannot be judged by its length: its next record is compared by its hash.
      if (chain.status === 'open') break;
      todo.push({
        kind: 'mark',
        journalId,
        incident: incidents.lostTail(journalId, chain.headSeq, verdict.missingCount, state.countedBefore),
      });
  }
  return goOn({ ...state, todo }, nowMs, tell);
}

/** Two records under one name: ours go again under a name that main has never seen. */
const reissue = (journalId: string, fromSeq: number): Ask => ({
  kind: 'reissue',
  journalId,
  fromSeq,
  incident: incidents.conflict(journalId, fromSeq),
});

function onRead(state: OutboxState, run: Run | undefined, nowMs: number): OutboxStep {
  if (run === undefined || run.entries.length === 0) {
    return asking({ ...state, failures: 0, trouble: '' }, { kind: 'rest' }, nowMs);
  }
  const taken = takenBy(state.takes, run);
  if (taken instanceof MeshError) return pause(state, taken, nowMs);
  return asking(state, { kind: 'send', run: taken }, nowMs, taken.damaged.map(incidents.damaged));
}

function onAccepted(state: OutboxState, run: Run, headSeq: number, nowMs: number): OutboxStep {
  const size = new BatchSize(state.batchBytes);
  size.onAnswered(nowMs - state.askedMs);
  const { journalId } = run;
  return asking(
    { ...state, batchBytes: size.bytes },
    { kind: 'acknowledge', journalId, seq: headSeq, sent: run },
    nowMs,
  );
}

function onDone(state: OutboxState, nowMs: number): OutboxStep {
  const { asked } = state;
  if (asked.kind === 'rewind' && asked.because !== undefined) return pause(state, asked.because, nowMs);
  if (asked.kind === 'reissue') return goOn(counted({ ...state, isStale: true }, { incidents: 1 }), nowMs);
  if (asked.kind !== 'acknowledge' || asked.sent === undefined) return goOn(state, nowMs);
  const { journalId, entries } = asked.sent;
  const last = entries.at(-1);
  const after = last === undefined ? undefined : { journalId, seq: last.seq, hash: last.hash };
  return goOn(counted({ ...state, after }, { batches: 1, forwarded: entries.length }), nowMs);
}

function onMarked(state: OutboxState, journalId: string, isNews: boolean, nowMs: number): OutboxStep {
  const toldLost = new Set([...state.toldLost, journalId]);
  return goOn(counted({ ...state, toldLost }, { incidents: isNews ? 1 : 0 }), nowMs);
}

function onFailed(state: OutboxState, error: MeshError, nowMs: number): OutboxStep {
  const { asked } = state;
  if (asked.kind === 'send') return onRefused(state, asked.run, error, nowMs);
  if (asked.kind === 'acknowledge' && asked.sent !== undefined) return onRefused(state, asked.sent, error, nowMs);
  if (asked.kind !== 'mark' || error.code !== 'NOT_FOUND') return pause(state, error, nowMs);
  // It and all that named it are forgotten meanwhile: there is no row to mark, and this node tells it once.
  if (state.toldLost.has(asked.journalId)) return goOn(state, nowMs);
  const toldLost = new Set([...state.toldLost, asked.journalId]);
  return goOn({ ...state, toldLost }, nowMs, [asked.incident]);
}

function onRefused(state: OutboxState, { journalId, entries }: Run, error: MeshError, nowMs: number): OutboxStep {
  const size = new BatchSize(state.batchBytes);
  size.onFailed();
  const slower = { ...state, batchBytes: size.bytes };
  const { seq, headSeq } = error.details ?? {};
  if (error.code === 'CONFLICT') {
    const fromSeq = typeof seq === 'number' ? seq : (entries[0]?.seq ?? 1);
    return asking(slower, reissue(journalId, fromSeq), nowMs);
  }
  if (error.code === 'JOURNAL_GAP' && typeof headSeq === 'number') {
    return asking(slower, { kind: 'rewind', journalId, seq: headSeq, because: error }, nowMs);
  }
  return pause(slower, error, nowMs);
}

/** And then everything begins anew, with a comparison. */
function pause(state: OutboxState, error: MeshError, nowMs: number): OutboxStep {
  const failures = state.failures + 1;
  const failed = { ...counted(state, { failures: 1 }), failures, greeted: none, trouble: error.message };
  return asking(failed, { kind: 'pause', failures }, nowMs);
}
