/**
 * Reads the files of one fleet folder and lays overlays over them. What is wrong with any of them it collects, so that one
 * load names it all; what the files are called and what they mean is the affair of whoever asks.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, systemCodeOf } from '../../core/errors.js';
import { didYouMean } from '../../core/nearest.js';
import { type Issue, issueAt, issueWith } from './issues.js';
import { mergeLayers } from './layers.js';
import type { Tree } from './tree.js';
import { readSource } from './yaml-source.js';

export class SourceReader {
  readonly issues: Issue[] = [];

  constructor(readonly home: string) {}

  has(file: string): boolean {
    return existsSync(join(this.home, file));
  }

  /** Undefined, with issues, where it cannot be read or has a fault. */
  read(file: string): Tree | undefined {
    const source = readSource(join(this.home, file), file);
    this.issues.push(...source.issues);
    return source.issues.length === 0 ? source.tree : undefined;
  }

  /** `base` with what `overlay` says over it; a deletion of what is not there is an issue. */
  lay(base: Tree, overlay: Tree | undefined): Tree {
    if (overlay === undefined) return base;
    const { tree, vainDeletions } = mergeLayers(base, overlay);
    for (const { path, deletion, candidates } of vainDeletions) {
      const near = didYouMean(String(path.at(-1)), candidates);
      this.issues.push(
        issueAt(deletion.origin, `\`${path.join('.')}\` is deleted here, but no file below has it${near}`),
      );
    }
    return tree;
  }

  /** YAML and JSON files of a folder, sorted; a folder that does not exist is empty. */
  list(folder: string): string[] {
    try {
      return readdirSync(join(this.home, folder))
        .filter((name) => /^[^.].*\.(yaml|yml|json)$/.test(name))
        .sort();
    } catch (error) {
      if (systemCodeOf(error) !== 'ENOENT') this.issues.push(issueWith(folder, `cannot be read: ${messageOf(error)}`));
      return [];
    }
  }
}
