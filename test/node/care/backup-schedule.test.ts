import { expect } from 'chai';
import { isBackupDue } from '../../../agents/node/care/backup-schedule.js';
import { limits } from '../../../common/core/limits.js';

const HOUR = 3_600_000;
const NOW = 1_000 * HOUR;

describe('a backup on schedule', () => {
  const rows: [
    what: string,
    newestMs: number | undefined,
    failedMs: number | undefined,
    everyMs: number,
    due: boolean,
  ][] = [
    ['is never made where nobody asks for it', undefined, undefined, 0, false],
    ['is made at once where there is none', undefined, undefined, HOUR, true],
    ['waits while there is one that is new enough', NOW - HOUR + 1, undefined, HOUR, false],
    ['is made when the newest is as old as that', NOW - HOUR, undefined, HOUR, true],
    ['is made all the same when the clock was set back by more than that', NOW + HOUR, undefined, HOUR, true],
    ['is not tried again at once when it failed', undefined, NOW - limits.backupRetryMs + 1, HOUR, false],
    ['is tried again after a while when it failed', undefined, NOW - limits.backupRetryMs, HOUR, true],
  ];
  for (const [what, newestMs, failedMs, everyMs, due] of rows) {
    it(what, () => expect(isBackupDue({ newestMs, failedMs }, everyMs, NOW)).to.equal(due));
  }
});
