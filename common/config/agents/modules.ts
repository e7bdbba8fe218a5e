/** Where the module of an agent is: one of the mesh's own by its name, or a file of the fleet folder. */
import { statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { didYouMean } from '../../core/nearest.js';
import { type Issue, issueAt } from '../source/issues.js';
import type { Origin } from '../source/tree.js';
import type { BuiltinModules } from './builtin-modules.js';

export interface ModulePlaces {
  readonly home: string;
  readonly builtinModules: BuiltinModules;
}

/** The absolute path, or what is wrong with it. */
export function findModule(
  agent: string,
  written: string,
  origin: Origin,
  { home, builtinModules }: ModulePlaces,
): string | Issue {
  const refuse = (what: string, hint: string): Issue => issueAt(origin, `the module of \`${agent}\` ${what}`, hint);
  if (written.startsWith('./')) {
    const path = resolve(home, written);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat?.isFile()) return path;
    return refuse(`is missing: ${written}`, `looked for ${path}; paths are relative to the fleet folder`);
  }
  const names = builtinModules.names();
  const builtIn = `built in: ${names.join(', ')}; a module of your own is a path that begins with ./`;
  if (isAbsolute(written) || written.includes('/'))
    return refuse(`must be a path that begins with ./: ${written}`, builtIn);
  const path = builtinModules.find(written);
  return path ?? refuse(`is missing: there is no built-in agent \`${written}\`${didYouMean(written, names)}`, builtIn);
}
