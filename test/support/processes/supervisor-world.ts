/**
 * A supervisor over real processes, without a node: shell scripts in a temporary folder, and what it was told of them. The
 * broker is one of them. `close` ends everything and fails when something is left.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SupervisedProcess } from '../../../agents/node/processes/supervised-process.js';
import type { Death, Transition } from '../../../agents/node/processes/supervision.js';
import { HookRunner } from '../../../agents/node/programs/hook-runner.js';
import type { ProcessPlan } from '../../../agents/node/programs/process-plan.js';
import { ProcessRemains } from '../../../agents/node/programs/process-remains.js';
import { Supervisor } from '../../../agents/node/supervision/supervisor.js';
import type { Dependency } from '../../../common/config/agents/agent-specs.js';
import { systemClock } from '../../../common/core/clock.js';
import { bootId, findProcesses, tokenOf } from '../../../common/core/process-scan.js';
import type { ProcessRecord } from '../../../common/journal/processes/process-store.js';
import { until } from '../wait-for.js';

/** A script that runs until it is asked to end. */
export const FOREVER = 'exec sleep 1000';

type Condition = Dependency['condition'];
type PlanChanges = Partial<Omit<ProcessPlan, 'after'>> & { readonly after?: Record<string, Condition> };

export class SupervisorWorld {
  readonly folder = mkdtempSync(join(tmpdir(), 'mesh-supervisor-'));
  readonly token = tokenOf(this.folder, 'test');
  readonly transitions: Transition<SupervisedProcess>[] = [];
  readonly deaths: Death<SupervisedProcess>[] = [];
  readonly hung: string[] = [];
  #supervisor: Supervisor | undefined;

  /** An agent that is ready as soon as it runs. */
  plan(name: string, script: string, { after = {}, ...changes }: PlanChanges = {}): ProcessPlan {
    const dependencies: Record<string, Condition> = name === 'broker' ? {} : { broker: 'ready', ...after };
    return {
      name,
      after: Object.entries(dependencies).map(([agent, condition]) => ({ agent, condition })),
      wave: name === 'broker' ? 0 : 1,
      required: name === 'broker',
      executable: '/bin/sh',
      argv: ['-c', script],
      cwd: this.folder,
      user: undefined,
      nice: undefined,
      config: {},
      readiness: 'start',
      ready: undefined,
      alive: undefined,
      probe: undefined,
      hooks: {},
      hookTimeoutMs: 5_000,
      restart: { policy: 'always', firstMs: 10, maxMs: 20, stableMs: 60_000, starts: 3, windowMs: 60_000 },
      limits: {},
      readyTimeoutMs: 20_000,
      stopGraceMs: 5_000,
      logFile: join(this.folder, `${name}.log`),
      env: (epoch) => ({
        PATH: process.env['PATH'] ?? '',
        MESH_TOKEN: this.token,
        MESH_AGENT: name,
        MESH_EPOCH: String(epoch),
      }),
      restartKey: {},
      liveKey: {},
      planHash: 'plan',
      ...changes,
    };
  }

  /** With a broker beside them, and started. */
  start(
    plans: readonly ProcessPlan[],
    rest: { parallel?: number; records?: readonly ProcessRecord[] } = {},
  ): Supervisor {
    const supervisor = new Supervisor({
      plans: [this.plan('broker', FOREVER), ...plans],
      nodeEpoch: 100,
      parallel: 8,
      records: [],
      bootId: bootId(),
      clock: systemClock,
      hooks: new HookRunner(() => undefined),
      remains: new ProcessRemains(this.token),
      onChange: () => undefined,
      onTransition: (transition) => this.transitions.push(transition),
      onDeath: (death) => this.deaths.push(death),
      onHung: ({ name }) => this.hung.push(name),
      explain: (_, exit) => exit,
      onGone: () => undefined,
      ...rest,
    });
    this.#supervisor = supervisor;
    supervisor.start([]);
    return supervisor;
  }

  /** `from → to` of one process, in order. */
  stepsOf(name: string): string[] {
    return this.transitions.filter(({ process }) => process.name === name).map(({ from, to }) => `${from} → ${to}`);
  }

  /** Whether the steps of the first come before those of the second. */
  isBefore(first: { name: string; to: string }, second: { name: string; to: string }): boolean {
    const at = ({ name, to }: { name: string; to: string }) =>
      this.transitions.findIndex((transition) => transition.process.name === name && transition.to === to);
    return at(first) !== -1 && at(first) < at(second);
  }

  async close(): Promise<void> {
    const left = () => findProcesses(this.token);
    for (const { name, pid } of this.#supervisor?.processes ?? []) {
      // A test may have left one that does not listen.
      if (pid !== 0 && name !== 'broker') process.kill(-pid, 'SIGKILL');
    }
    await this.#supervisor?.stop();
    await until(() => left().length === 0);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A world of its own for each test. */
export function useSupervisorWorld(): () => SupervisorWorld {
  let world: SupervisorWorld | undefined;
  beforeEach(() => {
    world = new SupervisorWorld();
  });
  afterEach(() => world?.close());
  return () => {
    if (world === undefined) throw new Error('there is no world outside of a test');
    return world;
  };
}
