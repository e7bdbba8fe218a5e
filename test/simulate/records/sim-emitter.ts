/**
 * An agent of a simulation: emits records and reports errors, one batch of each at a time, and repeats a batch unchanged until
 * it is answered. It outlives its node; when it dies, its next incarnation begins with numbers of its own.
 */
import { recordOf } from '../../../common/journal/record.js';
import { reportOf } from '../../journal/folds/report-world.js';
import type { Random } from '../../support/random.js';
import type { Timeline } from '../timeline.js';
import type { RecordOracle } from './record-oracle.js';
import type { RecordSabotage } from './record-sabotage.js';
import type { Answer } from './sim-main.js';
import type { SimNode } from './sim-node.js';

export interface SimEmitterOptions {
  readonly name: string;
  readonly timeline: Timeline;
  readonly random: Random;
  readonly node: SimNode;
  readonly oracle: RecordOracle;
  readonly sabotage: RecordSabotage | undefined;
}

const ANSWER_MS_MAX = 200;
/** Of the answers of its node. */
const ANSWERS_LOST = 0.02;
const PAUSE_MS_MAX = 30;
const KINDS = 2;
/** Now and then a flood, of which most is counted. */
const FLOOD_MAX = 60;

export class SimEmitter {
  isResting = false;
  /** Kinds of errors after a disk went back are others. */
  era = 0;
  #incarnation = 0;
  #turn = 0;
  #nextSeq = 1;
  #nextReport = 1;
  #openCount = 0;

  constructor(private readonly options: SimEmitterOptions) {
    this.#emit(this.#incarnation);
    this.#report(this.#incarnation);
  }

  /** Everything was answered. */
  get isIdle(): boolean {
    return this.#openCount === 0;
  }

  /** What was not answered is indeterminate. */
  dieAndComeBack(): void {
    this.#incarnation++;
    this.#nextSeq = 1;
    this.#nextReport = 1;
    this.#openCount = 0;
    this.#emit(this.#incarnation);
    this.#report(this.#incarnation);
  }

  get #id(): string {
    return `${this.options.name}#${this.#incarnation}`;
  }

  #emit(incarnation: number): void {
    if (this.isResting || incarnation !== this.#incarnation) return;
    const { random, oracle, timeline, node } = this.options;
    const id = this.#id;
    const texts = Array.from({ length: random.between(1, 4) }, () => `text ${id} ${++this.#turn}`);
    for (const [index, text] of texts.entries()) oracle.onEmit(id, this.#turn - texts.length + index + 1, text);
    const records = texts.map((text) => recordOf('work', Math.round(timeline.nowMs), id, 1, Buffer.from(text)));
    const firstSeq = this.#nextSeq;
    this.#nextSeq += texts.length;
    this.#untilAnswered(
      incarnation,
      (attempt, answer: (answer: Answer<{ journalId: string; firstSeq: number }>) => void) => {
        const isAnew = attempt > 1 && this.options.sabotage === 'an emitter that numbers its repeats anew';
        if (isAnew) this.#nextSeq += texts.length;
        node.append({ records, producer: { id, firstSeq: isAnew ? this.#nextSeq - texts.length : firstSeq } }, answer);
      },
      ({ journalId, firstSeq: seq }) => {
        for (const [index, text] of texts.entries()) oracle.onAccepted(text, { journalId, seq: seq + index });
        timeline.after(random.between(1, PAUSE_MS_MAX), () => this.#emit(incarnation));
      },
    );
  }

  #report(incarnation: number): void {
    if (this.isResting || incarnation !== this.#incarnation) return;
    const { random, oracle, timeline, node } = this.options;
    const id = this.#id;
    const count = random.next() < 0.05 ? random.between(10, FLOOD_MAX) : 1;
    const kinds = Array.from({ length: count }, () => `kind ${this.era} ${random.between(1, KINDS)}`);
    for (const kind of kinds) oracle.onReport(kind, 1);
    const reports = kinds.map((kind) => reportOf(kind, { agent: this.options.name, atMs: Math.round(timeline.nowMs) }));
    const firstSeq = this.#nextReport;
    this.#nextReport += count;
    this.#untilAnswered(
      incarnation,
      (_attempt, answer: (answer: Answer<unknown>) => void) =>
        node.report({ reports, reporter: { id, firstSeq } }, answer),
      () => {
        for (const kind of kinds) oracle.onReportAccepted(kind, 1);
        timeline.after(random.between(1, 4 * PAUSE_MS_MAX), () => this.#report(incarnation));
      },
    );
  }

  #untilAnswered<T>(
    incarnation: number,
    ask: (attempt: number, answer: (answer: Answer<T>) => void) => void,
    answered: (value: T) => void,
  ): void {
    const { timeline, random, oracle } = this.options;
    let isOpen = true;
    this.#openCount++;
    const attempt = (number: number): void => {
      if (!isOpen || incarnation !== this.#incarnation) return;
      const again = (ms: number) => timeline.after(ms, () => attempt(number + 1));
      let isAnswered = false;
      ask(number, (answer) => {
        if (!isOpen || isAnswered || incarnation !== this.#incarnation || random.next() < ANSWERS_LOST) return;
        isAnswered = true;
        if ('value' in answer) {
          isOpen = false;
          this.#openCount--;
          return answered(answer.value);
        }
        if (!['JOURNAL_FAILED', 'CLOSED', 'QUEUE_FULL'].includes(answer.error.code))
          oracle.onRefused(this.#id, answer.error.message);
        again(random.between(5, 100));
      });
      timeline.after(ANSWER_MS_MAX, () => {
        if (isAnswered) return;
        isAnswered = true;
        again(random.between(1, 50));
      });
    };
    attempt(1);
  }
}
