/**
 * All that a node needs to start one agent of its machine: the words of its file with references replaced, paths made
 * absolute, and defaults filled in. Types only; `agent-resolver.ts` makes them.
 */
import type { RestartPolicyName, StartCondition } from '../schemas.js';
import type { Json, Origin } from '../source/tree.js';

/** What runs: a module under our SDK, or a program as it is. */
export type Program =
  /** `module` as written: a built-in name or a path; `path` absolute. */
  | { readonly kind: 'module'; readonly module: string; readonly path: string }
  /** `attaches`: it speaks the protocol itself. */
  | { readonly kind: 'command'; readonly argv: readonly string[]; readonly attaches: boolean };

export interface Dependency {
  readonly agent: string;
  readonly condition: StartCondition;
}

export interface RestartSpec {
  readonly policy: RestartPolicyName;
  readonly firstMs: number;
  readonly maxMs: number;
  readonly stableMs: number;
  readonly starts: number;
  readonly windowMs: number;
}

export type ProbeCheck =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'http'; readonly url: string }
  | { readonly kind: 'log'; readonly pattern: string }
  | { readonly kind: 'exec'; readonly argv: readonly string[] }
  /** Absolute. */
  | { readonly kind: 'file'; readonly path: string };

export interface ProbeSpec {
  readonly check: ProbeCheck;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly failures: number;
}

export const hookNames = ['onStart', 'onReady', 'onDrain', 'onStop', 'onError'] as const;
export type HookName = (typeof hookNames)[number];

export interface ResourceBounds {
  readonly memoryBytes?: number;
  readonly openFiles?: number;
  readonly cpuPercent?: number;
  readonly hangMs?: number;
}

/** All that a node needs to start one agent. */
export interface AgentSpec {
  readonly name: string;
  readonly machine: string;
  /** `echo@pc2`. */
  readonly instance: string;
  readonly program: Program;
  readonly after: readonly Dependency[];
  /** No later wave starts before it is ready. */
  readonly required: boolean;
  readonly restart: RestartSpec;
  readonly ready: ProbeSpec | undefined;
  readonly alive: ProbeSpec | undefined;
  readonly hooks: Readonly<Partial<Record<HookName, readonly string[]>>>;
  readonly hookTimeoutMs: number;
  readonly limits: ResourceBounds;
  /** Absolute. */
  readonly cwd: string;
  readonly user: string | undefined;
  readonly nice: number | undefined;
  readonly telemetry: boolean;
  readonly inheritEnv: readonly string[];
  /** Counts from 0; an agent starts when all of the waves before its own are ready. */
  readonly wave: number;
  readonly config: { readonly [key: string]: Json };
  readonly env: Readonly<Record<string, string>>;
  /** Control port; 0 lets the system pick. */
  readonly port: number;
  readonly readyTimeoutMs: number;
  readonly stopGraceMs: number;
  /** Where it is declared, for messages. */
  readonly origin: Origin;
}
