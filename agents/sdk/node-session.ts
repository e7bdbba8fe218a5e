/**
 * An agent's standing with its node: attach, ready, a word every second, draining. A node that was started again does not
 * know the agent any more and says so; the session then attaches anew, and nobody else notices.
 */

import { delay, systemClock } from '../../common/core/clock.js';
import { toMeshError } from '../../common/core/errors.js';
import type { Health } from '../../common/core/health-score.js';
import { limits } from '../../common/core/limits.js';
import type { catalogue, Output } from '../../common/protocol/catalogue.js';
import type { Static } from '../../common/protocol/type.js';
import type { RequestClient, RequestOptions } from '../../common/wire/asking/request-client.js';
import { nextBeatMs } from './beat-schedule.js';

export type Attachment = Static<(typeof catalogue)['node.attach']['input']>;
export type Attached = Output<'node.attach'>;

/** What the node says beside its answers. */
export interface NodeWords {
  /** With each attachment, the first one too: also with one to a node that was started anew. */
  attached?(answer: Attached): void;
  beaten?(answer: Output<'node.beat'>): void;
}

/** What the agent says beside that it lives. */
export interface OwnHealth {
  readonly current: Health;
  /** The beat was `lagMs` late. Answers what the node should hear, if anything. */
  onBeat(lagMs: number, nowMs: number): Health | undefined;
  /** The node has heard it. */
  told(health: Health, nowMs: number): void;
}

export class NodeSession {
  /** How late the last word was: what keeps the event loop keeps it too. */
  loopLagMs = 0;
  #ready = false;
  #timer: NodeJS.Timeout | undefined;
  #dueMs = 0;
  #beating = false;

  constructor(
    private readonly node: RequestClient,
    private readonly attachment: Attachment,
    private readonly onProblem: (error: unknown) => void,
    private readonly words: NodeWords = {},
    private readonly health?: OwnHealth,
  ) {}

  /** Repeats until the node answers or refuses for good. @throws BAD_VERSION, STALE_EPOCH, NOT_FOUND … */
  attach(signal: AbortSignal): Promise<Attached> {
    return this.#repeat(signal, () => this.#attach({ signal }));
  }

  /**
   * From now on the agent serves, and says so every second. A node that died meanwhile has a successor, which is told from
   * the beginning. @throws as `attach`
   */
  async ready(signal: AbortSignal): Promise<void> {
    await this.#repeat(signal, async () => {
      try {
        await this.#sayReady({ signal });
      } catch (error) {
        if (toMeshError(error).code === 'NOT_ATTACHED') await this.attach(signal);
        throw error;
      }
    });
    this.#ready = true;
    this.#awaitBeat();
  }

  /** The connection is up again: a node that was started anew learns of the agent at once. */
  onNodeBack(): void {
    if (this.#timer !== undefined) void this.#beat();
  }

  /** Tells the node that the agent is ending; a node that is away need not know. */
  async draining(): Promise<void> {
    this.close();
    if (!this.#ready) return;
    await this.node
      .request('node.draining', this.#who, { timeoutMs: limits.heartbeatIntervalMs / 2 })
      .catch(() => undefined);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** What is asked may be asked twice: it says the same each time. */
  async #repeat<T>(signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        const { code, retryable } = toMeshError(error);
        if (signal.aborted || !(retryable || code === 'TIMED_OUT' || code === 'CONNECTION_LOST')) throw error;
        await delay(ASK_AGAIN_MS, signal);
      }
    }
  }

  async #attach(options: RequestOptions = {}): Promise<Attached> {
    const answer = await this.node.request('node.attach', this.attachment, options);
    this.words.attached?.(answer);
    return answer;
  }

  async #sayReady(options: RequestOptions = {}): Promise<void> {
    const health = this.health?.current;
    await this.node.request('node.ready', { ...this.#who, ...worded(health) }, options);
    if (health !== undefined) this.health?.told(health, systemClock.monotonicMs());
  }

  get #who() {
    return { agent: this.attachment.agent, epoch: this.attachment.epoch };
  }

  #awaitBeat(): void {
    const nowMs = systemClock.monotonicMs();
    this.#dueMs = nextBeatMs(nowMs);
    this.#timer = setTimeout(() => {
      void this.#beat();
      this.#awaitBeat();
    }, this.#dueMs - nowMs);
  }

  async #beat(): Promise<void> {
    const nowMs = systemClock.monotonicMs();
    this.loopLagMs = Math.max(0, nowMs - this.#dueMs);
    const health = this.health?.onBeat(this.loopLagMs, nowMs);
    if (this.#beating) return;
    this.#beating = true;
    try {
      const rssBytes = process.memoryUsage.rss();
      const answer = await this.node.request(
        'node.beat',
        { ...this.#who, loopLagMs: this.loopLagMs, rssBytes, ...worded(health) },
        { timeoutMs: limits.heartbeatTimeoutMs },
      );
      if (health !== undefined) this.health?.told(health, nowMs);
      this.words.beaten?.(answer);
    } catch (error) {
      await this.#onBeatRefused(error);
    } finally {
      this.#beating = false;
    }
  }

  async #onBeatRefused(error: unknown): Promise<void> {
    const { code } = toMeshError(error);
    // A node that is away will be back; the agent goes on meanwhile.
    if (code !== 'NOT_ATTACHED') return;
    try {
      await this.#attach();
      await this.#sayReady();
    } catch (refusal) {
      this.onProblem(refusal);
    }
  }
}

const worded = (health: Health | undefined) =>
  health === undefined ? {} : { health: { ...health, reasons: [...health.reasons] } };

const ASK_AGAIN_MS = 100;
