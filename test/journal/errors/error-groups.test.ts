/** Groups of errors in main's log: where they come from, whom they hit, how they stand, and what is written down about that. */
import { expect } from 'chai';
import type { Clock } from '../../../common/core/clock.js';
import { systemClock } from '../../../common/core/clock.js';
import { limits } from '../../../common/core/limits.js';
import type { LogStore } from '../../../common/journal/log/log-store.js';
import type { ErrorQuery } from '../../../common/journal/log/log-types.js';
import type { NewRecord } from '../../../common/journal/record.js';
import { completeReport, type ErrorReportInput } from '../../../common/protocol/errors/error-report.js';
import type { ErrorRule } from '../../../common/protocol/errors/error-rule.js';
import { fingerprintOf, groupOf } from '../../../common/protocol/errors/fingerprint.js';
import { decode, encode } from '../../../common/protocol/frames/codec.js';
import { answerOf, chainOf, failureOf, recordOf, send, useWorld } from '../world.js';

interface Told {
  readonly agent?: string;
  readonly tsMs?: number;
  readonly trace?: string;
}

const error = (
  message: string,
  rest: Partial<ErrorReportInput> = {},
  { agent = 'echo', tsMs = 1, trace = '' }: Told = {},
) => ({
  ...recordOf('', 'errors'),
  agent,
  tsMs,
  trace,
  body: encode(completeReport({ code: 'X', message, ...rest })),
});
const traceOf = (number: number) => number.toString(16).padStart(32, '0');

describe('a group of errors', () => {
  const world = useWorld();
  let nowMs = 0;
  let log: LogStore;
  const clock: Clock = { ...systemClock, wallMs: () => nowMs, monotonicMs: () => nowMs };
  const open = () => world().log({ groupOf, clock, machine: 'main' });
  beforeEach(() => {
    nowMs = 1_000_000;
    log = open();
  });

  let chainCount = 0;
  /** Each time a chain of its own. */
  const told = (records: readonly NewRecord[], machine = 'pc2') =>
    expect(answerOf(send(log, chainOf(`j${++chainCount}`, [...records]), `j${chainCount}`, machine))).to.have.property(
      'headSeq',
    );
  const groups = (query: Partial<ErrorQuery> = {}) => log.errorGroups({ limit: 100, ...query });
  const only = () => {
    const [group] = groups();
    if (group === undefined) throw new Error('there is no group');
    return group;
  };
  const change = (kind: 'resolve' | 'reopen', why = '') =>
    log.changeError({ prefix: only().fingerprint, request: { kind, by: 'ann', why } });
  const mute = (bounds: { forMs?: number; count?: number }) =>
    log.changeError({ prefix: only().fingerprint, request: { kind: 'mute', by: 'ann', why: '', ...bounds } });
  const statusRecords = () =>
    log.read({ stream: 'error-status' }).records.map(({ body }) => decode(body) as Record<string, unknown>);

  it('counts for each agent of each machine, and a folded report as many as it stands for', () => {
    told([error('m', {}, { agent: 'a' }), error('m', { fingerprint: 'one' }, { agent: 'b' })]);
    told([error('n', { fingerprint: 'one', count: 40, firstMs: 0, lastMs: 77 }, { agent: 'a', tsMs: 80 })], 'main');
    const [group] = groups();
    expect(group).to.include({ count: 41, firstSeenMs: 0, lastSeenMs: 77, message: 'n', firstId: 2, lastId: 3 });
    expect(log.errorGroup({ prefix: group?.fingerprint ?? '', limit: 9 }).sources).to.deep.equal([
      { machine: 'main', agent: 'a', count: 40, lastSeenMs: 77 },
      { machine: 'pc2', agent: 'b', count: 1, lastSeenMs: 1 },
    ]);
  });

  it('counts what comes from further places together, so that the sum is exact', () => {
    const records = Array.from({ length: limits.errorSourcesMax + 3 }, (_, at) =>
      error('m', { fingerprint: 'one' }, { agent: `a${at}` }),
    );
    told(records);
    const { sources, group } = log.errorGroup({ prefix: only().fingerprint, limit: 1 });
    expect(sources).to.have.length(limits.errorSourcesMax + 1);
    expect(sources[0]).to.deep.equal({ machine: '', agent: '', count: 3, lastSeenMs: 1 });
    expect(sources.reduce((sum, { count }) => sum + count, 0)).to.equal(group.count);
  });

  it('knows how many calls failed with it, exactly up to a bound and "at least" beyond', () => {
    told([error('m', {}, { trace: traceOf(1) }), error('m', {}, { trace: traceOf(1) }), error('m')]);
    told([error('m', {}, { trace: traceOf(2) })], 'main');
    expect(only()).to.include({ count: 4, impact: 2, impactIsExact: true });
    told(Array.from({ length: limits.errorTracesMax }, (_, at) => error('m', {}, { trace: traceOf(at + 1) })));
    expect(only()).to.include({ impact: limits.errorTracesMax, impactIsExact: true });
    told([error('m', {}, { trace: traceOf(limits.errorTracesMax + 1) })]);
    expect(only()).to.include({ impact: limits.errorTracesMax, impactIsExact: false });
  });

  it('knows no more than a least number of calls when a report stands for several errors', () => {
    told([error('m', { count: 2 }, { trace: traceOf(1) })]);
    expect(only()).to.include({ count: 2, impact: 1, impactIsExact: false });
  });

  it('names the releases that it was seen in first and last', () => {
    told([error('m'), error('m', { release: '1.0.0' }), error('m', { release: '1.1.0' }), error('m')]);
    told([error('m', { release: '1.2.0' })]);
    expect(only()).to.include({ firstRelease: '1.0.0', lastRelease: '1.2.0' });
  });

  it('takes any times and counts that a report may say', () => {
    const odd = { firstMs: 0.5, lastMs: 1e300, count: limits.errorCountMax };
    told([error('m', odd, { tsMs: 5 }), error('m', odd, { tsMs: 7 })]);
    expect(only()).to.include({ count: 2 * limits.errorCountMax, firstSeenMs: 0, lastSeenMs: 7 });
  });

  it('that is resolved regresses with the next error that happens, and says in which release', () => {
    told([error('m', { release: '1.0.0' })]);
    expect(change('resolve', 'mended in 1.0.1').group).to.include({
      status: 'resolved',
      statusBy: 'ann',
      statusMs: nowMs,
    });
    told([error('m', {}, { tsMs: nowMs - 1 })]);
    expect(only(), 'it was on its way').to.include({ status: 'resolved', count: 2 });
    nowMs += 10;
    told([error('m', { release: '1.0.1' }, { tsMs: nowMs })]);
    expect(only()).to.include({
      status: 'regressed',
      statusBy: 'mesh',
      statusWhy: 'it happened again in echo, release 1.0.1',
      statusMs: nowMs,
    });
    expect(
      statusRecords().map(({ from, to, by, why, release, lastId }) => [from, to, by, why, release, lastId]),
    ).to.deep.equal([
      ['open', 'resolved', 'ann', 'mended in 1.0.1', '1.0.0', 1],
      ['resolved', 'regressed', 'mesh', 'it happened again in echo, release 1.0.1', '1.0.1', 4],
    ]);
  });

  it('that is muted is counted all the same, until the time or the number is reached', () => {
    told([error('m')]);
    expect(mute({ forMs: 100, count: 2 }).group).to.include({ mutedUntilMs: nowMs + 100, mutedUntilCount: 3 });
    told([error('m')]);
    expect(only()).to.include({ status: 'muted', count: 2 });
    told([error('m', { count: 5 })]);
    expect(only()).to.include({ status: 'open', count: 7, statusWhy: 'the mute ended with error 3' });
    mute({ forMs: 100 });
    nowMs += 100;
    expect(only(), 'nobody has told it').to.include({ status: 'open', statusWhy: 'the time of the mute was over' });
  });

  it('changes once, however often it is asked, and writes down each change and nothing else', () => {
    told([error('m')]);
    expect(change('resolve').hasChanged).to.equal(true);
    expect(change('resolve').hasChanged).to.equal(false);
    expect(change('reopen').hasChanged).to.equal(true);
    expect(change('reopen').hasChanged).to.equal(false);
    expect(statusRecords().map(({ to, fingerprint }) => [to, fingerprint])).to.deep.equal([
      ['resolved', only().fingerprint],
      ['open', only().fingerprint],
    ]);
  });

  it('stands as it stood when the log is opened again, and its records are proved by their chain', () => {
    told([error('m')]);
    change('resolve');
    log.close();
    log = open();
    expect(only()).to.include({ status: 'resolved', statusBy: 'ann' });
    change('reopen');
    const { records } = log.read({ stream: 'error-status' });
    expect(records.map(({ integrity, machine, agent, seq }) => [integrity, machine, agent, seq])).to.deep.equal([
      ['verified', 'main', 'broker', 1],
      ['verified', 'main', 'broker', 1],
    ]);
    expect(records[0]?.journalId, 'no number of a chain is used twice').to.not.equal(records[1]?.journalId);
  });

  it('is not touched by a transaction that fails', () => {
    told([error('m')]);
    change('resolve');
    nowMs += 10;
    world().edit('mesh.db', (db) =>
      db.exec(
        "CREATE TRIGGER stop BEFORE INSERT ON records WHEN NEW.stream = 'error-status' BEGIN SELECT RAISE(ABORT, 'no'); END",
      ),
    );
    const late = error('m', {}, { tsMs: nowMs });
    const chain = chainOf('late', [late]);
    failureOf(() => send(log, chain, 'late'));
    expect(only()).to.include({ status: 'resolved', count: 1 });
    world().edit('mesh.db', (db) => db.exec('DROP TRIGGER stop'));
    expect(answerOf(send(log, chain, 'late'))).to.include({ headSeq: 1 });
    expect(only()).to.include({ status: 'regressed', count: 2 });
  });

  describe('is found', () => {
    const codesOf = (query: Partial<ErrorQuery>) => groups(query).map(({ code }) => code);
    beforeEach(() => {
      told([
        error('m', { code: 'A', severity: 'warning', count: 9 }, { tsMs: 10 }),
        error('m', { code: 'B', component: 'disk', severity: 'critical' }, { tsMs: 30, agent: 'b', trace: traceOf(1) }),
      ]);
      told([error('m', { code: 'C', fingerprint: 'c' }, { tsMs: 20 })], 'main');
      told([error('m', { code: 'C', fingerprint: 'c', count: 3 }, { tsMs: 20, agent: 'c' })]);
    });

    it('by severity, component, machine, agent and time', () => {
      expect(codesOf({})).to.deep.equal(['C', 'B', 'A']);
      expect(codesOf({ severity: 'error' })).to.deep.equal(['C', 'B']);
      expect(codesOf({ component: 'disk' })).to.deep.equal(['B']);
      expect(codesOf({ machine: 'main' })).to.deep.equal(['C']);
      expect(codesOf({ machine: 'pc2' })).to.deep.equal(['C', 'B', 'A']);
      expect(codesOf({ agent: 'echo' })).to.deep.equal(['C', 'A']);
      expect(codesOf({ agent: 'echo', machine: 'main' })).to.deep.equal(['C']);
      expect(codesOf({ sinceMs: 20 })).to.deep.equal(['C', 'B']);
      expect(codesOf({ limit: 2 })).to.deep.equal(['C', 'B']);
    });

    it('by how it stands now, also when a mute has ended meanwhile', () => {
      const [newest] = groups();
      log.changeError({ prefix: newest?.fingerprint ?? '', request: { kind: 'mute', by: 'ann', why: '', forMs: 5 } });
      expect(codesOf({ statuses: ['muted'] })).to.deep.equal(['C']);
      expect(codesOf({ statuses: ['open', 'regressed'] })).to.deep.equal(['B', 'A']);
      nowMs += 5;
      expect(codesOf({ statuses: ['open'] })).to.deep.equal(['C', 'B', 'A']);
    });

    it('as the rules of the fleet have it, which change no count and no fingerprint', () => {
      const rules: ErrorRule[] = [{ match: { code: 'A' }, component: 'models', severity: 'critical' }];
      const [group] = groups({ severity: 'critical', component: 'models', rules });
      const [plain] = groups({ severity: 'warning' }).slice(-1);
      expect(group).to.deep.equal({ ...plain, component: 'models', severity: 'critical' });
    });

    it('in the order that is asked for', () => {
      expect(codesOf({ order: 'first' })).to.deep.equal(['B', 'C', 'A']);
      expect(codesOf({ order: 'count' })).to.deep.equal(['A', 'C', 'B']);
      expect(codesOf({ order: 'impact', limit: 1 })).to.deep.equal(['B']);
    });

    it('by its fingerprint, the same as on any node', () => {
      const report = completeReport({ code: 'A', message: 'm', severity: 'warning', count: 9 });
      expect(groups().at(-1)?.fingerprint).to.equal(fingerprintOf(report, 'echo'));
      expect(
        failureOf(() => log.changeError({ prefix: 'e2-0000', request: { kind: 'resolve', by: 'a', why: '' } })).code,
      ).to.equal('NOT_FOUND');
    });
  });
});
