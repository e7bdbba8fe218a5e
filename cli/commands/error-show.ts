import { MeshError } from '../../common/core/errors.js';
import { FINGERPRINT_START } from '../../common/protocol/fingerprint-id.js';
import type { Command } from '../command.js';
import { type ErrorGroupRow, errorGroupRowOf } from '../error-group-row.js';
import { jsonText } from '../json-text.js';
import type { Colors } from '../output.js';
import { type ErrorRow, errorRowOf, severityText } from '../record-row.js';

interface ShownGroup extends ErrorGroupRow {
  /** Latest first. */
  readonly occurrences: readonly ErrorRow[];
}

export const command: Command = {
  operands: [
    { syntax: '<id>', description: 'the start of its fingerprint, at least 4 characters, as "mesh error ls" shows it' },
  ],
  examples: [
    { line: 'mesh error show $(mesh error ls -n 1 -o name)', explains: 'the latest group, with stack and context' },
    { line: 'mesh error show $(mesh error ls -n 1 -o name) --json', explains: 'the same for a script' },
  ],
  async run(context, args) {
    const fingerprint = args.operand(0).toLowerCase();
    if (!new RegExp(FINGERPRINT_START).test(fingerprint)) {
      throw new MeshError('USAGE', `"${args.operand(0).slice(0, 100)}" is not the start of a fingerprint`, {
        hint: 'take at least 4 characters of the ID that "mesh error ls" shows',
      });
    }
    const log = await (await context.access()).log();
    const { group, occurrences } = await log.request('log.error', { fingerprint });
    const shown: ShownGroup = { ...errorGroupRowOf(group), occurrences: occurrences.map(errorRowOf) };
    const { colors } = context.output;
    await context.output.value(
      shown,
      (value) => textOf(value, colors),
      (value) => value.fingerprint,
    );
  },
};

function textOf(group: ShownGroup, colors: Colors): string {
  const { bold, dim } = colors;
  const [latest] = group.occurrences;
  return [
    `${bold(group.code)} ${severityText(group.severity, colors)} ${group.message}`,
    '',
    `fingerprint  ${group.fingerprint}`,
    `where        ${group.agent}@${group.machine}, component ${group.component}`,
    `count        ${group.count}, from ${group.firstSeen ?? '-'} to ${group.lastSeen ?? '-'}`,
    `status       ${group.status}`,
    ...detailsOf(latest, dim),
    '',
    'latest occurrences:',
    ...group.occurrences.map(
      ({ id, ts, agent, machine, message }) => `  ${dim(`${id} ${ts}`)} ${agent}@${machine} ${message}`,
    ),
  ].join('\n');
}

function detailsOf(latest: ErrorRow | undefined, dim: (text: string) => string): string[] {
  const { body } = latest ?? {};
  if (typeof body !== 'object' || body === null) return [];
  const context = 'context' in body ? ['', 'context of the latest:', indented(jsonText(body.context, 2))] : [];
  const stack = 'stack' in body ? ['', 'stack of the latest:', dim(indented(String(body.stack)))] : [];
  return [...context, ...stack];
}

const indented = (text: string): string => text.replace(/^/gm, '  ');
