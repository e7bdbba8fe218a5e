/**
 * What the fleet says about its errors, for main's broker: it asks and leaves the question open, so new rules reach it as they
 * come, and one that was started anew asks by itself.
 */
import { type ErrorRuleSet, NO_ERROR_RULES } from '../../../common/protocol/errors/error-rule.js';
import { Waiters } from '../../../common/registry/waiters.js';
import type { MethodHandlers } from '../../../common/wire/answering/method-table.js';

export class ErrorBoard {
  readonly #waiters = new Waiters();
  #set: ErrorRuleSet = NO_ERROR_RULES;

  constructor(set: ErrorRuleSet) {
    this.replace(set);
  }

  get revision(): string {
    return this.#set.revision;
  }

  replace({ revision, rules }: ErrorRuleSet): void {
    if (revision === this.#set.revision) return;
    this.#set = { revision, rules };
    this.#waiters.notify();
  }

  /** Ends the questions that are open. Idempotent. */
  close(): void {
    this.#waiters.close();
  }

  readonly handlers: MethodHandlers = {
    'node.errors': async ({ revision, waitMs = 0 }) => {
      const { mark } = this.#waiters;
      if (revision === this.#set.revision) await this.#waiters.wait(waitMs, mark);
      const { rules } = this.#set;
      return revision === this.#set.revision ? { revision } : { revision: this.#set.revision, rules: [...rules] };
    },
  };
}
