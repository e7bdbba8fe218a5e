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
import type { AgentEntry, MachineFile } from './schemas.js';
import { dataOf, type Json, type Origin, originAt, type Tree, treeAt } from './tree.js';
import { planWaves } from './waves.js';

/** All that a node needs to start one agent. */
export interface AgentSpec {
  readonly name: string;
  readonly machine: string;
  /** `echo@pc2`. */
  readonly instance: string;
  /** As written: a built-in name or a path. */
  readonly module: string;
  /** Absolute. */
  readonly modulePath: string;
  readonly after: readonly string[];
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
const RESERVED = ['node', 'broker', 'registry', 'log'];

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
  const dependents = Object.entries(file.agents).map(([name, { after = [] }]) => ({ name, after }));
  const { waves, cycles, unknown } = planWaves(dependents);
  for (const { name, dependency } of unknown) {
    const index = file.agents[name]?.after?.indexOf(dependency) ?? 0;
    const near = didYouMean(dependency, Object.keys(file.agents));
    const what = `\`${name}\` starts after \`${dependency}\`, but ${context.machine} has no such agent${near}`;
    issues.push(
      issueAt(originAt(tree, ['agents', name, 'after', index]), what, '`after` names agents of the same machine'),
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
  return {
    name,
    machine: context.machine,
    instance: `${name}@${context.machine}`,
    module: entry.module,
    modulePath: findModule(name, entry.module, originAt(tree, ['agents', name, 'module']), context, issues),
    after: entry.after ?? [],
    wave,
    config,
    env: Object.fromEntries(Object.entries(env).map(([key, value]) => [key, String(value)])),
    port: context.ports[name] ?? 0,
    readyTimeoutMs: entry.readyTimeoutMs ?? limits.readyTimeoutMs,
    stopGraceMs: entry.stopGraceMs ?? limits.stopGraceMs,
    origin,
  };
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
