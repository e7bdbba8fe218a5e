/** One thing that somebody is told: as it is stored on the stream `alerts`, and as a webhook or a command gets it. */
import { durationText } from '../../common/core/duration.js';
import { limits } from '../../common/core/limits.js';

/**
 * firing: what the rule waits for has begun · still-firing: it goes on, and there was more of it · recovered: it is over, and
 * was told before · passed: it came and went while nothing might be told · test: somebody tries the way
 */
export type NoticeState = 'firing' | 'still-firing' | 'recovered' | 'passed' | 'test';

export interface Notice {
  /** The same when it is told again: whoever knows it already may drop it. */
  readonly id: string;
  readonly rule: string;
  readonly state: NoticeState;
  /** A sentence for people; chats show it as it is. */
  readonly text: string;
  /** The fingerprint of a group of errors, a machine, or an agent@machine; empty where it is about several. */
  readonly subject: string;
  readonly title: string;
  readonly machine: string;
  readonly agent: string;
  readonly severity: string;
  /** How often it happened since the notice before this one. */
  readonly count: number;
  /** … and since it began. */
  readonly total: number;
  /** Things that this one notice is about. */
  readonly subjects: number;
  /** When it began, and when this was decided, in milliseconds since the Unix epoch. */
  readonly sinceMs: number;
  readonly atMs: number;
}

/** What is known of one thing, in words. */
export interface Facts extends Pick<Notice, 'subject' | 'title' | 'machine' | 'agent' | 'severity'> {
  readonly count: number;
  readonly total: number;
  readonly sinceMs: number;
  /** Why it is over. */
  readonly why: string;
}

type Head = Pick<Notice, 'id' | 'rule' | 'state' | 'atMs'>;

export function noticeOf(head: Head, facts: Facts): Notice {
  const { why, ...rest } = facts;
  return { ...head, ...rest, text: `${headline(head)}: ${facts.title}${tailOf(head, facts, why)}`, subjects: 1 };
}

/** One for several things: more than may be told one by one. */
export function digestOf(head: Head, all: readonly Facts[]): Notice {
  const count = all.reduce((sum, facts) => sum + facts.count, 0);
  const total = all.reduce((sum, facts) => sum + facts.total, 0);
  const titles = all.slice(0, DIGEST_SHOWN).map(({ title }) => title);
  const rest = all.length - titles.length;
  const title = `${all.length} more: ${titles.join('; ')}${rest > 0 ? `; and ${rest} further` : ''}`;
  const sinceMs = Math.min(...all.map((facts) => facts.sinceMs));
  const common = { subject: '', title, machine: '', agent: '', severity: '', count, total, sinceMs };
  return { ...head, ...common, text: `${headline(head)}: ${title}`, subjects: all.length };
}

const DIGEST_SHOWN = 3;

const headline = ({ rule, state }: Head): string => `${rule}${SAID[state]}`;
const SAID: Readonly<Record<NoticeState, string>> = {
  firing: '',
  'still-firing': ', still',
  recovered: ', over',
  passed: ', over already',
  test: ', a test',
};

function tailOf({ state, atMs }: Head, { count, total, sinceMs }: Facts, why: string): string {
  switch (state) {
    case 'firing':
      return count > 1 ? ` (${timesOf(count)})` : '';
    case 'still-firing':
      return ` (${numberOf(count)} more, ${numberOf(total)} in ${durationText(atMs - sinceMs)})`;
    case 'recovered':
      return ` (${[why, count > 0 ? `${numberOf(count)} more` : '', total > 1 ? `${numberOf(total)} in all` : ''].filter(Boolean).join(', ')})`;
    case 'passed':
      return ` (${timesOf(count)})`;
    case 'test':
      return '';
  }
}

const timesOf = (count: number): string => (count === 1 ? 'once' : `${numberOf(count)} times`);
const numberOf = (count: number): string => count.toLocaleString('en-US');

/** Cut to what a notice may hold; on one line. */
export function titleOf(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length <= limits.alertTitleMax ? line : `${line.slice(0, limits.alertTitleMax - 1)}…`;
}
