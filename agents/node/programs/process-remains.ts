/**
 * What a process left behind when it ended: whatever carries its token, name and incarnation, also in a group or session
 * of its own. The end of the process that was started is the end of all of it.
 *
 * One look at /proc serves everybody who ended at that moment. A process that emptied its own environment is not found;
 * where processes are counted by the kernel (a control group), that is for the kernel.
 */
import { delay, systemClock } from '../../../common/core/clock.js';
import { limits } from '../../../common/core/limits.js';
import {
  AGENT_VARIABLE,
  EPOCH_VARIABLE,
  type FoundProcess,
  findProcesses,
  isErrand,
  TOKEN_VARIABLE,
} from '../../../common/core/process-scan.js';
import { signalProcess } from './child-process.js';

export interface Remains {
  /** How many outlived it, before they were killed. */
  readonly found: number;
  /** How many live all the same: the kernel holds them (a disk that does not answer), or they may not be touched. */
  readonly left: number;
}

export class ProcessRemains {
  #look: Promise<FoundProcess[]> | undefined;

  constructor(private readonly token: string) {}

  /** Kills all that is left of an incarnation; resolves when nothing is, or after `limits.remainsMs`. */
  async clear(agent: string, epoch: number): Promise<Remains> {
    const untilMs = systemClock.monotonicMs() + limits.remainsMs;
    let found = 0;
    for (;;) {
      const left = (await this.#processes()).filter(({ env }) => isOf(env, agent, epoch));
      found = Math.max(found, left.length);
      if (left.length === 0 || systemClock.monotonicMs() > untilMs) return { found, left: left.length };
      for (const { pid } of left) signalProcess(pid, 'SIGKILL');
      await delay(LOOK_AGAIN_MS);
    }
  }

  #processes(): Promise<FoundProcess[]> {
    this.#look ??= new Promise((resolve) => {
      setImmediate(() => {
        this.#look = undefined;
        resolve(findProcesses(this.token));
      });
    });
    return this.#look;
  }
}

/** What lives of the incarnation that was started with `env`. */
export function remainsOf(env: Readonly<Record<string, string>>): FoundProcess[] {
  const { [TOKEN_VARIABLE]: token = '', [AGENT_VARIABLE]: agent = '', [EPOCH_VARIABLE]: epoch } = env;
  return findProcesses(token).filter((process) => isOf(process.env, agent, Number(epoch)));
}

/** A hook or a probe bears the same marks and is ended by whoever runs it. */
const isOf = (env: Readonly<Record<string, string>>, agent: string, epoch: number): boolean =>
  env[AGENT_VARIABLE] === agent && env[EPOCH_VARIABLE] === String(epoch) && !isErrand(env);

/** The kernel takes a moment to end what was killed. */
const LOOK_AGAIN_MS = 5;
