/**
 * Reads one YAML or JSON file (JSON is YAML) into a tree with origins, and writes plain data as YAML. The only importer
 * of yaml.
 *
 * What is ambiguous or dangerous is refused with its line and column, never repaired: duplicate keys, unknown tags,
 * several documents, keys that are not text, `__proto__`, numbers that do not survive as JavaScript numbers, and
 * anchors that expand to more than the limits allow. A file that is too large is not parsed, and what is nested too deeply
 * goes no further than the parser's tokens: what comes after them is recursive, and ends the process without a stack.
 */
import { readFileSync, statSync } from 'node:fs';
import {
  type Alias,
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  Parser,
  stringify,
} from 'yaml';
import { messageOf, systemCodeOf } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import { type Issue, issueWith } from './issues.js';
import { dataOf, type Json, type Origin, originAt, type Path, type Scalar, type Tree } from './tree.js';

/** A file that was read. With issues, `tree` holds what could be made of it and must not be used. */
export interface Source {
  readonly file: string;
  readonly tree: Tree;
  readonly data: Json;
  readonly issues: readonly Issue[];
  locate(path: Path): Origin;
}

/** @param file absolute path. @param shownAs its name in messages, relative to the fleet folder. */
export function readSource(file: string, shownAs: string): Source {
  const text = readText(file, shownAs);
  return typeof text === 'string' ? parseSource(text, shownAs) : sourceOf(shownAs, emptyTree(shownAs), [text]);
}

/** The tree of `text`, which came from the file `shownAs`. */
export function parseSource(text: string, shownAs: string): Source {
  const lineCounter = new LineCounter();
  const placeAt = (offset: number): Origin => {
    const { line, col } = lineCounter.linePos(offset);
    return { file: shownAs, line, column: col };
  };
  const refused = (issues: readonly Issue[]): Source => sourceOf(shownAs, emptyTree(shownAs), issues);
  try {
    const tokens = [...new Parser(lineCounter.addNewLine).parse(text)];
    const abyss = offsetTooDeep(tokens);
    if (abyss !== undefined) return refused([{ ...placeAt(abyss), message: TOO_DEEP, hint: 'make it flatter' }]);
    // Our own walk finds duplicate keys, so that the message can name the key and its first line.
    const composer = new Composer({ prettyErrors: false, uniqueKeys: false, version: '1.2', schema: 'core' });
    const [document, second] = composer.compose(tokens, true, text.length);
    if (document === undefined) return refused([issueWith(shownAs, 'cannot be parsed')]);
    const faults = [...document.errors, ...document.warnings].map(({ pos, code, message }) => ({
      ...placeAt(pos[0]),
      message,
      hint: hintFor(code),
    }));
    if (second !== undefined) {
      const message = 'the file holds more than one document';
      faults.push({ ...placeAt(second.range[0]), message, hint: 'keep one document per file' });
    }
    if (faults.length > 0) return refused(firstOfEachLine(faults));
    const walk = new Walk(document, placeAt);
    const tree = walk.treeOf(document.contents, { file: shownAs, line: 1, column: 1 }, 0);
    return sourceOf(shownAs, tree, walk.issues);
  } catch (error) {
    return refused([issueWith(shownAs, `cannot be parsed: ${messageOf(error)}`)]);
  }
}

/** Where the first collection stands that is nested more deeply than the limit. */
function offsetTooDeep(tokens: readonly CST.Token[]): number | undefined {
  const open: { readonly token: CST.Token | null | undefined; readonly depth: number }[] = tokens.map((token) => ({
    token,
    depth: 0,
  }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, depth } = next;
    if (token?.type === 'document') open.push({ token: token.value, depth });
    if (token === null || token === undefined || !('items' in token)) continue;
    if (depth > limits.configDepthMax) return token.offset;
    for (const { key, value } of token.items)
      open.push({ token: key, depth: depth + 1 }, { token: value, depth: depth + 1 });
  }
  return undefined;
}

const TOO_DEEP = 'values are nested too deeply';

/** JSON data as YAML that reads back as the same data. */
export const yamlText = (data: unknown): string => stringify(data, { version: '1.2', schema: 'core', lineWidth: 0 });

const emptyTree = (file: string): Tree => ({ kind: 'map', origin: { file, line: 1, column: 1 }, entries: new Map() });

function sourceOf(file: string, tree: Tree, issues: readonly Issue[]): Source {
  return { file, tree, data: dataOf(tree), issues, locate: (path) => originAt(tree, path) };
}

/** The parser stumbles on after a fault; what it says about the same line again is an echo. */
function firstOfEachLine<T extends { readonly line: number }>(issues: readonly T[]): T[] {
  return issues.filter(({ line }, index) => issues.findIndex((other) => other.line === line) === index);
}

function readText(file: string, shownAs: string): string | Issue {
  try {
    const stat = statSync(file);
    if (!stat.isFile()) return issueWith(shownAs, 'is not a file', 'put a YAML file there');
    if (stat.size > limits.configFileBytesMax) {
      return issueWith(
        shownAs,
        `has ${stat.size} bytes, more than the ${limits.configFileBytesMax} allowed`,
        'make it smaller',
      );
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'ENOENT') return issueWith(shownAs, 'does not exist', `create ${file}`);
    if (code === 'EACCES') return issueWith(shownAs, 'cannot be read: permission denied', `run \`ls -l ${file}\``);
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
      return issueWith(shownAs, 'is not UTF-8 text', 'save it as UTF-8');
    return issueWith(shownAs, `cannot be read: ${messageOf(error)}`);
  }
}

function hintFor(code: string): string {
  switch (code) {
    case 'TAB_AS_INDENT':
      return 'indent with spaces';
    case 'BAD_INDENT':
      return 'give all keys of one map the same indentation';
    case 'TAG_RESOLVE_FAILED':
      return 'remove the tag; only plain YAML is read';
    case 'UNEXPECTED_TOKEN':
    case 'BAD_SCALAR_START':
    case 'BLOCK_AS_IMPLICIT_KEY':
      return 'put text with special characters (: { } [ ] , # & * ! | > % @) in quotes';
    default:
      return 'correct the YAML at this place';
  }
}

/** One pass over a parsed document, with what it has spent so far. */
class Walk {
  readonly issues: Issue[] = [];
  private valueCount = 0;
  private aliasCount = 0;

  constructor(
    private readonly document: Document.Parsed,
    private readonly placeAt: (offset: number) => Origin,
  ) {}

  /** The tree of a node of the parser; `origin` is where its key stands. */
  treeOf(node: unknown, origin: Origin, depth: number): Tree {
    this.valueCount++;
    if (this.valueCount > limits.configValuesMax) return this.refuseOnce(origin, 'the file holds too many values');
    if (depth > limits.configDepthMax) return this.refuseOnce(origin, TOO_DEEP);
    if (isAlias(node)) return this.treeOfAlias(node, origin, depth);
    if (isMap(node)) return this.treeOfMap(node.items, origin, depth);
    if (isSeq(node)) {
      const items = node.items.map((item) => this.treeOf(item, this.placeOf(item, origin), depth + 1));
      return { kind: 'list', origin, items };
    }
    return { kind: 'scalar', origin, value: isScalar(node) ? this.scalarOf(node.value, origin) : null };
  }

  private treeOfAlias(alias: Alias, origin: Origin, depth: number): Tree {
    this.aliasCount++;
    if (this.aliasCount > limits.configAliasesMax) return this.refuseOnce(origin, 'the file uses too many aliases');
    const target = alias.resolve(this.document);
    if (target === undefined) {
      return this.refuse(
        origin,
        `there is no anchor &${alias.source} before this alias`,
        `write &${alias.source} where the value stands`,
      );
    }
    return this.treeOf(target, origin, depth + 1);
  }

  private treeOfMap(
    pairs: readonly { readonly key: unknown; readonly value: unknown }[],
    origin: Origin,
    depth: number,
  ): Tree {
    const entries = new Map<string, Tree>();
    for (const { key, value } of pairs) {
      const keyOrigin = this.placeOf(key, origin);
      const name = isScalar(key) ? key.value : undefined;
      const first = typeof name === 'string' ? entries.get(name) : undefined;
      if (typeof name !== 'string') {
        this.refuse(keyOrigin, 'a key must be text', 'write the key in quotes');
      } else if (name === '__proto__' || name === '<<') {
        this.refuse(
          keyOrigin,
          `the key ${name} is not allowed`,
          name === '<<' ? 'merge keys are not read; repeat the keys' : 'remove it',
        );
      } else if (first !== undefined) {
        this.refuse(
          keyOrigin,
          `\`${name}\` is there twice; first on line ${first.origin.line}`,
          'keep one of the two, or rename one',
        );
      } else {
        entries.set(name, this.treeOf(value, keyOrigin, depth + 1));
      }
    }
    return { kind: 'map', origin, entries };
  }

  private scalarOf(value: unknown, origin: Origin): Scalar {
    if (value === null || value === undefined) return null;
    if (typeof value === 'string' || typeof value === 'boolean') return value;
    const exact =
      typeof value === 'number' && Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
    if (exact) return value;
    this.refuse(origin, `the number ${String(value)} cannot be kept exactly`, 'write it in quotes if it is text');
    return null;
  }

  private placeOf(node: unknown, fallback: Origin): Origin {
    const range = isAlias(node) || isScalar(node) || isMap(node) || isSeq(node) ? node.range : undefined;
    return range ? this.placeAt(range[0]) : fallback;
  }

  private refuse(origin: Origin, message: string, hint: string): Tree {
    this.issues.push({ ...origin, message, hint });
    return { kind: 'scalar', origin, value: null };
  }

  /** For bounds: once broken, every further value breaks them too. */
  private refuseOnce(origin: Origin, message: string): Tree {
    const known = this.issues.some((issue) => issue.message === message);
    if (!known)
      return this.refuse(origin, message, 'make the file smaller, and look for anchors that contain each other');
    return { kind: 'scalar', origin, value: null };
  }
}
