/**
 * The connection of pc2's node to main's log, as a bad network makes it: it breaks and comes back, loses and doubles messages,
 * delivers some long after the connection on which they were sent, and now and then changes a byte.
 */
import { MeshError } from '../../../common/core/errors.js';
import type { LogAppend } from '../../../common/journal/log/log-types.js';
import type { Random } from '../../support/random.js';
import type { Timeline } from '../timeline.js';
import type { Answer, SimMain } from './sim-main.js';

const TIMEOUT_MS = 1_000;
const REFUSED_MS = 50;

export class SimLink {
  /** Of all messages in each direction. */
  trouble = { lost: 0.01, doubled: 0.03, late: 0.03, changed: 0.01 };
  isCut = false;
  /** Whoever asked on the connection that broke. */
  onBreak: () => void = () => undefined;
  #connection = 0;
  readonly #open = new Set<(answer: { error: MeshError }) => void>();

  constructor(
    private readonly main: SimMain,
    private readonly timeline: Timeline,
    private readonly random: Random,
  ) {
    main.onDeath = () => this.break();
  }

  /** The connection is another one from now on. */
  break(): void {
    this.#connection++;
    for (const fail of [...this.#open]) fail({ error: new MeshError('CONNECTION_LOST') });
    this.onBreak();
  }

  /** @param deliver what main does with the request, each time it arrives */
  request<T>(deliver: (answer: (answer: Answer<T>) => void) => void, answered: (answer: Answer<T>) => void): void {
    let isOpen = true;
    const settle = (answer: Answer<T>) => {
      if (!isOpen) return;
      isOpen = false;
      this.#open.delete(settle);
      answered(answer);
    };
    this.#open.add(settle);
    const connection = this.#connection;
    if (this.isCut || !this.main.isUp) {
      this.timeline.after(REFUSED_MS, () => settle({ error: new MeshError('UNREACHABLE') }));
      return;
    }
    this.timeline.after(TIMEOUT_MS, () => settle({ error: new MeshError('TIMED_OUT') }));
    const arrive = () =>
      this.#travel(() =>
        deliver((answer) =>
          this.#travel(() => {
            if (connection === this.#connection) settle(answer);
          }),
        ),
      );
    arrive();
    if (this.random.next() < this.trouble.doubled) arrive();
  }

  /** As main gets it. */
  carried(batch: LogAppend): LogAppend {
    if (this.random.next() >= this.trouble.changed) return batch;
    const entries = batch.entries.map((entry) => {
      if (entry.kind === 'hole' || entry.body.byteLength === 0) return entry;
      const body = Buffer.from(entry.body);
      body.writeUInt8(body.readUInt8(0) ^ 1, 0);
      return { ...entry, body };
    });
    return { ...batch, entries };
  }

  #travel(arrive: () => void): void {
    const { random, trouble } = this;
    if (random.next() < trouble.lost) return;
    const ms = random.next() < trouble.late ? random.between(50, 3_000) : random.next() * 3;
    this.timeline.after(ms, () => {
      if (!this.isCut) arrive();
    });
  }
}
