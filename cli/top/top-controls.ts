/** What the keys of `mesh top` do to the way its table is shown. Pure. */
import type { Key } from '../terminal/keyboard.js';
import type { TopProcess } from './top-picture.js';

export const topSorts = ['cpu', 'memory', 'restarts', 'name'] as const;
export type TopSort = (typeof topSorts)[number];

export interface TopControls {
  readonly sort: TopSort;
  /** Shown are the rows whose name or state holds this text. */
  readonly filter: string;
  /** Keys are letters of the filter. */
  readonly isTyping: boolean;
  /** Rows that are scrolled away above. */
  readonly offset: number;
}

const SORT_KEYS: Readonly<Record<string, TopSort>> = { c: 'cpu', m: 'memory', r: 'restarts', n: 'name' };
const PAGE_ROWS = 10;
const SCROLL_KEYS: Readonly<Record<string, number>> = { up: -1, down: 1, pageup: -PAGE_ROWS, pagedown: PAGE_ROWS };
const FILTER_LENGTH_MAX = 64;

/** @param rowCount rows that the filter leaves: one cannot scroll past them */
export function onKey(controls: TopControls, key: Key, rowCount: number): TopControls | 'quit' {
  if (key.ctrl) return key.name === 'c' ? 'quit' : controls;
  if (controls.isTyping) return onTyped(controls, key);
  if (key.text === 'q') return 'quit';
  if (key.text === '/') return { ...controls, isTyping: true, offset: 0 };
  if (key.name === 'escape') return { ...controls, filter: '', offset: 0 };
  const sort = SORT_KEYS[key.text];
  if (sort !== undefined) return { ...controls, sort, offset: 0 };
  const rows = SCROLL_KEYS[key.name];
  if (rows === undefined) return controls;
  return { ...controls, offset: Math.max(0, Math.min(rowCount - 1, controls.offset + rows)) };
}

function onTyped(controls: TopControls, { name, text }: Key): TopControls {
  const { filter } = controls;
  if (name === 'return' || name === 'enter') return { ...controls, isTyping: false };
  if (name === 'escape') return { ...controls, isTyping: false, filter: '' };
  if (name === 'backspace') return { ...controls, filter: filter.slice(0, -1) };
  const isText = text.length === 1 && text >= ' ' && filter.length < FILTER_LENGTH_MAX;
  return isText ? { ...controls, filter: filter + text } : controls;
}

/** The rows as they are to be shown, from the first. */
export function arranged(processes: readonly TopProcess[], { sort, filter }: TopControls): TopProcess[] {
  const wanted = filter.toLowerCase();
  return processes
    .filter((row) => `${row.instance} ${shownState(row)}`.includes(wanted))
    .sort((a, b) => figureOf(b, sort) - figureOf(a, sort) || compare(a.instance, b.instance));
}

export const shownState = ({ state, reachable }: TopProcess): string => (reachable ? state : 'unreachable');

/** What is not known comes last. */
function figureOf(row: TopProcess, sort: TopSort): number {
  switch (sort) {
    case 'cpu':
      return row.cpuPercent ?? -1;
    case 'memory':
      return row.rssBytes;
    case 'restarts':
      return row.restarts;
    case 'name':
      return 0;
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
