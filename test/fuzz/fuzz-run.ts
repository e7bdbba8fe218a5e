/**
 * One run of the fuzzer: hostile messages from raw sockets against a server with every method of the catalogue, while a
 * client that behaves asks on. What must hold: the process lives, the client gets every answer, every message that is
 * served or refused is answered exactly once, no handler's bug shows, and the memory does not grow with the messages.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Dealer } from 'zeromq';
import { limits } from '../../common/core/limits.js';
import { catalogue, type MethodName } from '../../common/protocol/catalogue.js';
import { decodeFrame } from '../../common/protocol/frames/envelope.js';
import { type Action, type MethodHandlers, MethodTable } from '../../common/wire/answering/method-table.js';
import { RequestServer } from '../../common/wire/answering/request-server.js';
import { RequestClient } from '../../common/wire/asking/request-client.js';
import { plainSchema, sampleOf } from '../support/fakes/schema-values.js';
import { Random } from '../support/random.js';
import { HostileFrames, STREAM_METHOD } from './hostile-frames.js';

export interface FuzzOutcome {
  readonly sentCount: number;
  readonly servedCount: number;
  readonly refusedCount: number;
  /** Requests of the client that behaves, all answered. */
  readonly legitimateCount: number;
  readonly grownBytes: number;
}

/** What the run may grow by: caches of libzmq and of the runtime, but nothing per message. */
const GROWN_BYTES_MAX = 50 * 1_048_576;
/** Messages after which the hostile peer is another one. */
const MESSAGES_PER_PEER = 500;
/** Messages between two questions of the client that behaves. */
const MESSAGES_PER_QUESTION = 50;
const WARM_UP_PART = 0.2;

/** @throws Error that says which promise was broken */
export async function fuzz(seed: number, frameCount: number): Promise<FuzzOutcome> {
  const bugs: string[] = [];
  const server = new RequestServer({
    endpoint: 'tcp://127.0.0.1:0',
    purpose: 'the server of the fuzzer',
    frameBytesMax: limits.controlFrameBytesMax,
    handle: new MethodTable().serve(cheapHandlers()).add(STREAM_METHOD, stream).handle,
    onBug: (error, method) => bugs.push(`${method}: ${String(error)}`),
  });
  await server.open();
  const { endpoint } = server;
  const client = new RequestClient({
    endpoint,
    name: 'legitimate',
    peer: 'the server',
    frameBytesMax: limits.controlFrameBytesMax,
  });
  const frames = new HostileFrames(new Random(seed));
  const warmUpCount = Math.floor(frameCount * WARM_UP_PART);
  let legitimateCount = 0;
  let before = 0;
  let peer = new HostilePeer(endpoint);
  try {
    for (let sentCount = 0; sentCount < frameCount; sentCount++) {
      if (sentCount % MESSAGES_PER_PEER === 0) {
        await peer.close();
        peer = new HostilePeer(endpoint);
      }
      await peer.send(frames.next());
      if (sentCount === warmUpCount) before = memoryBytes();
      if (sentCount % MESSAGES_PER_QUESTION !== 0) continue;
      const { name } = await client.request('mesh.ping', {});
      assert(name === pingName, `the client was answered ${name}`);
      legitimateCount++;
    }
    await peer.close();
  } finally {
    client.close();
    await server.close();
  }
  const { requests, replies, errors, orphaned, refusedFrames } = server.counters;
  const grownBytes = memoryBytes() - before;
  assert(bugs.length === 0, `handlers failed: ${bugs.slice(0, 3).join('; ')}`);
  assert(
    requests + refusedFrames === replies + errors + orphaned,
    `${requests + refusedFrames} messages had ${replies + errors} answers, and ${orphaned} nobody who waits`,
  );
  assert(server.watchedCount === 0, `${server.watchedCount} requests are watched that nobody asks any more`);
  assert(client.pendingCount === 0 && client.counters.timeouts === 0, 'the client waits for an answer');
  assert(grownBytes < GROWN_BYTES_MAX, `memory grew by ${grownBytes} bytes`);
  return { sentCount: frameCount, servedCount: replies, refusedCount: errors, legitimateCount, grownBytes };
}

/** A raw socket that sends anything, and checks that what it gets are answers. */
class HostilePeer {
  readonly #dealer = new Dealer({ linger: 0, sendHighWaterMark: 0, receiveHighWaterMark: 0 });
  readonly #reading: Promise<void>;
  #failure: unknown;

  constructor(endpoint: string) {
    this.#dealer.connect(endpoint);
    this.#reading = this.#read().catch((error: unknown) => {
      this.#failure = error;
    });
  }

  send(parts: Buffer[]): Promise<void> {
    return this.#dealer.send(parts);
  }

  async close(): Promise<void> {
    this.#dealer.close();
    await this.#reading;
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #read(): Promise<void> {
    for await (const parts of this.#dealer) {
      const frame = parts.at(-1) ?? Buffer.alloc(0);
      for (const { kind } of decodeFrame(frame)) assert(ANSWERS.includes(kind), `an answer was a ${kind}`);
    }
  }
}

const ANSWERS = ['reply', 'error', 'items', 'credit'];

/** Tells its requester what that says, and a little more. */
const stream: Action = async (_input, _meta, { stream: answer }) => {
  if (answer === undefined) return {};
  for (let n = 0; n < 100; n++) await answer.push(n);
  let heardCount = 0;
  for await (const said of answer.inbox) {
    await answer.push(said);
    if (++heardCount === 20) break;
  }
  return {};
};

const pingName = sampleOf(plainSchema(catalogue['mesh.ping'].output.properties.name), true);

function cheapHandlers(): MethodHandlers {
  const names = Object.keys(catalogue) as MethodName[];
  return Object.fromEntries(
    names.map((name) => {
      const answer = sampleOf(plainSchema(catalogue[name].output), false);
      return [name, () => answer];
    }),
  );
}

/** What the process really holds, without what only waits to be collected. */
function memoryBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect === 'function') collect();
  return process.memoryUsage().rss;
}

function assert(holds: boolean, broken: string): asserts holds {
  if (!holds) throw new Error(broken);
}
