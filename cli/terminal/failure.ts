/**
 * How a command ends badly: what happened, what was probably meant, and the next step on standard error, and the exit
 * code that the error's code stands for. With a machine form it is one JSON object on one line.
 */
import { errorTable, type MeshError, messageOf } from '../../common/core/errors.js';
import { jsonText } from './json-text.js';
import type { Output } from './output.js';

export const exitCodeOf = (error: MeshError): number => errorTable[error.code].exitCode;

/** @param verbose with the stack of an error that nobody expected. */
export function printFailure(error: MeshError, output: Output, verbose: boolean): void {
  if (!output.isHuman) return output.note(jsonText({ error: bodyOf(error) }));
  const { red, bold, cyan } = output.noteColors;
  const [first = '', ...more] = messageFor(error).split('\n');
  output.note(`${bold(red('error:'))} ${first}`);
  for (const line of more) output.note(`       ${line}`);
  const near = error.details?.['didYouMean'];
  if (typeof near === 'string') output.note(`did you mean ${bold(near)}?`);
  // Some servers put their guess where the next step belongs.
  if (error.hint?.startsWith('did you mean ') && near === undefined) output.note(error.hint);
  else if (error.hint !== undefined) output.note(`${cyan('next:')} ${error.hint}`);
  if (verbose && error.cause instanceof Error) output.note(error.cause.stack ?? error.cause.message);
}

function bodyOf(error: MeshError): unknown {
  return { ...error.toBody(), message: messageFor(error) };
}

/** What is inside an error that nobody expected is the only thing that helps. */
function messageFor(error: MeshError): string {
  return error.code === 'INTERNAL' && error.cause !== undefined
    ? `${error.message}: ${messageOf(error.cause)}`
    : error.message;
}
