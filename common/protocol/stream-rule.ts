/**
 * What a fleet says about its streams of records: for each that a pattern matches, how much of it main keeps and who may
 * write it. As nodes hand it to main's broker, and as both decide by it. Pure.
 *
 * One rule decides a stream, whole: the most specific. Two patterns that match the same stream are compared word by word
 * from the left, a name before `*`, `*` before `>`; so there are no two that are equally specific.
 */
import { limits } from '../core/limits.js';
import { topicMatcher } from './topic.js';
import { type Static, Type } from './type.js';

const closed = { additionalProperties: false } as const;

/** As of topics: `*` is one word, a final `>` all the rest. */
export const StreamPattern = Type.String({ pattern: '^[a-z*>][a-z0-9.*>-]*$', maxLength: limits.topicLengthMax });
/** Of an agent's name: each `*` stands for any characters. */
export const WriterPattern = Type.String({ pattern: '^[a-z0-9*-]+$', maxLength: limits.nameLengthMax });

/** The oldest records go as soon as one of these is over its bound. */
export const Retention = Type.Object(
  {
    ageMs: Type.Optional(Type.Integer({ minimum: 1, description: 'since the time that the record bears' })),
    bytes: Type.Optional(Type.Integer({ minimum: 1, description: 'of bodies, also of those that are files' })),
    count: Type.Optional(Type.Integer({ minimum: 1 })),
  },
  closed,
);
export type Retention = Static<typeof Retention>;

export const StreamRule = Type.Object(
  {
    stream: StreamPattern,
    keep: Type.Optional(Retention),
    writers: Type.Optional(Type.Array(WriterPattern, { maxItems: limits.streamWritersMax })),
  },
  closed,
);
export type StreamRule = Static<typeof StreamRule>;

/** The rules of a fleet, in their order, and the mark by which two sets are told apart. */
export interface StreamRuleSet {
  readonly revision: string;
  readonly rules: readonly StreamRule[];
}

/** Of a fleet that says nothing. */
export const NO_STREAM_RULES: StreamRuleSet = { revision: '', rules: [] };

/** Answers which rule decides a stream; undefined for none. Of rules with one pattern the last. */
export function ruleFinder(rules: readonly StreamRule[]): (stream: string) => StreamRule | undefined {
  const ordered = [...rules]
    .reverse()
    .sort((a, b) => compareSpecificity(a.stream, b.stream))
    .map((rule) => ({ rule, matches: topicMatcher(rule.stream) }));
  return (stream) => ordered.find(({ matches }) => matches(stream))?.rule;
}

/** Below 0 when `a` is the more specific one. Only of patterns that match a stream together does it mean anything. */
function compareSpecificity(a: string, b: string): number {
  const [wordsOfA, wordsOfB] = [a.split('.'), b.split('.')];
  for (let at = 0; at < Math.max(wordsOfA.length, wordsOfB.length); at++) {
    const difference = vagueness(wordsOfA[at]) - vagueness(wordsOfB[at]);
    if (difference !== 0) return difference;
  }
  return 0;
}

const vagueness = (word = ''): number => (word === '>' ? 2 : word === '*' ? 1 : 0);
