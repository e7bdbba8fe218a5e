/**
 * The probes of one agent, as its life goes: the `ready` probe while it starts, the `alive` probe while it serves, none
 * otherwise. What they say is told with the incarnation that it was said of.
 */
import type { ProbeSpec } from '../../../common/config/agents/agent-specs.js';
import { PROBE_VARIABLE } from '../../../common/core/process-scan.js';
import type { AgentState } from '../../../common/protocol/registry-entry.js';
import type { ProcessPlan } from '../programs/process-plan.js';
import type { Check } from './probe.js';
import { execCheck } from './probe-exec.js';
import { fileCheck } from './probe-file.js';
import { httpCheck } from './probe-http.js';
import { logCheck } from './probe-log.js';
import { ProbeRunner } from './probe-runner.js';
import { tcpCheck } from './probe-tcp.js';

/** What of a process decides which probe is asked. */
export interface Probed {
  readonly plan: ProcessPlan;
  readonly state: AgentState;
  readonly running: boolean;
  readonly epoch: number;
  /** The size of its log when it was launched. */
  readonly logOffset: number;
}

export interface ProbeEvents {
  /** The ready probe passed. */
  readonly onReady: (epoch: number) => void;
  /** The alive probe failed so often that it counts. */
  readonly onUnwell: (epoch: number, why: string) => void;
  readonly onWell: (epoch: number) => void;
}

type Purpose = 'ready' | 'alive';

export class AgentProbes {
  #runner: ProbeRunner | undefined;
  #asked: { readonly purpose: Purpose; readonly spec: ProbeSpec; readonly epoch: number } | undefined;

  constructor(private readonly events: ProbeEvents) {}

  /** Called at every change of the process; cheap when the change is none for the probes. */
  follow(process: Probed): void {
    const { plan, epoch } = process;
    const purpose = purposeOf(process);
    const spec = purpose === undefined ? undefined : plan[purpose];
    const { purpose: askedPurpose, spec: askedSpec, epoch: askedEpoch } = this.#asked ?? {};
    if (purpose === askedPurpose && spec === askedSpec && (spec === undefined || epoch === askedEpoch)) return;
    this.stop();
    if (purpose === undefined || spec === undefined) return;
    this.#asked = { purpose, spec, epoch };
    this.#runner = new ProbeRunner({
      spec,
      check: checkOf(purpose, spec, process),
      pace: purpose === 'ready' ? 'eager' : 'steady',
      onVerdict: (verdict, why) => {
        if (purpose === 'alive') {
          if (verdict === 'green') this.events.onWell(epoch);
          else this.events.onUnwell(epoch, `its alive probe fails: ${why}`);
        } else if (verdict === 'green') this.events.onReady(epoch);
      },
    });
    this.#runner.start();
  }

  /** Why it is not ready yet, or not well; empty when nothing is known. */
  get why(): string {
    const { why = '' } = this.#runner ?? {};
    return why === '' ? '' : `its ${this.#asked?.purpose} probe fails: ${why}`;
  }

  stop(): void {
    this.#runner?.stop();
    this.#runner = undefined;
    this.#asked = undefined;
  }
}

/** An agent that attaches speaks for itself; nobody else is asked. */
function purposeOf({ plan, state, running }: Probed): Purpose | undefined {
  if (!running || plan.readiness === 'attach' || plan.readiness === 'ask') return undefined;
  if (state === 'starting') return 'ready';
  return state === 'ready' || state === 'busy' ? 'alive' : undefined;
}

function checkOf(purpose: Purpose, { check, intervalMs, timeoutMs }: ProbeSpec, process: Probed): Check {
  const { plan, epoch, logOffset } = process;
  switch (check.kind) {
    case 'tcp':
      return tcpCheck(check);
    case 'http':
      return httpCheck(check.url);
    case 'log':
      return logCheck(check.pattern, plan.logFile, logOffset);
    case 'file':
      return fileCheck(check.path, purpose === 'alive' ? intervalMs : undefined);
    case 'exec': {
      const [executable = '', ...argv] = check.argv;
      const { cwd, user, nice } = plan;
      const env = { ...plan.env(epoch), [PROBE_VARIABLE]: purpose };
      return execCheck({ executable, argv, env, cwd, user, nice, timeoutMs });
    }
  }
}
