/** The MeshError that `work` throws or rejects with; fails when it does not, or with another code. */
import { expect } from 'chai';
import { type ErrorCode, MeshError } from '../../common/core/errors.js';

export function expectError(code: ErrorCode, work: () => unknown): MeshError {
  let thrown: unknown;
  try {
    work();
  } catch (error) {
    thrown = error;
  }
  return asError(code, thrown);
}

export async function expectRejection(code: ErrorCode, work: Promise<unknown>): Promise<MeshError> {
  return asError(
    code,
    await work.then(
      () => undefined,
      (error: unknown) => error,
    ),
  );
}

function asError(code: ErrorCode, thrown: unknown): MeshError {
  expect(thrown, `an error ${code}`).to.be.instanceOf(MeshError);
  const error = thrown as MeshError;
  expect(error.code, error.message).to.equal(code);
  return error;
}
