/**
 * Records that main's broker cannot take because it is of an older release: they bear a mark that it does not know, and their
 * hash covers it, so they cannot be sent without. They and those behind them wait for a newer broker; what is before them goes.
 * Pure.
 */
import { MeshError } from '../../../common/core/errors.js';
import type { Run } from '../../../common/journal/machine/record-table.js';
import type { ChainEntry } from '../../../common/journal/record.js';
import { type Mark, marks } from '../../../common/protocol/record-marks.js';

/** The part of a run up to the first record that main does not know how to take; an error when that is the first one. */
export function takenBy(known: readonly string[], run: Run): Run | MeshError {
  const at = run.entries.findIndex((entry) => unknownMark(known, entry) !== undefined);
  if (at === -1) return run;
  if (at > 0) return { ...run, entries: run.entries.slice(0, at) };
  const [first] = run.entries;
  const mark = first === undefined ? undefined : unknownMark(known, first);
  return new MeshError('BAD_VERSION', `main’s broker is of an older release: it does not take records with a ${mark}`, {
    hint: 'Bring main to this release, then "mesh restart broker@main": the records wait here, and go on by themselves.',
    details: { journalId: run.journalId, seq: first?.seq, mark },
  });
}

const unknownMark = (known: readonly string[], entry: ChainEntry): Mark | undefined =>
  entry.kind === 'hole' ? undefined : marks.find((mark) => entry[mark] !== '' && !known.includes(mark));
