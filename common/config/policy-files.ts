/** Where the rules of the policies stand: config/policies.yaml, which a fleet may do without, and an environment's own. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Issue, issueAt, issueWith } from './issues.js';
import { checkSchema } from './schema-check.js';
import { PoliciesFile } from './schemas.js';
import { type Tree, treeAt } from './tree.js';

const POLICIES_FILE = 'config/policies.yaml';
/** What somebody who did not look it up may call it. */
const MISNAMED = ['policies.yml', 'policies.json', 'policy.yaml', 'policy.yml', 'policy.json'];

/** One tree for each rule, in the order in which they stand. @param read a file of the folder, with its faults noted */
export function readPolicies(
  home: string,
  overlay: Tree | undefined,
  read: (file: string) => Tree | undefined,
  issues: Issue[],
): Tree[] {
  for (const name of MISNAMED) {
    if (!existsSync(join(home, 'config', name))) continue;
    issues.push(issueWith(`config/${name}`, 'is not read', `rename it to ${POLICIES_FILE}`));
  }
  const isThere = existsSync(join(home, POLICIES_FILE));
  const own = isThere ? rulesIn(read(POLICIES_FILE), issues) : [];
  const change = overlay === undefined ? undefined : treeAt(overlay, ['policies']);
  if (change === undefined) return own;
  if (change.kind === 'list') return [...own, ...change.items];
  if (!isThere) issues.push(issueAt(change.origin, '`policies` is deleted here, but no file below has it'));
  return [];
}

function rulesIn(tree: Tree | undefined, issues: Issue[]): Tree[] {
  if (tree === undefined) return [];
  const checked = checkSchema(PoliciesFile, tree);
  if (!checked.ok) issues.push(...checked.issues);
  return tree.kind === 'list' ? [...tree.items] : [];
}
