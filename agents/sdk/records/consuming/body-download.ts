/**
 * What a record's emitter put into it, wherever that is: in the record, or a file on the machine that emitted it, which is
 * fetched from its node in chunks and held against its hash. Connections to other nodes are opened when they are needed, and
 * closed with the client.
 */
import { MeshError } from '../../../../common/core/errors.js';
import { limits } from '../../../../common/core/limits.js';
import type { LogRecordBody } from '../../../../common/protocol/catalogue.js';
import { decode } from '../../../../common/protocol/frames/codec.js';
import type { RequestClient } from '../../../../common/wire/asking/request-client.js';

/** What is read of a record. */
export type BodyHolder = Pick<LogRecordBody, 'machine' | 'body' | 'ref'>;

export class BodyDownload {
  /** Several readers at once wait for one connection. */
  readonly #nodes = new Map<string, Promise<RequestClient>>();
  #isClosed = false;

  /** @param connect the node of a machine; undefined when nobody knows it */
  constructor(private readonly connect: (machine: string) => Promise<RequestClient | undefined>) {}

  /** @throws NOT_FOUND, UNREACHABLE, JOURNAL_DAMAGED; BAD_FRAME for bytes that are no MessagePack */
  async valueOf(record: BodyHolder): Promise<unknown> {
    return decode(await this.bytesOf(record));
  }

  /** As they were sealed. @throws NOT_FOUND, UNREACHABLE, JOURNAL_DAMAGED */
  async bytesOf({ machine, body, ref }: BodyHolder): Promise<Uint8Array> {
    if (ref === undefined) return body;
    const [hash = '', size] = ref.split('/');
    const bytes = await this.#fetch(machine, hash, Number(size));
    const { createHash } = process.getBuiltinModule('node:crypto');
    if (createHash('sha256').update(bytes).digest('hex') === hash) return bytes;
    throw damaged(machine, hash, 'it is not what its hash says');
  }

  /** Idempotent. */
  close(): void {
    this.#isClosed = true;
    for (const connecting of this.#nodes.values()) {
      connecting.then(
        (client) => client.close(),
        () => undefined,
      );
    }
    this.#nodes.clear();
  }

  async #fetch(machine: string, hash: string, size: number): Promise<Uint8Array> {
    if (size > limits.bodyBytesMax) throw damaged(machine, hash, `it would have ${size} bytes`);
    const node = await this.#nodeOf(machine);
    const whole = new Uint8Array(size);
    for (let offset = 0; offset < size; ) {
      const { size: found, bytes } = await node.request('body.get', { hash, offset });
      if (found !== size || bytes.byteLength === 0 || offset + bytes.byteLength > size)
        throw damaged(machine, hash, `it has ${found} bytes in place of ${size}`);
      whole.set(bytes, offset);
      offset += bytes.byteLength;
    }
    return whole;
  }

  async #nodeOf(machine: string): Promise<RequestClient> {
    if (this.#isClosed) throw new MeshError('CLOSED', `the body is on ${machine}, and this mesh was closed`);
    const known = this.#nodes.get(machine);
    if (known !== undefined) return known;
    const connecting = this.#connect(machine);
    this.#nodes.set(machine, connecting);
    try {
      return await connecting;
    } catch (thrown) {
      if (this.#nodes.get(machine) === connecting) this.#nodes.delete(machine);
      throw thrown;
    }
  }

  async #connect(machine: string): Promise<RequestClient> {
    const node = await this.connect(machine);
    if (node === undefined) {
      throw new MeshError('UNREACHABLE', `nobody knows the machine ${machine}, which has the body of this record`, {
        hint: 'Its bodies are there again when it is in the mesh again.',
        details: { machine },
      });
    }
    return node;
  }
}

const damaged = (machine: string, hash: string, why: string): MeshError =>
  new MeshError('JOURNAL_DAMAGED', `the body ${hash.slice(0, 12)}… of ${machine} is damaged: ${why}`, {
    hint: `Check the disk of ${machine}; what was emitted cannot be had again.`,
    details: { machine, hash },
  });
