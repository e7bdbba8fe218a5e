/** What the processes (`P`) of a machine share with their supervisor: what it gives them, and what they tell it. */
import type { Clock } from '../../../common/core/clock.js';
import type { AgentState } from '../../../common/protocol/registry-entry.js';
import type { Exit } from '../programs/exit.js';
import type { HookRunner } from '../programs/hook-runner.js';
import type { ProcessRemains } from '../programs/process-remains.js';
import type { LifecycleEvent } from './agent-lifecycle.js';
import type { RestartVerdict } from './restart-policy.js';

/** One step of a process's life. */
export interface Step {
  readonly from: AgentState;
  readonly to: AgentState;
  readonly event: LifecycleEvent;
  /** Empty when the event says it all. */
  readonly why: string;
  readonly epoch: number;
  /** Of the incarnation that lives, or that has just ended; 0 when none was started yet. */
  readonly pid: number;
  /** How it ended, in a step to where none lives. */
  readonly exit: Exit | undefined;
}

/** The same, as it is logged, recorded and told to hooks. */
export interface Transition<P> extends Step {
  readonly process: P;
}

/** An end that nobody asked for. */
export interface Death<P> {
  readonly process: P;
  readonly epoch: number;
  readonly pid: number;
  readonly uptimeMs: number;
  readonly exit: Exit;
  readonly verdict: RestartVerdict;
  /** Its node ended it, and told why already. */
  readonly isTold: boolean;
  /** It ended while there was no node. */
  readonly isUnseen: boolean;
  /** The version that it attached with; empty when it did not. */
  readonly release: string;
}

export interface Supervision<P> {
  readonly clock: Clock;
  readonly hooks: HookRunner;
  readonly remains: ProcessRemains;
  /** Higher than every epoch that was ever used. */
  readonly nextEpoch: () => number;
  /** What others see of it, or what must be remembered, has changed. */
  readonly onChange: (process: P) => void;
  /** It may be that something can be launched now. */
  readonly onWish: () => void;
  readonly onTransition: (transition: Transition<P>) => void;
  readonly onDeath: (death: Death<P>) => void;
  /** The end of a living process with what is known beyond its signal. */
  readonly explain: (name: string, exit: Exit) => Exit;
  /** It was busy for longer than its limit, and is being ended. */
  readonly onHung: (process: P, silentMs: number) => void;
}
