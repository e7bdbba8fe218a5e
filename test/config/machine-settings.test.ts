/** What a machine's file says of its launch, its logs and its backups. */
import { expect } from 'chai';
import { machineSettings } from '../../common/config/machines/machine-settings.js';
import { limits } from '../../common/core/limits.js';

describe('the settings of a machine', () => {
  it('have defaults, of which the launch counts the processors', () => {
    expect(machineSettings({}, 3)).to.deep.equal({
      launch: { parallel: 6 },
      logs: {
        rotateBytes: limits.agentLogBytesMax,
        rotateMs: limits.agentLogAgeMsMax,
        totalBytes: limits.machineLogBytesMax,
      },
      journal: { backupEveryMs: 0, backupsKept: limits.backupsKept },
    });
  });

  it('are what is written, in bytes and milliseconds', () => {
    const written = {
      launch: { parallel: 5 },
      logs: { rotateMiB: 2, rotateHours: 3, totalMiB: 4 },
      journal: { backup: { everyHours: 6, keep: 3 } },
    };
    expect(machineSettings(written, 3)).to.deep.equal({
      launch: { parallel: 5 },
      logs: { rotateBytes: 2_097_152, rotateMs: 10_800_000, totalBytes: 4_194_304 },
      journal: { backupEveryMs: 21_600_000, backupsKept: 3 },
    });
  });
});
