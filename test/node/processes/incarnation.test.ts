import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';
import { Incarnation } from '../../../agents/node/processes/incarnation.js';
import type { Exit } from '../../../agents/node/programs/exit.js';
import { systemClock } from '../../../common/core/clock.js';
import { processStat } from '../../../common/core/process-scan.js';
import { until } from '../../support/wait-for.js';

describe('a process of an earlier node', () => {
  /** A process that nobody of ours started, in a group of its own, for the length of `work`. */
  async function withStranger(work: (pid: number, startTicks: number) => void | Promise<void>): Promise<void> {
    const stranger = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });
    const exited = once(stranger, 'exit');
    const { pid = 0 } = stranger;
    try {
      await work(pid, processStat(pid)?.startTicks ?? 0);
    } finally {
      stranger.kill('SIGKILL');
      await exited;
    }
  }
  const adopt = (pid: number, startTicks: number) => {
    const ends: Exit[] = [];
    const life = Incarnation.adopt({ pid, startTicks, epoch: 7 }, systemClock, (exit) => ends.push(exit));
    return { life, ends };
  };

  it('whose pid was given to another one has ended, and that one is never signalled', async () => {
    await withStranger((pid, startTicks) => {
      const { life, ends } = adopt(pid, startTicks - 1);
      life.terminate(0);
      life.kill();
      expect(processStat(pid)?.startTicks).to.equal(startTicks);
      life.look(true);
      expect(ends, 'the quick look cannot tell').to.deep.equal([]);
      life.look(false);
      life.look(false);
      expect(ends).to.deep.equal([{ code: undefined, signal: undefined }]);
      life.kill();
      expect(processStat(pid)?.startTicks).to.equal(startTicks);
    });
  });

  it('is as old as the kernel says, and ends at SIGTERM, which is told once', async () => {
    await withStranger(async (pid, startTicks) => {
      const { life, ends } = adopt(pid, startTicks);
      expect(life.ageMs).to.be.within(0, 5_000);
      life.look(false);
      expect(ends).to.deep.equal([]);
      life.terminate(60_000);
      await until(() => {
        life.look(true);
        return ends.length > 0;
      });
      life.look(false);
      expect(ends).to.have.length(1);
    });
  });

  it('is ended by SIGKILL when its grace is over', async () => {
    await withStranger(async (pid, startTicks) => {
      process.kill(pid, 'SIGSTOP');
      const { life, ends } = adopt(pid, startTicks);
      life.terminate(10);
      await until(() => {
        life.look(false);
        return ends.length > 0;
      });
    });
  });
});
