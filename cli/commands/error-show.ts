import type { Output as Answer } from '../../common/protocol/catalogue.js';
import type { Command } from '../command/command.js';
import { fingerprintOperand, groupOperand } from '../records/error-decision.js';
import { type ErrorGroupRow, errorGroupRowOf, impactText, untilText } from '../rows/error-group-row.js';
import { type ErrorRow, errorRowOf, severityText } from '../rows/record-row.js';
import { jsonText } from '../terminal/json-text.js';
import type { Colors } from '../terminal/output.js';
import { isoTime } from '../terminal/quantity.js';

interface SourceRow {
  /** Null, as the agent is, for what came from further places. */
  readonly machine: string | null;
  readonly agent: string | null;
  readonly count: number;
  readonly lastSeen: string | null;
}

interface ShownGroup extends ErrorGroupRow {
  /** The most first. */
  readonly sources: readonly SourceRow[];
  /** Latest first. */
  readonly occurrences: readonly ErrorRow[];
}

/** Sources that are listed; --json has all. */
const SOURCES_SHOWN = 10;

export const command: Command = {
  operands: [groupOperand],
  examples: [
    { line: 'mesh error show $(mesh error ls -a -n 1 -o name)', explains: 'the latest group, with stack and context' },
    { line: 'mesh error show $(mesh error ls -a -n 1 -o name) --json', explains: 'the same for a script' },
  ],
  async run(context, args) {
    const fingerprint = fingerprintOperand(args);
    const log = await (await context.access()).log();
    const { group, sources, occurrences } = await log.request('log.error', { fingerprint });
    const shown: ShownGroup = {
      ...errorGroupRowOf(group),
      sources: sources.map(sourceRowOf),
      occurrences: occurrences.map(errorRowOf),
    };
    const { colors } = context.output;
    await context.output.value(
      shown,
      (value) => textOf(value, colors),
      (value) => value.fingerprint,
    );
  },
};

const sourceRowOf = ({ machine, agent, count, lastSeenMs }: Answer<'log.error'>['sources'][number]): SourceRow => ({
  machine: machine || null,
  agent: agent || null,
  count,
  lastSeen: isoTime(lastSeenMs),
});

function textOf(group: ShownGroup, colors: Colors): string {
  const { bold, dim } = colors;
  const [latest] = group.occurrences;
  return [
    `${bold(group.code)} ${severityText(group.severity, colors)} ${group.message}`,
    '',
    `fingerprint  ${group.fingerprint}`,
    `status       ${statusText(group)}`,
    `latest in    ${group.agent}@${group.machine}, component ${group.component}`,
    `count        ${group.count}, from ${group.firstSeen ?? '-'} to ${group.lastSeen ?? '-'}`,
    `impact       ${impactText(group)} failed with it`,
    ...releaseLines(group),
    ...sourceLines(group.sources),
    ...detailsOf(latest, dim),
    '',
    'latest occurrences:',
    ...(latest === undefined ? ['  none is left: their records are pruned'] : []),
    ...group.occurrences.map(
      ({ id, ts, agent, machine, message }) => `  ${dim(`${id} ${ts}`)} ${agent}@${machine} ${message}`,
    ),
  ].join('\n');
}

function statusText(group: ErrorGroupRow): string {
  const { status, statusSince, statusBy, statusWhy } = group;
  const by = statusBy === '' ? '' : `, by ${statusBy}`;
  const why = statusWhy === '' ? '' : `: ${statusWhy}`;
  return `${status}${untilText(group)}${statusSince === null ? '' : `, since ${statusSince}`}${by}${why}`;
}

function releaseLines({ firstRelease, lastRelease }: ErrorGroupRow): string[] {
  if (firstRelease === '') return [];
  return [`releases     ${firstRelease === lastRelease ? firstRelease : `${firstRelease} to ${lastRelease}`}`];
}

function sourceLines(sources: readonly SourceRow[]): string[] {
  if (sources.length === 0) return [];
  const width = Math.max(...sources.map(({ count }) => String(count).length));
  const shown = sources.slice(0, SOURCES_SHOWN).map(({ machine, agent, count, lastSeen }) => {
    const place = machine === null ? 'further places' : `${agent}@${machine}`;
    return `  ${String(count).padStart(width)}  ${place}, last ${lastSeen ?? '-'}`;
  });
  const rest = sources.length - shown.length;
  return ['', 'where it happens:', ...shown, ...(rest > 0 ? [`  and ${rest} more, see --json`] : [])];
}

function detailsOf(latest: ErrorRow | undefined, dim: (text: string) => string): string[] {
  const { body } = latest ?? {};
  if (typeof body !== 'object' || body === null) return [];
  const context = 'context' in body ? ['', 'context of the latest:', indented(jsonText(body.context, 2))] : [];
  const stack = 'stack' in body ? ['', 'stack of the latest:', dim(indented(String(body.stack)))] : [];
  return [...context, ...stack];
}

const indented = (text: string): string => text.replace(/^/gm, '  ');
