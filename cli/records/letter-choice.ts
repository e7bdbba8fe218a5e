/** Which dead letters a command means: those whose ids it names, or all of a group, said so. */
import { MeshError } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import type { LetterBody } from '../../common/protocol/catalogue.js';
import type { RequestClient } from '../../common/wire/asking/request-client.js';
import type { Operand } from '../command/command.js';
import type { Arguments } from '../line/arguments.js';
import type { OptionSpec } from '../line/option-spec.js';

export const letterOperands: readonly Operand[] = [
  { syntax: '<group>', description: 'as "mesh stream groups" shows it' },
  { syntax: '[id...]', description: 'ids of records, as "mesh stream dead ls" shows them' },
];

export const letterOptions: readonly OptionSpec[] = [
  { flags: '--all', description: 'all dead letters of the group' },
  { flags: '--dry-run', description: 'only say which' },
];

export interface LetterChoice {
  readonly group: string;
  readonly ids: number[];
  readonly dryRun: boolean;
}

/** @throws MeshError USAGE, and NOT_FOUND for a group or an id that is not there */
export async function chosenLetters(args: Arguments, log: RequestClient): Promise<LetterChoice> {
  const group = args.operand(0);
  const asked = args.list(1).map(idOf);
  const isAll = args.flag('all');
  if (isAll === asked.length > 0) {
    throw new MeshError('USAGE', isAll ? 'ids and --all exclude each other' : 'which dead letters?', {
      hint: `name ids of "mesh stream dead ls ${group}", or say --all`,
    });
  }
  const dead = (await lettersOf(log, group)).map(({ id }) => id);
  const missing = asked.filter((id) => !dead.includes(id));
  if (missing.length > 0) {
    throw new MeshError('NOT_FOUND', `${group} has no dead letter ${missing.join(', ')}`, {
      hint: `see "mesh stream dead ls ${group}"`,
    });
  }
  return { group, ids: isAll ? dead : asked, dryRun: args.flag('dryRun') };
}

/** All of a group, in the order of their records. @throws MeshError NOT_FOUND with the nearest name */
export async function lettersOf(log: RequestClient, group: string): Promise<LetterBody[]> {
  const all: LetterBody[] = [];
  for (let more = true; more; ) {
    const afterId = all.at(-1)?.id ?? 0;
    const page = await log.request('group.dead', { group, afterId, limit: limits.logReadMax });
    all.push(...page.letters);
    ({ more } = page);
  }
  return all;
}

function idOf(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new MeshError('USAGE', `"${text.slice(0, 100)}" is not the id of a record`, {
    hint: 'ids are whole numbers, as "mesh stream dead ls" shows them',
  });
}
