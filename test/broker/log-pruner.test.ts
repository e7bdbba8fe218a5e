import { expect } from 'chai';
import { LogPruner } from '../../broker/log-pruner.js';
import { systemClock } from '../../common/core/clock.js';
import { limits } from '../../common/core/limits.js';
import type { GroupLoss } from '../../common/journal/consumers/group-requests.js';
import type { HeldStream } from '../../common/journal/streams/stream-retention.js';
import type { ErrorReportInput } from '../../common/protocol/errors/error-report.js';
import { silentLog } from './world.js';

describe('the pruner of the log', () => {
  it('tells once that a group loses records, with how many, and again when it has recovered in between', async () => {
    const reports: ErrorReportInput[] = [];
    let losses: GroupLoss[] = [];
    const pruner = new LogPruner({
      store: {
        retain: async () => 1,
        prune: async (_keep, onLoss = () => undefined) => {
          for (const loss of losses) onLoss(loss);
          return 2;
        },
      },
      recordsKept: 10,
      rules: () => [],
      onReport: (report) => reports.push(report),
      clock: systemClock,
      log: silentLog,
    });
    const loss = { group: 'readers', stream: 'turns', count: 3 };
    losses = [loss, loss];
    await pruner.prune();
    await pruner.prune();
    expect(reports).to.have.length(1);
    expect(reports[0]).to.deep.include({ code: 'GROUP_LOST_RECORDS', severity: 'critical' });
    expect(reports[0]?.context).to.include({ group: 'readers', stream: 'turns', count: 6 });
    losses = [];
    await pruner.prune();
    losses = [loss];
    await pruner.prune();
    expect(reports).to.have.length(2);
    expect(pruner.counters).to.deep.equal({ pruned: 12, lostByGroups: 15 });
    pruner.close();
    await pruner.prune();
    expect(pruner.counters.pruned, 'a closed one does nothing').to.equal(12);
  });

  it('tells once that a group nobody is a member of keeps a stream over its bound for a day, not sooner', async () => {
    const reports: ErrorReportInput[] = [];
    const forsaken: HeldStream = { stream: 'errors', group: 'alerts', floorId: 7, memberCount: 0 };
    const slow: HeldStream = { stream: 'turns', group: 'readers', floorId: 7, memberCount: 1 };
    let held = [forsaken, slow];
    let nowMs = 0;
    const pruner = new LogPruner({
      store: {
        retain: async (_rules, onHeld = () => undefined) => {
          for (const one of held) onHeld(one);
          return 0;
        },
        prune: async () => 0,
      },
      recordsKept: 10,
      rules: () => [],
      onReport: (report) => reports.push(report),
      clock: { monotonicMs: () => nowMs, wallMs: () => 0 },
      log: silentLog,
    });
    const pass = async (ms: number): Promise<number> => {
      nowMs += ms;
      await pruner.prune();
      return reports.length;
    };
    expect([await pass(0), await pass(limits.streamHeldMs - 1)]).to.deep.equal([0, 0]);
    expect([await pass(1), await pass(limits.streamHeldMs)], 'once').to.deep.equal([1, 1]);
    expect(reports[0]).to.deep.include({ code: 'GROUP_FORSAKEN', severity: 'warning' });
    expect(reports[0]?.context).to.deep.include({
      group: 'alerts',
      next: 'start who consumes it, or "mesh stream group rm alerts"',
    });
    held = [];
    await pass(1);
    held = [forsaken];
    expect([await pass(1), await pass(limits.streamHeldMs)], 'its day begins anew').to.deep.equal([1, 2]);
    pruner.close();
  });

  it('takes no record for old because the clock was set forward, until the clock has said so for a day', async () => {
    const times: number[] = [];
    const start = 1_700_000_000_000;
    let [wallMs, monotonicMs] = [start, 5];
    const pruner = new LogPruner({
      store: {
        retain: async (_rules, _onHeld, nowMs = 0) => {
          times.push(nowMs - start);
          return 0;
        },
        prune: async () => 0,
      },
      recordsKept: 10,
      rules: () => [],
      onReport: () => undefined,
      clock: { wallMs: () => wallMs, monotonicMs: () => monotonicMs },
      log: silentLog,
    });
    const pass = async (ms: number, steppedMs = 0) => {
      monotonicMs += ms;
      wallMs += ms + steppedMs;
      await pruner.prune();
    };
    const DAY_MS = 86_400_000;
    await pass(0);
    await pass(60_000, 1_000);
    await pass(60_000, 400 * DAY_MS);
    await pass(60_000);
    await pass(60_000, -400 * DAY_MS);
    expect(times, 'forward and back again').to.deep.equal([0, 61_000, 121_000, 181_000, 241_000]);
    await pass(60_000, 400 * DAY_MS);
    await pass(DAY_MS - 1);
    await pass(1);
    expect(times.slice(5), 'believed').to.deep.equal([301_000, 300_999 + DAY_MS, 301_000 + 401 * DAY_MS]);
    pruner.close();
  });
});
