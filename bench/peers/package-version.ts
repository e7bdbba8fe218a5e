/** Which version of a package a module would get. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Read beside the package's code: not every package lets its package.json be imported.
 * @param from the `require` of whoever would import it. @returns nothing when it is not installed
 */
export function packageVersion(from: NodeJS.Require, name: string): string | undefined {
  const files = (from.resolve.paths(name) ?? []).map((folder) => join(folder, name, 'package.json'));
  const file = files.find((candidate) => existsSync(candidate));
  return file === undefined ? undefined : versionIn(file);
}

export const versionIn = (file: string): string => {
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string };
  return version;
};
