/**
 * What holds for streams on this machine: who may write which, and what main's broker is told of all rules. A broker asks
 * for them and leaves the question open, so new ones reach it as they come, and one that was started anew asks by itself.
 */
import { MeshError } from '../../../common/core/errors.js';
import { limits } from '../../../common/core/limits.js';
import { ERRORS_STREAM } from '../../../common/protocol/errors/error-report.js';
import { matchesName } from '../../../common/protocol/name-pattern.js';
import {
  NO_STREAM_RULES,
  ruleFinder,
  type StreamRule,
  type StreamRuleSet,
} from '../../../common/protocol/stream-rule.js';
import { Waiters } from '../../../common/registry/waiters.js';
import type { MethodHandlers } from '../../../common/wire/answering/method-table.js';

type Writers = readonly string[] | undefined;

export class StreamBoard {
  /** Records that were refused because their agent may not write their stream. */
  readonly counters = { recordsDenied: 0 };
  readonly #waiters = new Waiters();
  /** Looked up once for each stream, because it is asked for each record. */
  readonly #writers = new Map<string, Writers>();
  #set: StreamRuleSet = NO_STREAM_RULES;
  #ruleOf: (stream: string) => StreamRule | undefined = () => undefined;

  constructor(set: StreamRuleSet) {
    this.replace(set);
  }

  get revision(): string {
    return this.#set.revision;
  }

  replace({ revision, rules }: StreamRuleSet): void {
    if (revision === this.#set.revision) return;
    this.#set = { revision, rules };
    this.#ruleOf = ruleFinder(rules);
    this.#writers.clear();
    this.#waiters.notify();
  }

  /** Everybody may report errors, whatever the rules say. @throws DENIED naming who may */
  assertMayWrite(stream: string, agent: string): void {
    const writers = this.#writersOf(stream);
    if (writers === undefined || writers.some((pattern) => matchesName(pattern, agent))) return;
    this.counters.recordsDenied++;
    throw new MeshError('DENIED', `${agent} may not write the stream ${stream}: ${writers.join(', ')} may`, {
      hint: `Add it to the writers of ${stream} in config/streams.yaml, or emit to another stream.`,
      details: { stream, agent, writers },
    });
  }

  /** Ends the questions that are open. Idempotent. */
  close(): void {
    this.#waiters.close();
  }

  readonly handlers: MethodHandlers = {
    'node.streams': async ({ revision, waitMs = 0 }) => {
      const { mark } = this.#waiters;
      if (revision === this.#set.revision) await this.#waiters.wait(waitMs, mark);
      const { rules } = this.#set;
      return revision === this.#set.revision ? { revision } : { revision: this.#set.revision, rules: [...rules] };
    },
  };

  #writersOf(stream: string): Writers {
    if (this.#set.rules.length === 0 || stream === ERRORS_STREAM) return undefined;
    if (this.#writers.has(stream)) return this.#writers.get(stream);
    const writers = this.#ruleOf(stream)?.writers;
    if (this.#writers.size >= limits.streamRulesRemembered) this.#writers.clear();
    this.#writers.set(stream, writers);
    return writers;
  }
}
