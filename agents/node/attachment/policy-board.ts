/**
 * The rules for calls as this machine has them: handed to each agent with the answer to its attachment, and to every other
 * program that asks. Who was handed them learns of new ones in two ways: an agent by its next beat, a program by the
 * question that it left open.
 *
 * A beat says nothing of them as long as every agent has them from its attachment. From the first change on, and where a node
 * has taken over agents of an earlier one, it says their mark: to remember who has heard of it would cost more than those few
 * bytes, and would have to be right.
 */
import type { PolicySet } from '../../../common/protocol/call-policy.js';
import type { Output } from '../../../common/protocol/catalogue.js';
import { Waiters } from '../../../common/registry/waiters.js';
import type { MethodHandlers } from '../../../common/wire/answering/method-table.js';

type PolicyBody = NonNullable<Output<'node.attach'>['policies']>;

export class PolicyBoard {
  readonly #waiters = new Waiters();
  #set: PolicyBody;
  #beatAnswer: Output<'node.beat'> = {};

  constructor(set: PolicySet) {
    this.#set = rulesOnly(set);
  }

  get revision(): string {
    return this.#set.revision;
  }

  /** For an agent that attaches: nothing where the fleet says nothing. */
  get attached(): { readonly policies?: PolicyBody } {
    return this.#set.rules.length === 0 ? {} : { policies: this.#set };
  }

  /** What a beat is answered. */
  get beatAnswer(): Output<'node.beat'> {
    return this.#beatAnswer;
  }

  replace(set: PolicySet): void {
    if (set.revision === this.#set.revision) return;
    this.#set = rulesOnly(set);
    this.tellByBeats();
    this.#waiters.notify();
  }

  /** There are agents that have other rules, or may have. */
  tellByBeats(): void {
    this.#beatAnswer = { policies: this.#set.revision };
  }

  /** Ends the questions that are open. Idempotent. */
  close(): void {
    this.#waiters.close();
  }

  readonly handlers: MethodHandlers = {
    'node.policies': async ({ revision, waitMs = 0 }) => {
      const { mark } = this.#waiters;
      if (revision === this.#set.revision) await this.#waiters.wait(waitMs, mark);
      return revision === this.#set.revision ? { revision } : { ...this.#set };
    },
  };
}

/** Where a rule stands is for whoever reads the files. */
const rulesOnly = ({ revision, rules }: PolicySet): PolicyBody => ({ revision, rules: [...rules] });
