/** Where the agents that come with the mesh are: `agents/<name>/agent.js` beside this compiled code. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface BuiltinModules {
  /** Absolute path of the module of the built-in agent `name`, or undefined when there is none. */
  find(name: string): string | undefined;
  names(): readonly string[];
}

/** The agents whose `<name>/agent.js` is in `folder`. Looks at the disk at every question. */
export function builtinModulesIn(folder: string): BuiltinModules {
  const moduleOf = (name: string): string => join(folder, name, 'agent.js');
  const names = () => (existsSync(folder) ? readdirSync(folder).filter((name) => existsSync(moduleOf(name))) : []);
  return { names, find: (name) => (names().includes(name) ? moduleOf(name) : undefined) };
}

export const builtinModules: BuiltinModules = builtinModulesIn(
  fileURLToPath(new URL('../../../agents/', import.meta.url)),
);
