import { expect } from 'chai';
import { LogPruner } from '../../broker/log-pruner.js';
import type { GroupLoss } from '../../common/journal/consumers/group-requests.js';
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
});
