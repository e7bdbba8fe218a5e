/**
 * Topics and patterns. A topic is dot-separated tokens of `A–Z a–z 0–9 _ - @ :`; in a pattern `*` stands for exactly one
 * token and a final `>` for one or more. Matching is done by the receiver; libzmq only sees the literal prefix.
 */
import { MeshError } from '../core/errors.js';
import { limits } from '../core/limits.js';

const TOKEN = '[A-Za-z0-9_@:-]+';
const TOPIC = new RegExp(`^${TOKEN}(?:\\.${TOKEN})*$`);
const PATTERN = new RegExp(`^(?:>|(?:${TOKEN}|\\*)(?:\\.(?:${TOKEN}|\\*))*(?:\\.>)?)$`);

export function assertTopic(topic: string): void {
  assertLength('topic', topic);
  if (!TOPIC.test(topic) || topic.split('.').length > limits.topicTokensMax) {
    throw new MeshError('INVALID_INPUT', `"${topic}" is not a topic`, {
      hint: `use up to ${limits.topicTokensMax} dot-separated tokens of letters, digits, _ - @ :, as in host.main.metrics`,
    });
  }
}

export function assertPattern(pattern: string): void {
  assertLength('pattern', pattern);
  if (!PATTERN.test(pattern) || pattern.split('.').length > limits.topicTokensMax) {
    throw new MeshError('INVALID_INPUT', `"${pattern}" is not a topic pattern`, {
      hint: 'use * for exactly one token and a final > for one or more, as in host.*.metrics or host.>',
    });
  }
}

function assertLength(kind: string, text: string): void {
  if (text.length <= limits.topicLengthMax) return;
  throw new MeshError('TOO_LARGE', `a ${kind} of ${text.length} characters is longer than ${limits.topicLengthMax}`);
}

/** The literal start of every topic that `pattern` can match: what a SUB socket subscribes to. */
export function prefixOf(pattern: string): string {
  const wild = pattern.search(/[*>]/);
  return wild === -1 ? pattern : pattern.slice(0, wild);
}

/** A predicate over topics, compiled once per subscription. `pattern` has passed assertPattern. */
export function topicMatcher(pattern: string): (topic: string) => boolean {
  if (prefixOf(pattern) === pattern) return (topic) => topic === pattern;
  const source = pattern
    .split('.')
    .map((token) => (token === '*' ? '[^.]+' : token === '>' ? '.+' : token))
    .join('\\.');
  const expression = new RegExp(`^${source}$`);
  return (topic) => expression.test(topic);
}
