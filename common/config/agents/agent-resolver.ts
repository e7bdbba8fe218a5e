/**
 * The agents of one machine, resolved: what each runs, in which wave it starts, with defaults filled in. Every fault is an
 * issue with the line that causes it; with issues, what is returned must not be started.
 */
import { resolve } from 'node:path';
import type { AgentEntry, MachineFile } from '../schemas.js';
import type { Issue } from '../source/issues.js';
import { dataOf, type Json, originAt, type Tree, treeAt } from '../source/tree.js';
import { checkAgent } from './agent-checks.js';
import { agentDefaults } from './agent-defaults.js';
import { checkDependencies, dependenciesOf } from './agent-dependencies.js';
import type { AgentSpec, Program, ResourceBounds, RestartSpec } from './agent-specs.js';
import { type Box, checkOnBox } from './box.js';
import type { BuiltinModules } from './builtin-modules.js';
import { findModule } from './modules.js';
import { probeOf } from './probe-specs.js';
import { planWaves } from './waves.js';

export interface AgentContext {
  readonly home: string;
  readonly machine: string;
  readonly ports: Readonly<Record<string, number>>;
  readonly builtinModules: BuiltinModules;
  /** Where they are to start; absent for a machine of which nothing is to start here. */
  readonly box: Box | undefined;
}

export interface ResolvedAgents {
  /** In start order. */
  readonly agents: readonly AgentSpec[];
  readonly waves: readonly (readonly string[])[];
  readonly issues: readonly Issue[];
}

/** @param tree the file with its references replaced: where each value of `file` was written. */
export function resolveAgents(file: MachineFile, tree: Tree, context: AgentContext): ResolvedAgents {
  const plan = planWaves(
    Object.entries(file.agents).map(([name, { after }]) => ({
      name,
      after: dependenciesOf(after).map(({ agent }) => agent),
    })),
  );
  const issues = checkDependencies(plan, file, tree, context.machine);
  const agents = plan.waves.flatMap((names, wave) =>
    names.flatMap((name) => {
      const entry = file.agents[name];
      return entry === undefined ? [] : [resolveAgent(name, wave, entry, tree, context, issues)];
    }),
  );
  return { agents, waves: plan.waves, issues };
}

function resolveAgent(
  name: string,
  wave: number,
  entry: AgentEntry,
  tree: Tree,
  context: AgentContext,
  issues: Issue[],
): AgentSpec {
  const cwd = resolve(context.home, entry.cwd ?? '.');
  const { timeoutMs: hookTimeoutMs = agentDefaults.hookTimeoutMs, ...hooks } = entry.hooks ?? {};
  const spec: AgentSpec = {
    name,
    machine: context.machine,
    instance: `${name}@${context.machine}`,
    program: programOf(name, entry, tree, context, issues),
    after: dependenciesOf(entry.after),
    wave,
    required: entry.required ?? agentDefaults.required,
    restart: restartOf(entry.restart),
    ready: probeOf(entry.ready, cwd),
    alive: probeOf(entry.alive, cwd),
    hooks,
    hookTimeoutMs,
    limits: boundsOf(entry.limits),
    cwd,
    user: entry.user,
    nice: entry.nice,
    telemetry: entry.telemetry ?? agentDefaults.telemetry,
    inheritEnv: entry.inheritEnv ?? agentDefaults.inheritEnv,
    config: configOf(name, tree),
    env: entry.env ?? agentDefaults.env,
    port: context.ports[name] ?? agentDefaults.port,
    readyTimeoutMs: entry.readyTimeoutMs ?? agentDefaults.readyTimeoutMs,
    stopGraceMs: entry.stopGraceMs ?? agentDefaults.stopGraceMs,
    origin: originAt(tree, ['agents', name]),
  };
  issues.push(...checkAgent(entry, spec, tree));
  if (context.box !== undefined) issues.push(...checkOnBox(entry, spec, tree, context.home, context.box));
  return spec;
}

/** An entry that has neither, or both, is refused by `checkAgent`. */
function programOf(name: string, entry: AgentEntry, tree: Tree, context: AgentContext, issues: Issue[]): Program {
  const { module, command, attaches = false } = entry;
  if (command !== undefined) return { kind: 'command', argv: command, attaches };
  if (module === undefined) return { kind: 'module', module: '', path: '' };
  const found = findModule(name, module, originAt(tree, ['agents', name, 'module']), context);
  if (typeof found === 'string') return { kind: 'module', module, path: found };
  issues.push(found);
  return { kind: 'module', module, path: '' };
}

const restartOf = (entry: AgentEntry['restart'] = {}): RestartSpec => ({
  ...agentDefaults.restart,
  ...(typeof entry === 'string' ? { policy: entry } : entry),
});

function boundsOf({ memoryMiB, ...bounds }: NonNullable<AgentEntry['limits']> = {}): ResourceBounds {
  return memoryMiB === undefined ? bounds : { ...bounds, memoryBytes: memoryMiB * MIB };
}

const MIB = 1024 * 1024;

/** As data, whatever it holds: its own schema is the agent's. */
function configOf(name: string, tree: Tree): { readonly [key: string]: Json } {
  const config = treeAt(tree, ['agents', name, 'config']);
  return config?.kind === 'map'
    ? Object.fromEntries([...config.entries].map(([key, value]) => [key, dataOf(value)]))
    : {};
}
