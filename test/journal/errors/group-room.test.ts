/** The table of error groups when it is full: who makes room, what is told of it, and that nothing else ever does. */
import { expect } from 'chai';
import { type Clock, systemClock } from '../../../common/core/clock.js';
import { limits } from '../../../common/core/limits.js';
import { overflowGroup } from '../../../common/journal/errors/error-group.js';
import type { LogStore } from '../../../common/journal/log/log-store.js';
import type { NewRecord } from '../../../common/journal/record.js';
import { completeReport } from '../../../common/protocol/errors/error-report.js';
import { groupOf } from '../../../common/protocol/errors/fingerprint.js';
import { decode, encode } from '../../../common/protocol/frames/codec.js';
import { answerOf, chainOf, failureOf, recordOf, send, useWorld } from '../world.js';

const DAY_MS = 86_400_000;
const SILENT_MS = limits.errorGroupSilentMs;

describe('a full table of error groups', () => {
  const world = useWorld();
  let nowMs = 0;
  let chainCount = 0;
  let log: LogStore;
  const clock: Clock = { ...systemClock, wallMs: () => nowMs };
  const open = () => world().log({ groupOf, clock, machine: 'main' });
  const error = (code: string): NewRecord => ({
    ...recordOf('', 'errors'),
    tsMs: nowMs,
    trace: '1'.repeat(32),
    body: encode(completeReport({ code, message: 'm', fingerprint: code })),
  });
  const told = (...codes: readonly string[]) => {
    const name = `j${++chainCount}`;
    return send(log, chainOf(name, codes.map(error)), name, 'pc2');
  };
  const codes = () => log.errorGroups({ limit: limits.errorGroupsMax + 2 }).map(({ code }) => code);
  const groupOfCode = (code: string) => {
    const group = log.errorGroups({ limit: limits.errorGroupsMax + 2 }).find((each) => each.code === code);
    if (group === undefined) throw new Error(`there is no group of ${code}`);
    return group;
  };
  const decide = (code: string, request: { kind: 'resolve' } | { kind: 'mute'; forMs: number }) =>
    log.changeError({ prefix: groupOfCode(code).fingerprint, request: { by: 'ann', why: '', ...request } });
  const forgotten = () =>
    log
      .read({ stream: 'error-status' })
      .records.map(({ body }) => decode(body) as Record<string, unknown>)
      .filter(({ to }) => to === 'forgotten');
  /** Further groups, of which more will be heard, until there is no room left. */
  const fill = () => {
    const count = limits.errorGroupsMax - log.status().errorGroupCount;
    log.close();
    world().edit('mesh.db', (db) =>
      db
        .prepare(
          `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)
           INSERT INTO error_groups (fingerprint, code, message, severity, component, agent, machine, count, first_seen,
             last_seen, first_id, last_id, status)
           SELECT 'filler-' || i, 'FILLER', 'm', 'error', 'c', 'a', 'main', 1, :now, :now, 900000, 900000 + i, 'open' FROM n`,
        )
        .run({ count, now: nowMs + 100 * DAY_MS }),
    );
    log = open();
  };

  beforeEach(() => {
    nowMs = 1_700_000_000_000;
    log = open();
  });

  it('has room for a further kind when a group is resolved, and the last that is known of that one is a record', () => {
    told('OLD', 'OLD', 'OPEN');
    decide('OLD', { kind: 'resolve' });
    fill();
    nowMs += 5;
    told('NEW');
    expect(codes()).to.include.members(['NEW', 'OPEN']).and.not.include('OLD');
    expect(log.status().errorGroupCount).to.equal(limits.errorGroupsMax);
    expect(forgotten()).to.have.length(1);
    expect(forgotten()[0]).to.include({ code: 'OLD', from: 'resolved', to: 'forgotten', by: 'mesh', count: 2 });
  });

  it('gives up what was silent for long, by what main heard of longest ago, and a muted one when its mute is over', () => {
    told('FIRST', 'SECOND', 'MUTED', 'MUTED-LONG');
    decide('MUTED', { kind: 'mute', forMs: DAY_MS });
    decide('MUTED-LONG', { kind: 'mute', forMs: 300 * DAY_MS });
    told('FIRST');
    fill();
    nowMs += SILENT_MS + 1;
    for (const code of ['N1', 'N2', 'N3', 'N4']) told(code);
    expect(forgotten().map(({ code }) => code)).to.deep.equal(['SECOND', 'MUTED', 'FIRST']);
    expect(codes()).to.include.members(['N1', 'N2', 'N3', 'MUTED-LONG', overflowGroup.report.code]);
    expect(codes()).to.not.include('N4');
  });

  it('counts further kinds together while every group is needed, and has room again as soon as one is resolved', () => {
    told('OPEN');
    fill();
    nowMs += SILENT_MS - 1;
    told('N1', 'N2');
    expect(groupOfCode(overflowGroup.report.code)).to.include({ count: 2 });
    decide('OPEN', { kind: 'resolve' });
    told('N1');
    expect(codes()).to.include('N1').and.not.include('OPEN');
    expect(groupOfCode(overflowGroup.report.code), 'what was counted stays').to.include({ count: 2 });
  });

  it('keeps a group whose errors are in the same transaction', () => {
    told('OLD', 'OLDER');
    decide('OLD', { kind: 'resolve' });
    decide('OLDER', { kind: 'resolve' });
    fill();
    nowMs += 5;
    told('OLD', 'N1', 'N2');
    expect(groupOfCode('OLD')).to.include({ count: 2, status: 'regressed' });
    expect(forgotten().map(({ code }) => code)).to.deep.equal(['OLDER']);
    expect(codes()).to.include('N1').and.not.include('N2');
  });

  it('has forgotten nobody when the transaction failed, and does it once when that is repeated', () => {
    told('OLD');
    decide('OLD', { kind: 'resolve' });
    fill();
    nowMs += 5;
    const stop = "WHEN NEW.stream = 'error-status' BEGIN SELECT RAISE(ABORT, 'no'); END";
    world().edit('mesh.db', (db) => db.exec(`CREATE TRIGGER stop BEFORE INSERT ON records ${stop}`));
    const chain = chainOf('late', [error('NEW')]);
    failureOf(() => send(log, chain, 'late'));
    expect(codes()).to.include('OLD').and.not.include('NEW');
    expect(log.errorGroup({ prefix: groupOfCode('OLD').fingerprint, limit: 1 }).sources).to.have.length(1);
    world().edit('mesh.db', (db) => db.exec('DROP TRIGGER stop'));
    answerOf(send(log, chain, 'late'));
    expect(codes()).to.include('NEW').and.not.include('OLD');
    expect(forgotten()).to.have.length(1);
  });

  it('lets a kind that was forgotten begin anew, with the records of before', () => {
    told('OLD');
    decide('OLD', { kind: 'resolve' });
    fill();
    told('NEW');
    decide('NEW', { kind: 'resolve' });
    nowMs += 5;
    told('OLD');
    const group = groupOfCode('OLD');
    expect(group).to.include({ count: 1, status: 'open', impact: 1, firstSeenMs: nowMs });
    expect(log.errorGroup({ prefix: group.fingerprint, limit: 9 }).occurrences).to.have.length(2);
  });
});
