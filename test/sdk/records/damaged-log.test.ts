/** Consumers of a log whose file is damaged: they are there when another one is in its place. */
import { expect } from 'chai';
import type { ConsumeOptions } from '../../../agents/sdk/records/consuming/consumer.js';
import { Consumers } from '../../../agents/sdk/records/consuming/consumers.js';
import type { RecordSource } from '../../../agents/sdk/records/consuming/log-link.js';
import { systemClock } from '../../../common/core/clock.js';
import { MeshError, toMeshError } from '../../../common/core/errors.js';
import { waitUntil } from '../../support/wait-for.js';

const RECORD = {
  ...{ id: 1, stream: 'orders', machine: 'pc2', agent: 'till', epoch: 1, tsMs: 1, journalId: '0'.repeat(20), seq: 1 },
  ...{ body: new Uint8Array([0xc0]), hash: new Uint8Array(32), integrity: 'verified', delivery: 1, attempt: 1 },
};

describe('a consumer of a log whose file is damaged', () => {
  /** It answers a read and a fetch with the damage, three times, and then with a record. */
  class DamagedLog implements RecordSource {
    readonly problems: string[] = [];
    #askedCount = 0;

    log() {
      const request = async (method: string, _body: unknown, { signal }: { signal?: AbortSignal } = {}) =>
        this.#answer(method, signal);
      return { request } as ReturnType<RecordSource['log']>;
    }

    body = async () => undefined;

    onProblem(error: unknown): void {
      this.problems.push(toMeshError(error).code);
    }

    #answer(method: string, signal?: AbortSignal): unknown {
      if (method === 'group.join') return { floorId: 0, leaseMs: 10_000 };
      if (method !== 'log.read' && method !== 'group.fetch') return { stale: 0, dead: [] };
      this.#askedCount += 1;
      if (this.#askedCount <= 3) throw new MeshError('JOURNAL_DAMAGED', 'mesh.db is damaged');
      if (this.#askedCount > 4)
        return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
      return { records: [RECORD], nextId: 1 };
    }
  }

  for (const [what, options] of [
    ['of its own', { from: 'start' }],
    ['as a member of a group', { group: 'crew' }],
  ] satisfies [string, ConsumeOptions][]) {
    it(`${what} waits for another one, and says so once`, async () => {
      const source = new DamagedLog();
      const consumers = new Consumers(source, 'echo', systemClock);
      const seen: number[] = [];
      const consumer = consumers.consume('orders', ({ id }) => void seen.push(id), options);
      await waitUntil('the record', () => seen.length > 0);
      expect([seen, source.problems]).to.deep.equal([[1], ['JOURNAL_DAMAGED']]);
      await consumer.close();
    });
  }
});
