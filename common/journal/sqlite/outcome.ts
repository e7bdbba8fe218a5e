/** The answer to one request of a group: a request that is refused must not fail the others of its transaction. */
import { MeshError, toMeshError } from '../../core/errors.js';

export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: MeshError };

export const succeeded = <T>(value: T): Outcome<T> => ({ ok: true, value });

export const refused = (thrown: unknown): Outcome<never> => ({ ok: false, error: toMeshError(thrown) });

/** What a request of a group came to. @throws what is no refusal: the disk or a bug, and nothing of the group may stay */
export function outcomeOf<T>(work: () => T): Outcome<T> {
  try {
    return succeeded(work());
  } catch (thrown) {
    if (thrown instanceof MeshError) return refused(thrown);
    throw thrown;
  }
}
