/**
 * Files that are lists of rules, each of which a fleet may do without: `config/NAME.yaml`, and behind its rules those of the
 * environment. What a rule says is the affair of whoever resolves the list.
 */
import { RulesFile } from '../schemas.js';
import { type Issue, issueAt, issueWith } from './issues.js';
import { checkSchema } from './schema-check.js';
import type { SourceReader } from './source-reader.js';
import { type Tree, treeAt } from './tree.js';

export interface ListFile {
  /** Of the file, and the key in an overlay. */
  readonly name: 'policies' | 'streams' | 'errors';
  /** What somebody who did not look it up may call it. */
  readonly singular: string;
}

const beside = (plural: string, singular: string): readonly string[] => [
  `${plural}.yml`,
  `${plural}.json`,
  ...['yaml', 'yml', 'json'].map((ending) => `${singular}.${ending}`),
];

export const listFiles = {
  policies: { name: 'policies', singular: 'policy' },
  streams: { name: 'streams', singular: 'stream' },
  errors: { name: 'errors', singular: 'error' },
} as const satisfies Readonly<Record<string, ListFile>>;

/** Files that are there under a name that nobody reads. */
export function misnamedFiles(reader: SourceReader, plural: string, singular: string): Issue[] {
  return beside(plural, singular)
    .filter((wrong) => reader.has(`config/${wrong}`))
    .map((wrong) => issueWith(`config/${wrong}`, 'is not read', `rename it to config/${plural}.yaml`));
}

/** One tree for each rule, in the order in which they stand. */
export function readList({ name, singular }: ListFile, reader: SourceReader, overlay: Tree | undefined): Tree[] {
  const { issues } = reader;
  const file = `config/${name}.yaml`;
  issues.push(...misnamedFiles(reader, name, singular));
  const isThere = reader.has(file);
  const own = isThere ? rulesIn(reader.read(file), issues) : [];
  const change = overlay === undefined ? undefined : treeAt(overlay, [name]);
  if (change === undefined) return own;
  if (change.kind === 'list') return [...own, ...change.items];
  if (!isThere) issues.push(issueAt(change.origin, `\`${name}\` is deleted here, but no file below has it`));
  return [];
}

function rulesIn(tree: Tree | undefined, issues: Issue[]): Tree[] {
  if (tree === undefined) return [];
  const checked = checkSchema(RulesFile, tree);
  if (!checked.ok) issues.push(...checked.issues);
  return tree.kind === 'list' ? [...tree.items] : [];
}
