/** What the tests of the broker share: real parts on ports that the system chooses, and chains as a journal writes them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newJournalId } from '../../common/core/ids.js';
import { limits } from '../../common/core/limits.js';
import { chainHash, genesisHash, recordOf } from '../../common/journal/record.js';
import { openLog } from '../../common/log/log.js';
import type { Input } from '../../common/protocol/catalogue.js';
import { completeReport, ERRORS_STREAM, type ErrorReportInput } from '../../common/protocol/errors/error-report.js';
import { encode } from '../../common/protocol/frames/codec.js';
import { RequestClient } from '../../common/wire/asking/request-client.js';

export const ANY_PORT = 'tcp://127.0.0.1:0';
export const silentLog = openLog({}, 'silent');

/** Longer than any test may take: whoever relied on it would hang. */
export const LONG_MS = limits.longPollMsMax;

export function temporaryFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'mesh-broker-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export const connect = (endpoint: string, frameBytesMax: number = limits.logFrameBytesMax): RequestClient =>
  new RequestClient({ endpoint, name: 'test', peer: 'the tested server', frameBytesMax });

type Append = Input<'log.append'>;
type Entry = Append['entries'][number];

/** One chain of a machine: writes the next records as a node would send them. */
export class Chain {
  readonly journalId = newJournalId();
  #seq = 0;
  #hash = genesisHash(this.journalId);

  constructor(
    readonly machine = 'pc2',
    private readonly agent = 'echo',
  ) {}

  get head(): { readonly seq: number; readonly hash: Uint8Array } {
    return { seq: this.#seq, hash: this.#hash };
  }

  next(count: number, stream = 'metrics', body: (seq: number) => unknown = (seq) => ({ seq })): Append {
    const previous = this.#hash;
    const entries: Entry[] = [];
    for (let i = 0; i < count; i++) {
      const seq = ++this.#seq;
      const record = recordOf(stream, 1_000 + seq, this.agent, 7, encode(body(seq)));
      this.#hash = chainHash(this.#hash, seq, record);
      entries.push([seq, record.tsMs, stream, this.agent, record.epoch, record.body, this.#hash]);
    }
    return { machine: this.machine, journalId: this.journalId, previous, entries };
  }

  /** One record with marks; those that are sent may be others than those that it was hashed with. */
  marked(
    marks: { readonly trace: string; readonly ref: string; readonly key?: string },
    sent: Partial<typeof marks> = {},
  ): Append {
    const previous = this.#hash;
    const seq = ++this.#seq;
    const record = { ...recordOf('metrics', 1_000 + seq, this.agent, 7, new Uint8Array()), ...marks };
    this.#hash = chainHash(previous, seq, record);
    const { stream, tsMs, agent, epoch, body } = record;
    const entry: Entry = [seq, tsMs, stream, agent, epoch, body, this.#hash, { ...marks, ...sent }];
    return { machine: this.machine, journalId: this.journalId, previous, entries: [entry] };
  }

  errors(count: number, report: ErrorReportInput): Append {
    return this.next(count, ERRORS_STREAM, () => completeReport(report));
  }
}
