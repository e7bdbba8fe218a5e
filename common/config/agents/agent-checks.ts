/**
 * Whether the words of one agent's entry fit each other: what no schema says, because it takes two of its values. Pure.
 */
import { limits } from '../../core/limits.js';
import { ALERTER } from '../../protocol/alert-rule.js';
import type { AgentEntry } from '../schemas.js';
import { type Issue, issueAt } from '../source/issues.js';
import { originAt, type Tree } from '../source/tree.js';
import type { AgentSpec } from './agent-specs.js';
import { checkProbe } from './probe-specs.js';

/** @param tree the machine's file, in which the entry is. */
export function checkAgent(entry: AgentEntry, spec: AgentSpec, tree: Tree): Issue[] {
  return [
    ...checkName(spec),
    ...checkProgram(entry, spec, tree),
    ...checkProbes(entry, spec, tree),
    ...checkRestart(spec, tree),
    ...checkHang(entry, spec, tree),
  ];
}

/** Names that the parts of the mesh itself bear on every machine. */
const RESERVED = ['node', 'broker', 'registry', 'log', ALERTER];

const checkName = ({ name, origin }: AgentSpec): Issue[] =>
  RESERVED.includes(name)
    ? [issueAt(origin, `\`${name}\` is a part of the mesh itself`, 'give the agent another name')]
    : [];

function checkProgram(entry: AgentEntry, { name, origin }: AgentSpec, tree: Tree): Issue[] {
  const { module, command, attaches } = entry;
  const issues: Issue[] = [];
  if (module === undefined && command === undefined) {
    const hint =
      'module: a built-in name, or a path that begins with ./ · command: a program and its arguments, as a list';
    issues.push(issueAt(origin, `\`agents.${name}\` needs \`module\` or \`command\``, hint));
  }
  if (module !== undefined && command !== undefined) {
    const what = `\`agents.${name}\` has \`module\` and \`command\`: an agent runs one of them`;
    issues.push(issueAt(originAt(tree, ['agents', name, 'command']), what, 'remove one'));
  }
  if (attaches !== undefined && command === undefined) {
    const what = `\`agents.${name}.attaches\` belongs to a \`command\`: a module attaches by itself`;
    issues.push(issueAt(originAt(tree, ['agents', name, 'attaches']), what, 'remove it'));
  }
  return issues;
}

/** Whoever speaks the protocol says itself when it is ready, and is heard every second. */
function checkProbes(entry: AgentEntry, { name, program }: AgentSpec, tree: Tree): Issue[] {
  const speaks = program.kind === 'module' || program.attaches;
  return (['ready', 'alive'] as const).flatMap((key) => {
    const probe = entry[key];
    if (probe === undefined) return [];
    const path = ['agents', name, key];
    if (!speaks) return checkProbe(probe, tree, path);
    const what = `\`${path.join('.')}\` is for a program that does not speak to its node, and \`${name}\` does`;
    return [
      issueAt(originAt(tree, path), what, 'remove it: it says itself when it is ready, and each second that it lives'),
    ];
  });
}

function checkRestart({ name, restart }: AgentSpec, tree: Tree): Issue[] {
  const { firstMs, maxMs } = restart;
  if (maxMs >= firstMs) return [];
  const path = ['agents', name, 'restart'];
  const what = `\`${path.join('.')}\` waits ${firstMs} ms after the first crash, but at most ${maxMs} ms`;
  return [issueAt(originAt(tree, [...path, 'firstMs']), what, 'make `maxMs` at least `firstMs`')];
}

/** A hang is seen by silence, or by a probe. */
function checkHang(entry: AgentEntry, { name, program, limits: { hangMs } }: AgentSpec, tree: Tree): Issue[] {
  if (hangMs === undefined) return [];
  const path = ['agents', name, 'limits', 'hangMs'];
  const refuse = (what: string, hint: string) => [issueAt(originAt(tree, path), `\`${path.join('.')}\` ${what}`, hint)];
  const speaks = program.kind === 'module' || program.attaches;
  if (!speaks && entry.alive === undefined)
    return refuse('needs an `alive` probe: nothing else shows whether this program hangs', 'add `alive`');
  if (!speaks || hangMs >= limits.heartbeatTimeoutMs) return [];
  const what = `is ${hangMs}, less than the ${limits.heartbeatTimeoutMs} ms of silence after which an agent counts as busy`;
  return refuse(what, `write ${limits.heartbeatTimeoutMs} or more`);
}
