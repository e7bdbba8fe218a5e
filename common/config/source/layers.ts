/**
 * Layers of configuration, later ones over earlier ones. Maps merge key by key; lists and scalars replace; `null`
 * deletes what a lower layer says. Each value keeps the origin of the layer that won it; a merged map keeps the
 * origin of the layer that introduced it. Pure.
 *
 * A `null` inside a part that only the upper layer has is a plain null: there is nothing below it to delete.
 */
import type { MapTree, Path, Tree } from './tree.js';

export interface Merged {
  readonly tree: Tree;
  /** Deletions that found nothing: most likely a mistyped name, so the caller says so. */
  readonly vainDeletions: readonly VainDeletion[];
}

export interface VainDeletion {
  readonly path: Path;
  readonly deletion: Tree;
  /** The names that could have been deleted there. */
  readonly candidates: readonly string[];
}

export function mergeLayers(base: Tree, ...overlays: readonly Tree[]): Merged {
  const vainDeletions: VainDeletion[] = [];
  const tree = overlays.reduce((below, above) => mergeTwo(below, above, [], vainDeletions), base);
  return { tree, vainDeletions };
}

function mergeTwo(below: Tree, above: Tree, path: Path, vainDeletions: VainDeletion[]): Tree {
  if (below.kind !== 'map' || above.kind !== 'map') return above;
  const entries = new Map(below.entries);
  for (const [key, value] of above.entries) {
    const keyPath = [...path, key];
    const covered = below.entries.get(key);
    if (value.kind === 'scalar' && value.value === null) {
      if (!entries.delete(key))
        vainDeletions.push({ path: keyPath, deletion: value, candidates: [...below.entries.keys()] });
    } else {
      entries.set(key, covered === undefined ? value : mergeTwo(covered, value, keyPath, vainDeletions));
    }
  }
  return { kind: 'map', origin: below.origin, entries } satisfies MapTree;
}
