/**
 * Checks a tree against a schema and says what is wrong in the words of the person who wrote the file: the name of
 * the value, what it must be, what it is, and the key that was probably meant. Only what has a fault is worth a compiler:
 * its schema is compiled then, once, to have all faults.
 *
 * All faults are collected at once, which would be unwise for untrusted input (work without bound); these files are
 * local and bounded in size, depth and number of values before they come here.
 */
import { createRequire } from 'node:module';
import type { Ajv, ErrorObject, ValidateFunction } from 'ajv';
import { didYouMean, nearest } from '../../core/nearest.js';
import { fits } from '../../protocol/schema-walk.js';
import type { Static, TSchema } from '../../protocol/type.js';
import { nameRule } from '../schemas.js';
import { type Issue, issueAt } from './issues.js';
import { dataOf, originAt, type Path, type Tree } from './tree.js';

export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly issues: readonly Issue[] };

let compiler: Ajv | undefined;
const compiled = new WeakMap<TSchema, ValidateFunction>();

/** @param whole what the tree is, where the fault is in none of its parts. */
export function checkSchema<S extends TSchema>(schema: S, tree: Tree, whole = 'the file'): Checked<Static<S>> {
  const data: unknown = dataOf(tree);
  if (fits(schema, data)) return { ok: true, value: data };
  const validate = validatorOf(schema);
  if (validate(data)) return { ok: true, value: data };
  const errors = unionsDecided(validate.errors ?? []);
  const issues = errors
    .filter((error) => !isEchoOfUnknownKey(error, errors))
    .map((error) => issueOf(error, tree, whole));
  return { ok: false, issues };
}

function validatorOf<S extends TSchema>(schema: S): ValidateFunction<Static<S>> {
  const known = compiled.get(schema);
  compiler ??= openCompiler();
  const validate = known ?? compiler.compile(schema);
  if (known === undefined) compiled.set(schema, validate);
  return validate as ValidateFunction<Static<S>>;
}

/** Loaded with the first fault: it takes longer than all else that is done with files without one. */
function openCompiler(): Ajv {
  const { Ajv } = createRequire(import.meta.url)('ajv') as typeof import('ajv');
  return new Ajv({
    // Strict mode and the compiler refuse what is no schema; the schema of schemas takes longer to compile than all of ours.
    strict: true,
    meta: false,
    validateSchema: false,
    allErrors: true,
    ownProperties: true,
    verbose: true,
    // A file is checked once: to make the code of its check shorter takes longer than to run it.
    code: { optimize: false },
  });
}

/** A mistyped required key is unknown *and* missing: one slip, so one issue. */
function isEchoOfUnknownKey(error: ErrorObject, errors: readonly ErrorObject[]): boolean {
  if (error.keyword !== 'required') return false;
  const missing = String(error.params['missingProperty']);
  return errors.some(
    (other) =>
      other.keyword === 'additionalProperties' &&
      other.instancePath === error.instancePath &&
      nearest(String(other.params['additionalProperty']), [missing]) !== undefined,
  );
}

/**
 * A value that may be of several kinds fails all of them at once. Only the kind that it was meant to be has something to
 * say; when it is of none of them, the union alone has.
 */
function unionsDecided(errors: readonly ErrorObject[]): ErrorObject[] {
  return errors
    .filter(({ keyword }) => keyword === 'anyOf')
    .reduce(
      (left: ErrorObject[], union) => {
        const meant = branchesOf(union).findIndex((branch) => isOfKind(union.data, branch));
        return left.filter((error) => {
          if (error === union) return meant === -1;
          const within =
            error.instancePath.startsWith(union.instancePath) && error.schemaPath.startsWith(`${union.schemaPath}/`);
          return !within || error.schemaPath.startsWith(`${union.schemaPath}/${meant}/`);
        });
      },
      [...errors],
    );
}

interface Branch {
  readonly type?: unknown;
  readonly enum?: unknown;
  readonly description?: unknown;
}

const branchesOf = ({ schema }: ErrorObject): Branch[] =>
  Array.isArray(schema)
    ? schema.filter((branch): branch is Branch => typeof branch === 'object' && branch !== null)
    : [];

/** A list of allowed texts is of the kind text, whichever text it is. */
function isOfKind(data: unknown, branch: Branch): boolean {
  if (branch.type === 'array') return Array.isArray(data);
  if (branch.type === 'object') return typeof data === 'object' && data !== null && !Array.isArray(data);
  if (branch.type === 'integer' || branch.type === 'number') return typeof data === 'number';
  if (branch.type === 'boolean') return typeof data === 'boolean';
  return typeof data === 'string' && (branch.type === 'string' || branch.enum !== undefined);
}

function issueOf(error: ErrorObject, tree: Tree, whole: string): Issue {
  const path = pathOf(error.instancePath);
  const origin = originAt(tree, path);
  const subject = path.length === 0 ? whole : `\`${path.join('.')}\``;
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(error.params['additionalProperty']);
      const keyOrigin = originAt(tree, [...path, key]);
      const known = propertiesOf(error.parentSchema);
      if (known.length === 0) return issueAt(keyOrigin, `\`${key}\` is not a valid name here`, nameHint(path));
      return issueAt(keyOrigin, `unknown key \`${key}\`${didYouMean(key, known)}`, `known keys: ${known.join(', ')}`);
    }
    case 'required':
      return issueAt(origin, `${subject} needs \`${String(error.params['missingProperty'])}\``, 'add it');
    case 'type': {
      const wanted = String(error.params['type']);
      const quote = wanted === 'string' && typeof error.data === 'number' ? 'write it in quotes' : undefined;
      return issueAt(origin, `${subject} must be ${typeNames[wanted] ?? wanted}, not ${kindOf(error.data)}`, quote);
    }
    case 'enum':
    case 'const': {
      const allowed = allowedOf(error).map(String);
      const found = typeof error.data === 'string' ? error.data : kindOf(error.data);
      const near = typeof error.data === 'string' ? didYouMean(error.data, allowed) : '';
      return issueAt(origin, `${subject} must be ${allowed.join(' or ')}, not ${found}${near}`);
    }
    case 'anyOf': {
      const kinds = branchesOf(error).map(({ description }) => String(description));
      return issueAt(origin, `${subject} must be ${kinds.join(' or ')}, not ${kindOf(error.data)}`);
    }
    case 'pattern':
      return issueAt(origin, `${subject} is not a valid name: ${JSON.stringify(error.data)}`, ruleOf(error));
    case 'minimum':
    case 'maximum':
      return issueAt(origin, `${subject} ${error.message ?? 'is out of range'}, not ${String(error.data)}`);
    default:
      return issueAt(origin, `${subject} ${error.message ?? 'is not valid'}`);
  }
}

/** What a schema says of itself, where it has another rule than that of names. */
function ruleOf({ parentSchema }: ErrorObject): string {
  const description: unknown = parentSchema?.['description'];
  return typeof description === 'string' ? description : nameRule;
}

const nameHint = (path: Path): string =>
  path.at(-1) === 'env' ? 'variables are letters, digits and _; MESH_… is set by the node itself' : nameRule;

const typeNames: Readonly<Record<string, string>> = {
  object: 'a map',
  array: 'a list',
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
};

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  if (typeof value === 'string') return `the text ${JSON.stringify(value.slice(0, 40))}`;
  return String(value);
}

function allowedOf(error: ErrorObject): unknown[] {
  if (error.keyword === 'const') return [error.params['allowedValue']];
  const allowed: unknown = error.params['allowedValues'];
  return Array.isArray(allowed) ? allowed : [];
}

function propertiesOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null || !('properties' in schema)) return [];
  return typeof schema.properties === 'object' && schema.properties !== null ? Object.keys(schema.properties) : [];
}

/** The steps of a JSON pointer. */
function pathOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}
