/**
 * `${port:main.registry}` and `${address:pc2}` in an agent's own part and in all that it runs: so that a port number stands
 * in ports.json only, and an address in mesh.yaml only. `$${` stands for `${` itself.
 *
 * In `config` a text that is nothing but one port reference becomes the number; everywhere else, and inside a longer text,
 * it becomes digits. An unknown reference is an issue at its line. Pure.
 */
import { didYouMean } from '../../core/nearest.js';
import type { MachinePorts } from '../schemas.js';
import { type Issue, issueAt } from './issues.js';
import { mapScalars, type Origin, type Path, type Scalar, type ScalarTree, type Tree } from './tree.js';

export interface ReferenceTable {
  /** `main.registry`, `main.agents.echo` → number: the path of the number in ports.json. */
  readonly port: ReadonlyMap<string, number>;
  /** Machine → address. */
  readonly address: ReadonlyMap<string, string>;
}

export function referenceTable(
  machines: Iterable<{ readonly name: string; readonly address: string; readonly ports: MachinePorts }>,
): ReferenceTable {
  const port = new Map<string, number>();
  const address = new Map<string, string>();
  for (const machine of machines) {
    address.set(machine.name, machine.address);
    const { agents = {}, ...own } = machine.ports;
    for (const [name, number] of Object.entries(own)) port.set(`${machine.name}.${name}`, number);
    for (const [name, number] of Object.entries(agents)) port.set(`${machine.name}.agents.${name}`, number);
  }
  return { port, address };
}

const REFERENCE = /\$\$\{|\$\{([^{}]*)\}/g;

/** Keys of an agent whose texts may hold references. */
const REFERRING: readonly unknown[] = ['config', 'env', 'command', 'cwd', 'ready', 'alive', 'hooks'];

/** The tree of a machine's file with every reference of its agents replaced. */
export function resolveReferences(
  tree: Tree,
  table: ReferenceTable,
): { readonly tree: Tree; readonly issues: readonly Issue[] } {
  const issues: Issue[] = [];
  const resolve = (leaf: ScalarTree, path: Path): Scalar => {
    const [agents, , key] = path;
    const { value, origin } = leaf;
    if (typeof value !== 'string' || !value.includes('${')) return value;
    if (agents !== 'agents' || !REFERRING.includes(key)) return value;
    const whole = key === 'config' ? /^\$\{port:([^{}]*)\}$/.exec(value)?.[1] : undefined;
    const number = whole === undefined ? undefined : table.port.get(whole.trim());
    if (number !== undefined) return number;
    return value.replace(REFERENCE, (written: string, inner: string | undefined) =>
      inner === undefined ? '${' : resolveOne(written, inner, table, origin, issues),
    );
  };
  return { tree: mapScalars(tree, resolve), issues };
}

function resolveOne(written: string, inner: string, table: ReferenceTable, origin: Origin, issues: Issue[]): string {
  const colon = inner.indexOf(':');
  const kind = inner.slice(0, Math.max(0, colon)).trim();
  const name = inner.slice(colon + 1).trim();
  if (kind !== 'port' && kind !== 'address') {
    issues.push(
      issueAt(
        origin,
        `unknown reference ${written}`,
        `write \${port:MACHINE.NAME} or \${address:MACHINE}, or $\${ for the text itself`,
      ),
    );
    return written;
  }
  const known = table[kind];
  const value = known.get(name);
  if (value !== undefined) return String(value);
  const names = [...known.keys()];
  const what = kind === 'port' ? `ports.json has no port ${name}` : `there is no machine ${name}`;
  issues.push(
    issueAt(origin, `unknown reference ${written}: ${what}${didYouMean(name, names)}`, `known: ${names.join(', ')}`),
  );
  return written;
}
