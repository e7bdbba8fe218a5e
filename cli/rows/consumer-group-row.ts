/** Consumer groups and their dead letters as `stream groups` and `stream dead` show them. Pure. */
import { limits } from '../../common/core/limits.js';
import type { GroupStateBody, LetterBody } from '../../common/protocol/catalogue.js';
import { jsonText } from '../terminal/json-text.js';
import type { Colors, ListForm } from '../terminal/output.js';
import { ageText, isoTime } from '../terminal/quantity.js';
import { type RecordRow, recordRowOf } from './record-row.js';

export type ConsumerGroupRow = GroupStateBody;

export const consumerGroupForm = ({ red, yellow }: Colors): ListForm<ConsumerGroupRow> => ({
  columns: [
    { head: 'group', value: ({ group }) => group },
    { head: 'stream', value: ({ stream, ordered }) => (ordered ? `${stream} (ordered)` : stream) },
    { head: 'members', value: ({ members }) => String(members.length) },
    {
      head: 'pending',
      value: ({ pending, members }) =>
        members.length === 0 && pending > 0 ? yellow(lagText(pending)) : lagText(pending),
    },
    { head: 'in hand', value: ({ inFlight }) => String(inFlight) },
    { head: 'retrying', value: ({ retrying }) => (retrying > 0 ? yellow(String(retrying)) : '0') },
    { head: 'dead', value: ({ dead }) => (dead > 0 ? red(String(dead)) : '0') },
    { head: 'lost', value: ({ lost }) => (lost > 0 ? red(String(lost)) : '0'), optional: true },
    { head: 'only', value: ({ machine, agent }) => filterText(machine, agent), optional: true },
    { head: 'settled up to', value: ({ floorId }) => String(floorId), wide: true },
    { head: 'settled', value: ({ settled }) => String(settled), wide: true },
    { head: 'redelivered', value: ({ redelivered }) => String(redelivered), wide: true },
    { head: 'stale', value: ({ stale }) => String(stale), wide: true },
  ],
  name: ({ group }) => group,
  empty: 'no consumer groups: a program makes one with consume(stream, handler, {group})',
});

const lagText = (pending: number): string =>
  pending >= limits.groupLagCounted ? `over ${limits.groupLagCounted}` : String(pending);

const filterText = (machine: string | undefined, agent: string | undefined): string =>
  machine === undefined && agent === undefined ? '' : `${agent ?? '*'}@${machine ?? '*'}`;

export interface LetterRow extends RecordRow {
  readonly group: string;
  readonly deliveries: number;
  readonly code: string;
  readonly message: string;
  readonly died: string | null;
  /** It is being tried again. */
  readonly replayed: boolean;
}

export function letterRowOf(letter: LetterBody): LetterRow {
  const { group, deliveries, code, message, diedMs, replayed, ...record } = letter;
  return { ...recordRowOf(record), group, deliveries, code, message, died: isoTime(diedMs), replayed };
}

export const letterForm = ({ yellow }: Colors, nowMs: number): ListForm<LetterRow> => ({
  columns: [
    { head: 'group', value: ({ group }) => group },
    { head: 'id', value: ({ id }) => String(id) },
    { head: 'stream', value: ({ stream }) => stream },
    { head: 'from', value: ({ agent, machine }) => `${agent}@${machine}` },
    {
      head: 'died',
      value: ({ died, replayed }) =>
        replayed ? yellow('tried again') : `${ageText(nowMs - Date.parse(died ?? ''))} ago`,
    },
    { head: 'deliveries', value: ({ deliveries }) => String(deliveries), wide: true },
    { head: 'code', value: ({ code }) => code },
    { head: 'why', value: ({ message }) => shortened(message), optional: true },
    { head: 'body', value: ({ body }) => jsonText(body), wide: true },
  ],
  name: ({ id }) => String(id),
  empty: 'no dead letters',
});

const shortened = (text: string): string => (text.length <= 60 ? text : `${text.slice(0, 59)}…`);
