/**
 * Calls that bear an idempotency key: the first one runs, and whoever repeats it gets what it did. `ResultWindow` says who
 * is who; this runs them, keeps the answers, and knows when nobody waits any more for a run that several ask for.
 *
 * K1  A run goes on when a connection breaks: its caller will ask again, with the same key. It is given up when all who asked
 *     have said so themselves, and nobody else has come within `limits.keyedGraceMs`: a caller that lost its connection
 *     gives the old request up before it makes the new one.
 * K2  What came of a run is kept, a failure too: it may have had its effect. Only an action that calls itself idempotent runs
 *     anew after a failure.
 * K3  A stream cannot be told twice: a repeat of it is a CONFLICT.
 */
import { createRequire } from 'node:module';
import { systemClock } from '../../../common/core/clock.js';
import { MeshError, messageOf, toMeshError } from '../../../common/core/errors.js';
import { limits } from '../../../common/core/limits.js';
import { decode, encode } from '../../../common/protocol/frames/codec.js';
import type { RequestMeta } from '../../../common/protocol/request-meta.js';
import type { CallSource } from './action-call.js';
import { ResultWindow } from './result-window.js';

/** A call as its action runs it, whoever asks for it. */
export interface KeyedWork {
  readonly action: string;
  /** `agent.action` */
  readonly title: string;
  readonly key: string;
  readonly value: unknown;
  readonly isIdempotent: boolean;
  /** Must call `onBegin` before anything can have an effect. */
  run(source: CallSource, onBegin: () => void): unknown;
  onRepeat(): void;
}

type Answer = { readonly bytes: Uint8Array } | { readonly error: MeshError };

/** All who ask for one run, as the one source of it. */
class SharedRun implements CallSource {
  readonly receivedMs: number;
  readonly stream: CallSource['stream'];
  meta: RequestMeta;
  result: unknown;
  #hasFinished = false;
  readonly #finishers: (() => void)[] = [];
  #waitingCount = 0;
  #abandoned: MeshError | undefined;
  #grace: NodeJS.Timeout | undefined;
  readonly #listeners: ((reason: MeshError) => void)[] = [];

  constructor(first: CallSource) {
    this.receivedMs = first.receivedMs;
    this.stream = first.stream;
    this.meta = first.meta;
  }

  /** The run has as much time as whoever waits longest. */
  join(source: CallSource): void {
    const { timeoutMs } = this.meta;
    const added = source.receivedMs - this.receivedMs;
    if (source.meta.timeoutMs === undefined || timeoutMs === undefined) {
      const { timeoutMs: _none, ...meta } = this.meta;
      this.meta = meta;
    } else this.meta = { ...this.meta, timeoutMs: Math.max(timeoutMs, source.meta.timeoutMs + added) };
    this.wait(source);
  }

  onAbandoned(listener: (reason: MeshError) => void): void {
    if (this.#abandoned !== undefined) listener(this.#abandoned);
    else this.#listeners.push(listener);
  }

  onFinished(listener: () => void): void {
    if (this.#hasFinished) listener();
    else this.#finishers.push(listener);
  }

  finish(): void {
    this.#hasFinished = true;
    clearTimeout(this.#grace);
    for (const finisher of this.#finishers.splice(0)) finisher();
  }

  /** `source` waits for it from now on. */
  wait(source: CallSource): void {
    this.#waitingCount++;
    source.onAbandoned((reason) => {
      // K1
      if (reason.code === 'CONNECTION_LOST' || --this.#waitingCount > 0 || this.#hasFinished) return;
      this.#grace ??= setTimeout(() => this.#onGraceOver(reason), limits.keyedGraceMs);
    });
  }

  #onGraceOver(reason: MeshError): void {
    this.#grace = undefined;
    if (this.#waitingCount > 0) return;
    this.#abandoned = reason;
    for (const listener of this.#listeners.splice(0)) listener(reason);
  }
}

export class KeyedCalls {
  readonly counters = { keysJoined: 0, keysAnswered: 0, keyConflicts: 0 };
  readonly #window = new ResultWindow<SharedRun, Answer>({
    windowMs: limits.idempotencyWindowMs,
    keysMax: limits.idempotencyKeysMax,
    bytesMax: limits.idempotencyBytesMax,
  });

  /** Lets go of what is out of its time. */
  tick(nowMs: number): void {
    this.#window.prune(nowMs);
  }

  /** @throws CONFLICT, QUEUE_FULL, and whatever the run does */
  serve(work: KeyedWork, source: CallSource): unknown {
    const name = `${work.action} ${work.key}`;
    const isStream = source.stream !== undefined;
    const shared = new SharedRun(source);
    const claim = this.#window.claim(name, digestOf(work.value, isStream), shared, systemClock.monotonicMs());
    switch (claim.kind) {
      case 'run':
        // One that joins another run, or is answered, waits for nothing of its own.
        shared.wait(source);
        return this.#run(name, work, shared);
      case 'conflict':
        this.counters.keyConflicts++;
        throw conflict(work, 'was asked for with another input, or in another form');
      case 'full':
        throw new MeshError('QUEUE_FULL', `${work.title} runs as many calls with keys as can be remembered`, {
          hint: 'it did not run: ask again in a moment',
        });
      default:
        if (isStream) throw conflict(work, 'is a stream, whose items cannot be told again');
        work.onRepeat();
        return claim.kind === 'join' ? this.#join(claim.run, source) : this.#answer(claim.answer);
    }
  }

  #join(run: SharedRun, source: CallSource): unknown {
    this.counters.keysJoined++;
    run.join(source);
    return run.result;
  }

  #answer(answer: Answer): unknown {
    this.counters.keysAnswered++;
    if ('error' in answer) throw answer.error;
    return decode(answer.bytes);
  }

  #run(name: string, work: KeyedWork, shared: SharedRun): unknown {
    let hasBegun = false;
    const onDone = (value: unknown): unknown => {
      shared.finish();
      const bytes = answerBytes(work, value);
      this.#window.settle(name, { bytes }, bytes.length + name.length, systemClock.monotonicMs());
      return value;
    };
    const onFailed = (thrown: unknown): never => {
      shared.finish();
      const error = toMeshError(thrown);
      if (!hasBegun || work.isIdempotent) this.#window.forget(name);
      else this.#window.settle(name, { error }, ERROR_BYTES + name.length, systemClock.monotonicMs());
      throw thrown;
    };
    const begin = () => {
      hasBegun = true;
    };
    try {
      const result = work.run(shared, begin);
      if (!(result instanceof Promise)) return onDone(result);
      shared.result = result.then(onDone).catch(onFailed);
      return shared.result;
    } catch (error) {
      return onFailed(error);
    }
  }
}

const conflict = ({ title, key }: KeyedWork, why: string): MeshError =>
  new MeshError('CONFLICT', `the key "${key}" ${why}: ${title} does not run again for it`, {
    hint: 'use a key of its own for each call that is another one',
  });

function answerBytes({ title }: KeyedWork, value: unknown): Uint8Array {
  try {
    return encode(value ?? {});
  } catch (error) {
    throw new MeshError('INVALID_OUTPUT', `the answer of ${title} cannot be sent: ${messageOf(error)}`);
  }
}

/** The same input in the same form has the same mark. The generator is loaded by the first call that bears a key. */
function digestOf(value: unknown, isStream: boolean): string {
  crypto ??= createRequire(import.meta.url)('node:crypto') as typeof import('node:crypto');
  const mark = crypto.createHash('sha256').update(encode(value)).digest('base64');
  return isStream ? `stream ${mark}` : mark;
}
let crypto: typeof import('node:crypto') | undefined;

/** What an error weighs, roughly: it is bounded where it is made. */
const ERROR_BYTES = 1_024;
