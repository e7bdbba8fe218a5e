/** The answer to one request of a group: a request that is refused must not fail the others of its transaction. */
import { type MeshError, toMeshError } from '../../core/errors.js';

export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: MeshError };

export const succeeded = <T>(value: T): Outcome<T> => ({ ok: true, value });

export const refused = (thrown: unknown): Outcome<never> => ({ ok: false, error: toMeshError(thrown) });
