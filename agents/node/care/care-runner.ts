/**
 * Runs jobs over stores, each in a process of its own. Bounded in number: of one store there is only one backup and one
 * walk at a time, and whoever asks for another gets the outcome of that one; questions are counted. A job is ended when its
 * time is over, when its node closes, and when it keeps a write-ahead log from being begun anew until that is larger than
 * `walBytesMax`: care must not fill the disk that it cares for.
 */
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../../common/core/clock.js';
import { MeshError, toMeshError } from '../../../common/core/errors.js';
import { limits } from '../../../common/core/limits.js';
import type { CareJob, CareKind, CareLine, CareTable } from '../../../common/journal/care/care-job.js';
import type { StoreKind } from '../../../common/journal/care/store-file.js';
import type { Progress } from '../../../common/journal/care/verify-store.js';
import { walBytesOf } from '../../../common/journal/sqlite/database.js';
import { runErrand } from '../programs/child-process.js';

interface Running {
  readonly job: CareKind;
  readonly store: StoreKind;
  progress: Progress;
  readonly ending: AbortController;
}

type Options<Kind extends CareKind> = CareTable[Kind]['options'];
type Answer<Kind extends CareKind> = CareTable[Kind]['answer'];

const PROGRAM = fileURLToPath(new URL('../../../common/journal/care/care-process.js', import.meta.url));
const WAL_LOOK_MS = 500;
/** What a process adds to its own bound before it is killed from here. */
const SLACK_MS = 2_000;

export class CareRunner {
  readonly #running = new Set<Running>();
  readonly #shared = new Map<string, Promise<unknown>>();

  /** @param walBytesMax the size of a write-ahead log at which who reads is ended */
  constructor(
    private readonly env: NodeJS.ProcessEnv,
    private readonly walBytesMax: number = limits.walBytesMax,
  ) {}

  get jobs(): ({ readonly job: CareKind; readonly store: StoreKind } & Progress)[] {
    return [...this.#running].map(({ job, store, progress }) => ({ job, store, ...progress }));
  }

  /** @throws QUEUE_FULL, TIMED_OUT, CLOSED, JOURNAL_FAILED, and what the job throws */
  run<Kind extends CareKind>(kind: Kind, options: Options<Kind>, timeoutMs: number): Promise<Answer<Kind>> {
    const job = {
      kind,
      options,
      timeoutMs,
      memoryBytesMax: limits.careMemoryBytesMax,
      parentPid: process.pid,
    } as CareJob;
    if (kind === 'query') return this.#start(job) as Promise<Answer<Kind>>;
    const key = `${kind} ${options.kind}`;
    const shared = this.#shared.get(key) ?? this.#start(job).finally(() => this.#shared.delete(key));
    this.#shared.set(key, shared);
    return shared as Promise<Answer<Kind>>;
  }

  /** Ends what runs. */
  close(): void {
    for (const { ending } of this.#running) ending.abort(new MeshError('CLOSED', 'the node is ending'));
  }

  async #start(job: CareJob): Promise<unknown> {
    const { kind, options, timeoutMs } = job;
    if (kind === 'query') this.#assertRoom();
    const ending = new AbortController();
    const running: Running = { job: kind, store: options.kind, progress: { doneCount: 0, totalCount: 0 }, ending };
    this.#running.add(running);
    const watch = setInterval(() => this.#lookAtWal(running, options.file), WAL_LOOK_MS);
    const timer = setTimeout(() => ending.abort(overdue(kind, timeoutMs)), timeoutMs + SLACK_MS);
    try {
      return await this.#ask(job, running);
    } finally {
      clearInterval(watch);
      clearTimeout(timer);
      this.#running.delete(running);
    }
  }

  async #ask(job: CareJob, running: Running): Promise<unknown> {
    const { signal } = running.ending;
    let last: CareLine | undefined;
    const startedMs = systemClock.monotonicMs();
    const exit = await runErrand({
      entry: PROGRAM,
      question: JSON.stringify(job),
      env: { PATH: this.env['PATH'], TMPDIR: this.env['TMPDIR'], NODE_OPTIONS: this.env['NODE_OPTIONS'] },
      signal,
      onLine: (line) => {
        const said: CareLine = JSON.parse(line);
        if ('progress' in said) running.progress = said.progress;
        else last = said;
      },
    });
    if (last !== undefined && 'answer' in last) return last.answer;
    if (last !== undefined && 'failure' in last) throw MeshError.fromBody(last.failure);
    if (signal.aborted) throw toMeshError(signal.reason);
    if (exit.signal === 'SIGKILL') {
      if (systemClock.monotonicMs() - startedMs >= job.timeoutMs) throw overdue(job.kind, job.timeoutMs);
      throw new MeshError('TOO_LARGE', `the ${job.kind} took too much memory and was ended`, {
        hint: 'Ask for less: with a WHERE, a LIMIT, or fewer rows to sort.',
      });
    }
    throw new MeshError(
      'JOURNAL_FAILED',
      `the ${job.kind} ended without an answer: ${exit.reason ?? exit.signal ?? exit.code}`,
      {
        hint: 'See "mesh logs node" of its machine.',
      },
    );
  }

  #assertRoom(): void {
    const count = [...this.#running].filter(({ job }) => job === 'query').length;
    if (count < limits.queriesMax) return;
    throw new MeshError('QUEUE_FULL', `${count} questions are being answered on this machine already`, {
      hint: 'Repeat it when one of them has its answer.',
    });
  }

  #lookAtWal({ ending, job }: Running, file: string): void {
    const sizeBytes = walBytesOf(file);
    if (sizeBytes <= this.walBytesMax) return;
    const text = `the ${job} was ended: the write-ahead log of ${file} had grown to ${Math.round(sizeBytes / 1024 ** 2)} MiB meanwhile`;
    ending.abort(new MeshError('JOURNAL_FAILED', text, { hint: 'Repeat it when less is written.' }));
  }
}

const overdue = (kind: CareKind, timeoutMs: number): MeshError =>
  new MeshError('TIMED_OUT', `the ${kind} was ended after ${timeoutMs} ms`, {
    hint: kind === 'query' ? 'Ask for less, or give it more time with --timeout.' : 'Repeat it when less is written.',
  });
