/**
 * The alerter at work: hears of errors and troubles, asks the book what is to be told, stores that, and tells it.
 *
 * W1  A record of the error bus is acknowledged when what it led to is on the disk: an alert outlives a kill.
 * W2  A notice is told when it is stored; when the journal takes longer than `limits.alertStoreMs` it is told all the same,
 *     because a journal that takes nothing is what it may be about. Main's log is waited for once in a turn, for the same
 *     reason: what it was not asked of comes again.
 * W3  What could not be told for good is reported on the error bus; if it was about the alerter itself it is only logged. So
 *     an alerter that tells nobody of its own trouble makes no more of it.
 */
import { type Clock, systemClock, within } from '../../common/core/clock.js';
import { MeshError, messageOf } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import { ALERTER, type AlerterConfig } from '../../common/protocol/alert-rule.js';
import type { AgentContext } from '../sdk/define-agent.js';
import type { ConsumedRecord } from '../sdk/records/consuming/consumer.js';
import { AlertBook } from './alert-book.js';
import { AlertStore } from './alert-store.js';
import type { ErrorIntake } from './error-intake.js';
import type { FleetSight } from './fleet-sight.js';
import type { Notice } from './notice.js';
import { type Errand, type GivenUp, Outbox } from './outbox.js';
import type { Teller } from './routes/teller.js';

interface Heard {
  readonly kind: 'error' | 'standing';
  readonly record: ConsumedRecord;
  resolve(): void;
  reject(error: unknown): void;
}

export interface AlerterParts {
  readonly context: AgentContext<AlerterConfig>;
  readonly teller: Teller;
  readonly intake: ErrorIntake;
  readonly sight: FleetSight;
  readonly clock?: Clock;
  /** How long a notice waits for the disk. Default `limits.alertStoreMs`. */
  readonly storeMs?: number;
}

export class Alerter {
  readonly #clock: Clock;
  readonly #store: AlertStore;
  #book: AlertBook;
  #outbox = new Outbox();
  #heard: Heard[] = [];
  #isChanged = false;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #wake: () => void = () => undefined;
  readonly #telling = new Set<Promise<void>>();

  private constructor(private readonly parts: AlerterParts) {
    this.#clock = parts.clock ?? systemClock;
    this.#store = new AlertStore(parts.context, () => ({ memory: this.#book.memory, posted: this.#outbox.posted }));
    this.#book = new AlertBook([], { bornMs: 0, noticeCount: 0, entries: [], rules: [], ids: [] });
  }

  /** Goes on where the last one was. */
  static async open(parts: AlerterParts): Promise<Alerter> {
    const alerter = new Alerter(parts);
    const { memory, posted } = await alerter.#store.load(alerter.#clock.wallMs());
    alerter.#book = new AlertBook(parts.context.config.rules, memory);
    alerter.#outbox = new Outbox(posted);
    return alerter;
  }

  get book(): AlertBook {
    return this.#book;
  }

  get waitingCount(): number {
    return this.#outbox.posted.length;
  }

  /** Resolves when what the record led to is stored. */
  hear(kind: Heard['kind'], record: ConsumedRecord): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#heard.push({ kind, record, resolve, reject });
      this.#wake();
    });
  }

  /** Until the agent is to stop. Never rejects. */
  async run(): Promise<void> {
    const { signal } = this.parts.context;
    while (!signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      if (this.#clock.monotonicMs() - this.#lookedMs >= limits.alertSightMs) await this.#look();
      await this.#turn();
      const isIdle = this.#heard.length === 0 && !this.#isChanged;
      if (isIdle) await within(woken, limits.alertTickMs, () => new MeshError('TIMED_OUT')).catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    const nowMs = this.#clock.wallMs();
    this.#lookedMs = this.#clock.monotonicMs();
    this.#book.onSight(await this.parts.sight.look(nowMs), nowMs);
  }

  async #turn(): Promise<void> {
    const heard = await this.#listen(this.#heard.splice(0));
    const nowMs = this.#clock.wallMs();
    const notices = this.#book.due(nowMs);
    const givenUp = notices.flatMap((notice) => this.#outbox.add(notice, this.#routesOf(notice)));
    if (heard.length > 0 || notices.length > 0 || this.#isChanged) await this.#save(heard, notices);
    for (const each of givenUp) this.#report(each);
    for (const { notice, errand } of this.#outbox.take(nowMs)) this.#tell(notice, errand);
  }

  /** After `run` has ended: what was heard is judged and stored, and what is being told is told, or its time is over. */
  async close(): Promise<void> {
    const rest = this.#turn()
      .then(() => Promise.all(this.#telling))
      .then(() => this.#store.save());
    await within(rest, limits.closeTimeoutMs / 2, () => new MeshError('TIMED_OUT')).catch(() => undefined);
    for (const { reject } of this.#heard.splice(0)) reject(new MeshError('CLOSED', 'the alerter has ended'));
  }

  /** @returns those that were understood; the others come again. */
  async #listen(all: readonly Heard[]): Promise<Heard[]> {
    const understood: Heard[] = [];
    this.parts.intake.beginTurn();
    for (const heard of all) {
      try {
        await this.#understand(heard);
        understood.push(heard);
      } catch (error) {
        heard.reject(error);
      }
    }
    return understood;
  }

  async #understand({ kind, record }: Heard): Promise<void> {
    const { intake } = this.parts;
    if (kind === 'error') {
      this.#book.onError(await intake.error(record), this.#clock.wallMs());
      return;
    }
    const seen = await intake.standing(record);
    if (seen !== undefined) this.#book.onStanding(seen, this.#clock.wallMs());
  }

  async #save(heard: readonly Heard[], notices: readonly Notice[]): Promise<void> {
    this.#isChanged = false;
    const { storeMs = limits.alertStoreMs } = this.parts;
    const wasBusy = this.#store.isBusy;
    const saved = this.#store.save(notices).then(
      () => {
        for (const { resolve } of heard) resolve();
      },
      (error: unknown) => {
        for (const { reject } of heard) reject(error);
      },
    );
    // It did not come back in time before: it is not waited for again.
    if (!wasBusy) await within(saved, storeMs, () => new MeshError('TIMED_OUT')).catch(() => undefined);
  }

  #routesOf({ rule }: Notice): readonly string[] {
    return this.parts.context.config.rules.find(({ name }) => name === rule)?.routes ?? [];
  }

  #tell(notice: Notice, errand: Errand): void {
    const { teller, context } = this.parts;
    const telling = teller.tell(errand.route, notice).then((delivery) => {
      const givenUp = this.#outbox.settle(notice, errand, delivery, this.#clock.wallMs(), Math.random());
      this.#isChanged = true;
      this.#wake();
      const { route, attempts } = errand;
      if (givenUp !== undefined) this.#report(givenUp);
      else if (!delivery.ok) context.log.warn({ route, attempts, id: notice.id }, `not told yet: ${delivery.said}`);
    });
    this.#telling.add(telling);
    void telling.finally(() => this.#telling.delete(telling));
  }

  #report({ notice, route, attempts, said }: GivenUp): void {
    const { context } = this.parts;
    const { rule, id, text } = notice;
    const message = `the route ${route} was not told of the alert ${rule}: ${said}`;
    context.log.error({ route, rule, id, attempts, text }, message);
    if (notice.agent === ALERTER) return;
    const report = {
      code: 'ALERT_NOT_DELIVERED',
      component: 'alerts',
      fingerprint: `alert-not-delivered ${route}`,
      message,
      context: { route, rule, id, attempts, text, next: `try it with "mesh alert test ${route}"` },
    };
    context.report(report).catch((error: unknown) => {
      context.log.error({ reason: messageOf(error) }, 'that could not be reported');
    });
  }
}
