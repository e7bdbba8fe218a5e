/**
 * A consumer without a group: the records of a stream by their ids, the old ones first and then those that come, each once.
 * There is no seam between the two: a read asks for what is behind the last id, and is held open when there is nothing.
 *
 * In order, one after the other, unless more may run at once; a handler that throws is told, and the next record comes. Where
 * the file of main's log was put back or begun anew, ids are given out again: that is told, and reading goes on where the two
 * parted.
 */
import { within } from '../../../../common/core/clock.js';
import { MeshError, toMeshError } from '../../../../common/core/errors.js';
import { limits } from '../../../../common/core/limits.js';
import type { Input } from '../../../../common/protocol/catalogue.js';
import type { ConsumeOptions, Consumer, ConsumerFigures, RecordHandler } from './consumer.js';
import { LogCourse, logReplaced } from './log-course.js';
import { LogLink, type RecordSource } from './log-link.js';
import { isPromise, RecordWork } from './record-work.js';
import { Standing } from './standing.js';

export class LogConsumer implements Consumer {
  readonly group = undefined;
  readonly ready: Promise<void>;
  readonly ended: Promise<MeshError | undefined>;
  readonly #link: LogLink;
  readonly #course: LogCourse;
  /** It has read behind the place where it was told to begin, which may lie ahead of the log. */
  #hasMoved = false;
  readonly #work: RecordWork;
  readonly #standing = new Standing();
  readonly #running: Promise<void>;
  #closing: Promise<void> | undefined;

  constructor(
    readonly stream: string,
    handler: RecordHandler,
    private readonly options: ConsumeOptions,
    private readonly source: RecordSource,
    nowMs: () => number,
  ) {
    this.ready = this.#standing.ready;
    this.ended = this.#standing.ended;
    this.#link = new LogLink(stream, source, nowMs);
    this.#course = new LogCourse(this.#link);
    this.#work = new RecordWork(
      handler,
      (record) => source.body(record),
      (error) => source.onProblem(error, stream),
    );
    this.#running = this.#run();
  }

  get figures(): ConsumerFigures {
    const { handled, failed, lastId, runningCount } = this.#work;
    return { handled, failed, redelivered: 0, stale: 0, dead: 0, inHand: runningCount, lastId };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#link.end();
    const tooLate = () => new MeshError('TIMED_OUT', `a handler of ${this.stream} did not end`);
    await within(this.#running, limits.closeTimeoutMs, tooLate).catch(() => undefined);
    this.#standing.end(undefined);
  }

  async #run(): Promise<void> {
    try {
      let where: Input<'log.read'> | undefined = await this.#start();
      this.#standing.begin();
      while (where !== undefined && !this.#link.over) where = await this.#next(where);
      await this.#work.until(1);
    } catch (error) {
      const refusal = toMeshError(error);
      this.#standing.end(refusal);
      this.source.onProblem(refusal, this.stream);
    }
  }

  /** Where the first read begins; main is asked where its log ends when this begins with the next one. */
  async #start(): Promise<Input<'log.read'> | undefined> {
    const { from = 'new', filter = {} } = this.options;
    const read = { stream: this.stream, ...filter };
    if (from === 'start') return { ...read, afterId: 0 };
    if (from === 'new') {
      const answer = await this.#link.insist('log.read', { ...read, last: 0 });
      if (!this.#course.isAt(answer?.epoch)) await this.#course.learn();
      this.#hasMoved = true;
      return answer === undefined ? undefined : { ...read, afterId: answer.nextId };
    }
    return 'id' in from ? { ...read, afterId: Math.max(0, from.id - 1) } : { ...read, fromMs: from.timeMs };
  }

  /** One page, handled; and where the next one begins. */
  async #next(where: Input<'log.read'>): Promise<Input<'log.read'> | undefined> {
    const { inFlightMax = 1, ordered = false } = this.options;
    const waitMs = limits.longPollMsMax / 3;
    const read = { ...where, limit: limits.logReadMax };
    const page = await this.#link.insist('log.read', { ...read, waitMs }, waitMs, read);
    if (!this.#course.isAt(page?.epoch)) {
      const elsewhere = await this.#resume(where);
      // It was read in another opening than the one that was asked: it is read again.
      if (elsewhere !== where || !this.#course.isAt(page?.epoch)) return elsewhere;
    }
    for (const record of page?.records ?? []) {
      if (this.#link.over) return undefined;
      const outcome = this.#work.run(record, 1);
      // Also before the next page: it begins when there is room again.
      if (isPromise(outcome)) await this.#work.until(ordered ? 1 : inFlightMax);
    }
    if (page === undefined) return undefined;
    const { fromMs: _, ...rest } = where;
    this.#hasMoved ||= page.records.length > 0;
    return { ...rest, afterId: page.nextId };
  }

  /** The log was opened anew: where to go on. `where` itself when it is still the log that was read. */
  async #resume(where: Input<'log.read'>): Promise<Input<'log.read'> | undefined> {
    const lastSharedId = await this.#course.learn();
    if (lastSharedId === undefined) return undefined;
    const { afterId = 0 } = where;
    if (!this.#hasMoved || afterId <= lastSharedId) return where;
    const what = `what follows id ${lastSharedId} is not what this consumer of ${this.stream} read up to ${afterId}`;
    this.source.onProblem(logReplaced(this.stream, `${what}; it reads it now`, lastSharedId), this.stream);
    return { ...where, afterId: lastSharedId };
  }
}
