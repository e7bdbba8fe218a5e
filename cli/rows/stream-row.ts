/** Streams as `stream ls` shows them: what main holds of each, and what the fleet says about it. Pure. */
import type { Output as Answer } from '../../common/protocol/catalogue.js';
import type { Retention } from '../../common/protocol/stream-rule.js';
import type { Colors, ListForm } from '../terminal/output.js';
import { ageText, isoTime, sizeText } from '../terminal/quantity.js';

export interface StreamRow {
  readonly stream: string;
  readonly count: number;
  /** Of bodies, also of those that are files of their machine. */
  readonly bytes: number;
  /** Records that are not kept any more. */
  readonly pruned: number;
  readonly oldestId: number | null;
  readonly oldest: string | null;
  readonly newestId: number | null;
  readonly newest: string | null;
  /** As config/streams.yaml says it; null where it says nothing. */
  readonly keep: Retention | null;
  /** Who may write it; null for everybody. */
  readonly writers: readonly string[] | null;
  readonly groups: readonly string[];
}

export function streamRowOf(state: Answer<'log.streams'>['streams'][number]): StreamRow {
  const { stream, count, bytes, pruned, oldest, newest, rule, groups } = state;
  return {
    ...{ stream, count, bytes, pruned },
    oldestId: oldest?.id ?? null,
    oldest: isoTime(oldest?.tsMs ?? 0),
    newestId: newest?.id ?? null,
    newest: isoTime(newest?.tsMs ?? 0),
    keep: rule?.keep ?? null,
    writers: rule?.writers ?? null,
    groups,
  };
}

export const streamForm = ({ dim }: Colors, nowMs: number): ListForm<StreamRow> => {
  const ago = (time: string | null) => (time === null ? '-' : ageText(nowMs - Date.parse(time)));
  return {
    columns: [
      { head: 'stream', value: ({ stream }) => stream },
      { head: 'records', value: ({ count }) => String(count) },
      { head: 'bytes', value: ({ bytes }) => sizeText(bytes) },
      { head: 'oldest', value: ({ oldest }) => ago(oldest) },
      { head: 'newest', value: ({ newest }) => ago(newest) },
      { head: 'kept', value: ({ keep }) => (keep === null ? dim('all') : keepText(keep)) },
      { head: 'writers', value: ({ writers }) => (writers === null ? dim('all') : writers.join(',')) },
      { head: 'groups', value: ({ groups }) => groups.join(',') || '-' },
    ],
    name: ({ stream }) => stream,
    empty: 'main holds no records',
  };
};

const keepText = ({ ageMs, bytes, count }: Retention): string =>
  [
    ...(ageMs === undefined ? [] : [ageText(ageMs)]),
    ...(bytes === undefined ? [] : [sizeText(bytes)]),
    ...(count === undefined ? [] : [`${count} records`]),
  ].join(', ');
