/** What the commands share that decide something about a group of errors: which group, who decides it and why, and the answer. */
import { hostname, userInfo } from 'node:os';
import { MeshError } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import type { Output as Answer } from '../../common/protocol/catalogue.js';
import { FINGERPRINT_START } from '../../common/protocol/errors/fingerprint-id.js';
import type { Operand } from '../command/command.js';
import type { Context } from '../command/context.js';
import type { Arguments } from '../line/arguments.js';
import type { OptionSpec } from '../line/option-spec.js';
import { errorGroupRowOf } from '../rows/error-group-row.js';

export const groupOperand: Operand = {
  syntax: '<id>',
  description: 'the start of its fingerprint, at least 4 characters, as "mesh error ls" shows it',
};

export const decisionOptions: readonly OptionSpec[] = [
  { flags: '--why <text>', description: 'is written down with it' },
  { flags: '--by <name>', description: 'who decides it; default: you, on this machine' },
];

/** @throws MeshError USAGE */
export function fingerprintOperand(args: Arguments): string {
  const fingerprint = args.operand(0).toLowerCase();
  if (new RegExp(FINGERPRINT_START).test(fingerprint)) return fingerprint;
  throw new MeshError('USAGE', `"${args.operand(0).slice(0, 100)}" is not the start of a fingerprint`, {
    hint: 'take at least 4 characters of the ID that "mesh error ls" shows',
  });
}

/** What is asked of the log, as far as every decision says it. */
export const decisionOf = (args: Arguments) => ({
  fingerprint: fingerprintOperand(args),
  by: (args.text('by') || thisPerson()).slice(0, limits.topicLengthMax),
  why: (args.text('why') ?? '').slice(0, limits.errorTextMax),
});

/** A user without a name, as in a bare container, has a number. */
function thisPerson(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    return `${process.getuid?.() ?? 'somebody'}@${hostname()}`;
  }
}

/** @param said what has become of the group, as in "is resolved" */
export async function showDecision({ output }: Context, answer: Answer<'error.resolve'>, said: string): Promise<void> {
  const row = errorGroupRowOf(answer.group);
  const { bold, dim } = output.colors;
  await output.value(
    { ...row, hasChanged: answer.hasChanged },
    () => {
      const what = `${bold(row.code)} ${dim(row.fingerprint)}`;
      return answer.hasChanged ? `${what} ${said}` : `${what} ${said} already, since ${row.statusSince ?? 'ever'}`;
    },
    ({ fingerprint }) => fingerprint,
  );
}
