/**
 * What outlives an alerter: its memory and its outbox, in one checkpoint, and each notice as a record of the stream `alerts`,
 * all in one transaction. One is on its way at a time, and what changes meanwhile goes together in the next: whoever waits
 * for `save` waits for one that began after he asked.
 */
import { messageOf, toMeshError } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import { ALERTS_STREAM } from '../../common/protocol/alert-rule.js';
import { compile } from '../../common/protocol/schema.js';
import { Type } from '../../common/protocol/type.js';
import type { AgentContext } from '../sdk/define-agent.js';
import type { AlertMemory } from './alert-book.js';
import { alertMemoryOf, bytesOfMemory } from './alert-memory.js';
import type { Notice } from './notice.js';
import type { Posted } from './outbox.js';

export interface Kept {
  readonly memory: AlertMemory;
  readonly posted: Posted[];
}

const CHECKPOINT = 'alerts';

const Notice_ = Type.Object({
  id: Type.String(),
  rule: Type.String(),
  state: Type.Enum(['firing', 'still-firing', 'recovered', 'passed', 'test']),
  text: Type.String(),
  subject: Type.String(),
  title: Type.String(),
  machine: Type.String(),
  agent: Type.String(),
  severity: Type.String(),
  count: Type.Number(),
  total: Type.Number(),
  subjects: Type.Number(),
  sinceMs: Type.Number(),
  atMs: Type.Number(),
});
const Errand = Type.Object({ route: Type.String(), attempts: Type.Number(), nextMs: Type.Number() });
const posted = compile<Posted[]>(Type.Array(Type.Object({ notice: Notice_, errands: Type.Array(Errand) })));

export class AlertStore {
  readonly #records: Notice[] = [];
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(
    private readonly context: Pick<AgentContext, 'checkpoint' | 'emitBatch' | 'log'>,
    private readonly current: () => Kept,
  ) {}

  /** Something is on its way and has not come back: the journal may not work. */
  get isBusy(): boolean {
    return this.#running !== undefined;
  }

  async load(nowMs: number): Promise<Kept> {
    const value = await this.context.checkpoint(CHECKPOINT);
    const { memory, outbox } =
      typeof value === 'object' && value !== null ? { memory: undefined, outbox: undefined, ...value } : {};
    return { memory: alertMemoryOf(memory, nowMs), posted: posted.accepts(outbox) ? outbox : [] };
  }

  /** Resolves when all that is so now is on the disk. Rejects when it will never be: the agent ends. */
  save(notices: readonly Notice[] = []): Promise<void> {
    this.#records.push(...notices);
    this.#records.splice(0, Math.max(0, this.#records.length - limits.recordBatchMax));
    if (this.#running === undefined) return this.#run();
    this.#next ??= this.#running
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        return this.#run();
      });
    return this.#next;
  }

  #run(): Promise<void> {
    this.#running = this.#write().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #write(): Promise<void> {
    const notices = this.#records.splice(0);
    const { memory, posted: outbox } = this.current();
    const checkpoint = { name: CHECKPOINT, value: { memory: bytesOfMemory(memory), outbox } };
    try {
      await this.context.emitBatch(
        notices.map((body) => ({ stream: ALERTS_STREAM, body })),
        checkpoint,
      );
    } catch (error) {
      if (toMeshError(error).code === 'CLOSED' || notices.length === 0) throw error;
      // Somebody else may be the only writer of that stream: what is told is told all the same.
      this.context.log.error(
        { reason: messageOf(error) },
        'what was told could not be written to the stream of alerts',
      );
      await this.context.emitBatch([], checkpoint);
    }
  }
}
