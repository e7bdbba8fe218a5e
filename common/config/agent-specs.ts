/**
 * The agents of one machine, resolved: module found, references replaced, defaults filled in, waves planned. Faults
 * are issues with the line that causes them.
 */
import { statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { limits } from '../core/limits.js';
import { didYouMean } from '../core/nearest.js';
import type { BuiltinModules } from './builtin-modules.js';
import { type Issue, issueAt } from './issues.js';
import { type ReferenceTable, resolveReferences } from './references.js';
import type { AgentEntry, MachineFile, ProbeEntry, RestartPolicyName, StartCondition } from './schemas.js';
import { dataOf, type Json, type Origin, originAt, type Tree, treeAt } from './tree.js';
import { planWaves } from './waves.js';

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

/** Names that the parts of the mesh itself bear on every machine. */
const RESERVED = ['node', 'keeper', 'broker', 'registry', 'log'];

export interface AgentContext {
  readonly home: string;
  readonly machine: string;
  readonly ports: Readonly<Record<string, number>>;
  /** Absent when the ports are incomplete: then the load fails anyway, and references stay as they are written. */
  readonly references: ReferenceTable | undefined;
  readonly builtinModules: BuiltinModules;
}

export interface ResolvedAgents {
  /** In start order. */
  readonly agents: readonly AgentSpec[];
  readonly waves: readonly (readonly string[])[];
  readonly issues: readonly Issue[];
}

export function resolveAgents(file: MachineFile, tree: Tree, context: AgentContext): ResolvedAgents {
  const issues: Issue[] = [];
  const dependents = Object.entries(file.agents).map(([name, { after }]) => ({
    name,
    after: dependenciesOf(after).map(({ agent }) => agent),
  }));
  const { waves, cycles, unknown } = planWaves(dependents);
  for (const { name, dependency } of unknown) {
    const after = file.agents[name]?.after;
    const key = Array.isArray(after) ? after.indexOf(dependency) : dependency;
    const near = didYouMean(dependency, Object.keys(file.agents));
    const what = `\`${name}\` starts after \`${dependency}\`, but ${context.machine} has no such agent${near}`;
    issues.push(
      issueAt(originAt(tree, ['agents', name, 'after', key]), what, '`after` names agents of the same machine'),
    );
  }
  for (const cycle of cycles) {
    const origin = originAt(tree, ['agents', cycle[0] ?? '', 'after']);
    issues.push(
      issueAt(origin, `\`after\` goes in a circle: ${cycle.join(' → ')}`, 'remove one of these dependencies'),
    );
  }
  const agents = waves.flatMap((names, wave) =>
    names.flatMap((name) => {
      const entry = file.agents[name];
      return entry === undefined ? [] : [resolveAgent(name, wave, entry, tree, context, issues)];
    }),
  );
  return { agents, waves, issues };
}

function resolveAgent(
  name: string,
  wave: number,
  entry: AgentEntry,
  tree: Tree,
  context: AgentContext,
  issues: Issue[],
): AgentSpec {
  const origin = originAt(tree, ['agents', name]);
  if (RESERVED.includes(name)) {
    issues.push(issueAt(origin, `\`${name}\` is a part of the mesh itself`, 'give the agent another name'));
  }
  const config = readPart(tree, name, 'config', context, issues);
  const env = readPart(tree, name, 'env', context, issues);
  const cwd = resolve(context.home, entry.cwd ?? '.');
  const { timeoutMs: hookTimeoutMs = limits.hookTimeoutMs, ...hooks } = entry.hooks ?? {};
  const { memoryMiB, ...bounds } = entry.limits ?? {};
  return {
    name,
    machine: context.machine,
    instance: `${name}@${context.machine}`,
    program: programOf(name, entry, tree, context, issues),
    after: dependenciesOf(entry.after),
    wave,
    required: entry.required ?? false,
    restart: restartOf(entry.restart),
    ready: probeOf(entry.ready, cwd),
    alive: probeOf(entry.alive, cwd),
    hooks,
    hookTimeoutMs,
    limits: { ...bounds, ...(memoryMiB === undefined ? {} : { memoryBytes: memoryMiB * MIB }) },
    cwd,
    user: entry.user,
    nice: entry.nice,
    inheritEnv: entry.inheritEnv ?? [],
    config,
    env: Object.fromEntries(Object.entries(env).map(([key, value]) => [key, String(value)])),
    port: context.ports[name] ?? 0,
    readyTimeoutMs: entry.readyTimeoutMs ?? limits.readyTimeoutMs,
    stopGraceMs: entry.stopGraceMs ?? limits.stopGraceMs,
    origin,
  };
}

const MIB = 1024 * 1024;

const dependenciesOf = (after: AgentEntry['after'] = []): Dependency[] =>
  Array.isArray(after)
    ? after.map((agent) => ({ agent, condition: 'ready' }))
    : Object.entries(after).map(([agent, condition]) => ({ agent, condition }));

function restartOf(entry: AgentEntry['restart'] = {}): RestartSpec {
  const { policy = 'always', ...rest } = typeof entry === 'string' ? { policy: entry } : entry;
  return {
    policy,
    firstMs: limits.restartFirstMs,
    maxMs: limits.restartMaxMs,
    stableMs: limits.restartStableMs,
    starts: limits.restartStarts,
    windowMs: limits.restartWindowMs,
    ...rest,
  };
}

function probeOf(entry: ProbeEntry | undefined, cwd: string): ProbeSpec | undefined {
  if (entry === undefined) return undefined;
  const check = checkOf(entry, cwd);
  if (check === undefined) return undefined;
  return {
    check,
    intervalMs: entry.intervalMs ?? limits.probeIntervalMs,
    timeoutMs: entry.timeoutMs ?? limits.probeTimeoutMs,
    failures: entry.failures ?? limits.probeFailures,
  };
}

function checkOf({ tcp, http, log, exec, file }: ProbeEntry, cwd: string): ProbeCheck | undefined {
  if (tcp !== undefined) {
    const at = tcp.lastIndexOf(':');
    return { kind: 'tcp', host: tcp.slice(0, at), port: Number(tcp.slice(at + 1)) };
  }
  if (http !== undefined) return { kind: 'http', url: http };
  if (log !== undefined) return { kind: 'log', pattern: log };
  if (exec !== undefined) return { kind: 'exec', argv: exec };
  return file === undefined ? undefined : { kind: 'file', path: resolve(cwd, file) };
}

function programOf(name: string, entry: AgentEntry, tree: Tree, context: AgentContext, issues: Issue[]): Program {
  const { module = '', command, attaches = false } = entry;
  if (command !== undefined) return { kind: 'command', argv: command, attaches };
  const path = findModule(name, module, originAt(tree, ['agents', name, 'module']), context, issues);
  return { kind: 'module', module, path };
}

/** The map `part` of an agent with its references replaced; empty when absent. */
function readPart(
  tree: Tree,
  name: string,
  part: 'config' | 'env',
  context: AgentContext,
  issues: Issue[],
): { readonly [key: string]: Json } {
  const found = treeAt(tree, ['agents', name, part]);
  if (found?.kind !== 'map') return {};
  const entries: [string, Json][] = [];
  for (const [key, value] of found.entries) {
    const { data, issues: faults } = context.references
      ? resolveReferences(value, context.references)
      : { data: dataOf(value), issues: [] };
    issues.push(...faults);
    entries.push([key, data]);
  }
  return Object.fromEntries(entries);
}

function findModule(name: string, written: string, origin: Origin, context: AgentContext, issues: Issue[]): string {
  const refuse = (what: string, hint: string): string => {
    issues.push(issueAt(origin, `the module of \`${name}\` ${what}`, hint));
    return '';
  };
  if (written.startsWith('./')) {
    const path = resolve(context.home, written);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat?.isFile()) return path;
    return refuse(`is missing: ${written}`, `looked for ${path}; paths are relative to the fleet folder`);
  }
  const names = context.builtinModules.names();
  const builtIn = `built in: ${names.join(', ')}; a module of your own is a path that begins with ./`;
  if (isAbsolute(written) || written.includes('/'))
    return refuse(`must be a path that begins with ./: ${written}`, builtIn);
  const path = context.builtinModules.find(written);
  return path ?? refuse(`is missing: there is no built-in agent \`${written}\`${didYouMean(written, names)}`, builtIn);
}
