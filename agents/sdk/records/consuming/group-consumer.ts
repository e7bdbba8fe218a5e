/**
 * A member of a consumer group. It asks for as many records as it has room for, gives each to its handler, and tells main
 * what became of it; what main has confirmed is settled for good.
 *
 * It says what became of records until it is answered: a delivery has a number that is never used twice, so saying it twice
 * settles once. A broker that was started again does not know its members: it joins anew under another name, and what it had
 * in hand is handled to its end, but delivered again; what it says of that fits no delivery to the name that it has now. When
 * it closes it settles what was handled, and gives the rest back.
 */
import { within } from '../../../../common/core/clock.js';
import { MeshError, toMeshError } from '../../../../common/core/errors.js';
import { limits } from '../../../../common/core/limits.js';
import type { Output } from '../../../../common/protocol/catalogue.js';
import type { ConsumeOptions, Consumer, ConsumerFigures, Handled, RecordHandler } from './consumer.js';
import { LogCourse, logReplaced } from './log-course.js';
import { LogLink, type RecordSource } from './log-link.js';
import { isPromise, RecordWork } from './record-work.js';
import { Settler } from './settler.js';
import { Standing } from './standing.js';

type Delivered = Output<'group.fetch'>['records'][number];

export interface GroupConsumerOptions extends ConsumeOptions {
  readonly group: string;
}

export class GroupConsumer implements Consumer {
  readonly group: string;
  readonly ready: Promise<void>;
  readonly ended: Promise<MeshError | undefined>;
  readonly #link: LogLink;
  readonly #work: RecordWork;
  readonly #settler: Settler;
  readonly #course: LogCourse;
  readonly #standing = new Standing();
  readonly #inFlightMax: number;
  readonly #fetching = new AbortController();
  readonly #running: Promise<void>;
  #heartbeat: NodeJS.Timeout | undefined;
  #redelivered = 0;
  /** Who this is to the group: another one with each joining. */
  #member: string;
  #joinings = 0;
  /** Up to where everything was settled when it joined last. */
  #floorId = 0;
  /** The highest number of a delivery that has come since it joined. */
  #seen = 0;
  #closing: Promise<void> | undefined;

  /** @param name no other process says the same */
  constructor(
    readonly stream: string,
    handler: RecordHandler,
    private readonly options: GroupConsumerOptions,
    private readonly source: RecordSource,
    private readonly name: string,
    nowMs: () => number,
  ) {
    this.group = options.group;
    this.ready = this.#standing.ready;
    this.ended = this.#standing.ended;
    this.#inFlightMax = options.inFlightMax ?? limits.consumerInFlight;
    this.#link = new LogLink(stream, source, nowMs);
    this.#course = new LogCourse(this.#link);
    this.#member = name;
    this.#settler = new Settler(this.#link, this.group, (id, message) => this.#onDead(id, message));
    this.#work = new RecordWork(
      handler,
      (record) => source.body(record),
      () => undefined,
    );
    this.#running = this.#run();
  }

  get figures(): ConsumerFigures {
    const { handled, failed, lastId } = this.#work;
    const { stale, dead, openCount } = this.#settler;
    return { handled, failed, redelivered: this.#redelivered, stale, dead, inHand: openCount, lastId };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#fetching.abort();
    this.#settler.wake();
    const tooLate = () => new MeshError('TIMED_OUT', `a handler of ${this.stream} did not end`);
    await within(this.#settleAll(), limits.closeTimeoutMs, tooLate).catch(() => undefined);
    clearInterval(this.#heartbeat);
    this.#link.end();
    // One record after the other: it may wait for a handler that does not end, and this has waited long enough.
    if (this.#work.runningCount === 0) await this.#running;
    // Main may be away: then it finds out by itself.
    const leaving = this.#link.ask('group.leave', { group: this.group, member: this.#member });
    await within(leaving, limits.heartbeatIntervalMs, tooLate).catch(() => undefined);
    this.#standing.end(undefined);
  }

  async #settleAll(): Promise<void> {
    await this.#work.until(1);
    await this.#settler.idle();
  }

  get #over(): boolean {
    return this.#fetching.signal.aborted || this.#link.over;
  }

  async #run(): Promise<void> {
    try {
      const leaseMs = await this.#join();
      // Also where it was closed in the turn of the answer: nothing would stop the heartbeat any more.
      if (leaseMs === undefined || this.#link.over) return;
      this.#standing.begin();
      this.#heartbeat = setInterval(() => this.#beat(leaseMs / WORDS_PER_LEASE), leaseMs / WORDS_PER_LEASE);
      for (let attempt = 1; !this.#over; ) attempt = await this.#turn(leaseMs / WORDS_PER_LEASE, attempt);
    } catch (error) {
      const refusal = toMeshError(error);
      clearInterval(this.#heartbeat);
      this.#standing.end(refusal);
      this.source.onProblem(refusal, this.stream);
    }
  }

  /** Resolves with the time after which main takes a silent member for gone. @throws a refusal */
  async #join(place: ConsumeOptions['from'] = this.options.from ?? 'new'): Promise<number | undefined> {
    const { group, ordered, filter = {}, ackWaitMs, deliveriesMax, backoff } = this.options;
    this.#joinings += 1;
    this.#member = this.#joinings === 1 ? this.name : `${this.name}/${this.#joinings}`;
    this.#seen = 0;
    const answer = await this.#link.insist('group.join', {
      ...{ group, stream: this.stream, member: this.#member, from: place, ...filter },
      ...(ordered === undefined ? {} : { ordered }),
      ...(ackWaitMs === undefined ? {} : { ackWaitMs }),
      ...(deliveriesMax === undefined ? {} : { deliveriesMax }),
      ...(backoff === undefined ? {} : { backoff }),
    });
    if (answer === undefined) return undefined;
    if (!this.#course.isAt(answer.epoch)) await this.#compare(answer.floorId);
    this.#floorId = answer.floorId;
    return answer.leaseMs;
  }

  /** The log was opened anew since it joined last: whether somebody has made the group again, further on than it had come. */
  async #compare(floorId: number): Promise<void> {
    const lastSharedId = (await this.#course.learn()) ?? Number.POSITIVE_INFINITY;
    const place = Math.min(lastSharedId, this.#floorId);
    const isOther = Math.max(this.#floorId, this.#work.lastId) > lastSharedId;
    if (isOther && floorId > place) this.#onReplaced(`goes on behind ${floorId}`, place);
  }

  /**
   * The group is not there any more. Where that is because the log is one of before there was this group, it is made again at
   * the place that no member can have come past; else where its members say.
   */
  async #remake(): Promise<void> {
    const lastSharedId = this.#course.isKnown ? await this.#course.learn() : undefined;
    if (lastSharedId === undefined || lastSharedId === Number.POSITIVE_INFINITY) {
      await this.#join();
      return;
    }
    const place = Math.min(lastSharedId, this.#floorId);
    this.#onReplaced(`is made again behind ${place}`, place);
    this.#floorId = place;
    await this.#join(place === 0 ? 'start' : { id: place + 1 });
  }

  #onReplaced(what: string, place: number): void {
    const text = `the group ${this.group} of ${this.stream}, which had settled everything up to ${this.#floorId}, ${what}`;
    this.source.onProblem(logReplaced(this.stream, text, place), this.stream);
  }

  /**
   * What was handled makes room before main has confirmed it, so that the next records are on their way while it stores what
   * became of the last ones; but not for ever, and not where the next ones have to wait for them.
   */
  get #room(): number {
    const { openCount, toldCount } = this.#settler;
    if (this.options.ordered === true) return this.#inFlightMax - openCount;
    return toldCount < 2 * this.#inFlightMax ? this.#inFlightMax - (openCount - toldCount) : 0;
  }

  /** Fetches once and hands out what came. @returns the number of the next attempt: 1 when main answered */
  async #turn(waitMs: number, attempt: number): Promise<number> {
    const room = this.#room;
    if (room <= 0) {
      await this.#settler.progress();
      return attempt;
    }
    try {
      const ask = { group: this.group, member: this.#member, max: room, waitMs, seen: this.#seen };
      const { records } = await this.#link.ask('group.fetch', ask, waitMs, this.#fetching.signal);
      await this.#handOut(records);
      return 1;
    } catch (error) {
      if (this.#over) return attempt;
      const { code } = toMeshError(error);
      // The broker was started anew, or took this member for gone; its file may even have been lost.
      if (code === 'NOT_ATTACHED') await this.#join();
      else if (code === 'NOT_FOUND') await this.#remake();
      else if (this.#link.isAway(error)) await this.#link.pause(attempt);
      else throw error;
      return attempt + 1;
    }
  }

  async #handOut(records: readonly Delivered[]): Promise<void> {
    const member = this.#member;
    this.#settler.open(records.length);
    for (const { delivery } of records) this.#seen = Math.max(this.#seen, delivery);
    for (const [index, record] of records.entries()) {
      if (this.#over) return this.#settler.release(member, deliveriesOf(records.slice(index)));
      const outcome = this.#handle(member, record);
      if (this.options.ordered !== true) continue;
      const { ok } = isPromise(outcome) ? await outcome : outcome;
      // What is behind a record that failed was taken back with it.
      if (!ok) return this.#settler.release(member, deliveriesOf(records.slice(index + 1)));
    }
  }

  #handle(member: string, { delivery, attempt, ...record }: Delivered): Handled | Promise<Handled> {
    if (attempt > 1) this.#redelivered += 1;
    const outcome = this.#work.run(record, attempt);
    if (!isPromise(outcome)) return this.#settler.settle(member, record.id, delivery, outcome);
    return outcome.then((ended) => this.#settler.settle(member, record.id, delivery, ended));
  }

  /** A member whose hands are full asks for nothing, and has to say that it is there. */
  #beat(intervalMs: number): void {
    if (this.#link.silentMs >= intervalMs) this.#settler.sign(this.#member);
  }

  #onDead(id: number, message: string): void {
    const text = `record ${id} of ${this.stream} is a dead letter of ${this.group} now: ${message}`;
    const hint = `see "mesh stream dead ls ${this.group}"`;
    this.source.onProblem(new MeshError('ACTION_FAILED', text, { hint }), this.stream);
  }
}

const deliveriesOf = (records: readonly Delivered[]): number[] => records.map(({ delivery }) => delivery);

const WORDS_PER_LEASE = 4;
