/**
 * What to do when only some machines answer: the answers are printed, the silence is said, and the exit code tells a
 * script which of the two it was.
 */
import { errorTable, MeshError } from '../../common/core/errors.js';
import type { Output } from '../terminal/output.js';
import type { MachineAnswer } from './fleet-access.js';

export interface Answered<Body> {
  readonly bodies: readonly { readonly machine: string; readonly body: Body }[];
  /** 0 when all machines answered, else that of DEGRADED. */
  readonly exitCode: number;
}

/** @throws MeshError of the first machine when none answered */
export function sortAnswers<Body>(answers: readonly MachineAnswer<Body>[], output: Output): Answered<Body> {
  const bodies = answers.flatMap((answer) =>
    'body' in answer ? [{ machine: answer.machine.name, body: answer.body }] : [],
  );
  const failures = answers.flatMap((answer) => ('error' in answer ? [answer.error] : []));
  const [first] = failures;
  if (first !== undefined && bodies.length === 0) throw failures.length === 1 ? first : together(first, failures);
  for (const { message } of failures) output.warn(message);
  return { bodies, exitCode: failures.length === 0 ? 0 : errorTable.DEGRADED.exitCode };
}

const together = (first: MeshError, failures: readonly MeshError[]): MeshError =>
  new MeshError(first.code, failures.map(({ message }) => message).join('\n'), {
    ...(first.hint === undefined ? {} : { hint: first.hint }),
  });
