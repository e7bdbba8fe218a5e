/**
 * A value of a configuration together with the place where somebody wrote it. Everything between reading a file and
 * handing out the resolved fleet works on trees, so that each fault can name the file and line to correct, and so
 * that "where does this value come from" always has an answer.
 *
 * A value is placed where its key stands (an item of a list: where the item stands), because that is the line a
 * person looks for. File names are relative to the fleet folder. Trees are immutable.
 */
export interface Origin {
  readonly file: string;
  /** Counts from 1, as editors do. */
  readonly line: number;
  readonly column: number;
}

export type Scalar = string | number | boolean | null;
export type Json = Scalar | readonly Json[] | { readonly [key: string]: Json };

export interface MapTree {
  readonly kind: 'map';
  readonly origin: Origin;
  readonly entries: ReadonlyMap<string, Tree>;
}
export interface ListTree {
  readonly kind: 'list';
  readonly origin: Origin;
  readonly items: readonly Tree[];
}
export interface ScalarTree {
  readonly kind: 'scalar';
  readonly origin: Origin;
  readonly value: Scalar;
}
export type Tree = MapTree | ListTree | ScalarTree;

/** Keys of maps and indexes of lists, from the root down. */
export type Path = readonly (string | number)[];

/** The bare value. */
export function dataOf(tree: Tree): Json {
  switch (tree.kind) {
    case 'scalar':
      return tree.value;
    case 'list':
      return tree.items.map(dataOf);
    case 'map':
      return Object.fromEntries([...tree.entries].map(([key, value]) => [key, dataOf(value)]));
  }
}

/** The same tree, at the same places, with other scalars. `path` leads from the root to each. */
export function mapScalars(tree: Tree, map: (leaf: ScalarTree, path: Path) => Scalar, path: Path = []): Tree {
  switch (tree.kind) {
    case 'scalar':
      return { ...tree, value: map(tree, path) };
    case 'list':
      return { ...tree, items: tree.items.map((item, index) => mapScalars(item, map, [...path, index])) };
    case 'map': {
      const entries = [...tree.entries].map(([key, value]) => [key, mapScalars(value, map, [...path, key])] as const);
      return { ...tree, entries: new Map(entries) };
    }
  }
}

/** The value at `path`, or undefined. */
export function treeAt(tree: Tree, path: Path): Tree | undefined {
  let found: Tree | undefined = tree;
  for (const step of path) found = found === undefined ? undefined : childOf(found, step);
  return found;
}

export function mapAt(tree: Tree, path: Path): Tree | undefined {
  const found = treeAt(tree, path);
  return found?.kind === 'map' ? found : undefined;
}

/** Where the value at `path` was written; for a path that leads nowhere, where its deepest existing part was. */
export function originAt(tree: Tree, path: Path): Origin {
  let found = tree;
  for (const step of path) {
    const child = childOf(found, step);
    if (child === undefined) break;
    found = child;
  }
  return found.origin;
}

/** The keys of the map at `path`; none when there is no map. */
export function keysAt(tree: Tree, path: Path): string[] {
  const found = treeAt(tree, path);
  return found?.kind === 'map' ? [...found.entries.keys()] : [];
}

function childOf(tree: Tree, step: string | number): Tree | undefined {
  if (tree.kind === 'map') return tree.entries.get(String(step));
  return tree.kind === 'list' ? tree.items[Number(step)] : undefined;
}
