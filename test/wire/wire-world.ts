/** Real sockets on ports that the system chooses, all closed when the test ends. */
import { Dealer, Request } from 'zeromq';
import { decodeFrame, encodeRequest, type RequestEnvelope } from '../../common/protocol/frames/envelope.js';
import {
  type RequestHandler,
  RequestServer,
  type RequestServerOptions,
} from '../../common/wire/answering/request-server.js';
import { RequestClient, type RequestClientOptions } from '../../common/wire/asking/request-client.js';

export const FRAME_BYTES_MAX = 1_048_576;

/** Answers with what it was asked; `slow` waits for `release`, `never` until the test ends. */
export class Answers {
  readonly seen: RequestEnvelope[] = [];
  readonly #release: (() => void)[] = [];
  readonly #end: (() => void)[] = [];

  readonly handle: RequestHandler = (request) => {
    this.seen.push(request);
    if (request.method !== 'slow' && request.method !== 'never') return request.body;
    return new Promise((resolve) => {
      (request.method === 'slow' ? this.#release : this.#end).push(() => resolve(request.body));
    });
  };

  /** Lets every slow answer go. */
  release(): void {
    for (const go of this.#release.splice(0)) go();
  }

  end(): void {
    this.release();
    for (const go of this.#end.splice(0)) go();
  }
}

/**
 * Ports for servers that go away and come back. Not of the range that the system hands out: there a client that connects
 * to a port where nobody listens is now and then connected to itself.
 */
const FIXED_PORTS = { first: 61_000, count: 4_000 };

export class WireWorld {
  readonly answers = new Answers();
  readonly bugs: unknown[] = [];
  readonly #closers: (() => unknown)[] = [];

  /** Closes everything, the latest first. */
  async close(): Promise<void> {
    this.answers.end();
    for (const closer of this.#closers.splice(0).reverse()) await closer();
  }

  own<T extends { close(): unknown }>(resource: T): T {
    this.#closers.push(() => resource.close());
    return resource;
  }

  async server(handle: RequestHandler, options: Partial<RequestServerOptions> = {}): Promise<RequestServer> {
    const server = new RequestServer({
      endpoint: 'tcp://127.0.0.1:0',
      purpose: 'the server of the test',
      frameBytesMax: FRAME_BYTES_MAX,
      handle,
      onBug: (error) => this.bugs.push(error),
      ...options,
    });
    await server.open();
    return this.own(server);
  }

  /** An endpoint where nothing listens, and where a server can be opened later. */
  async quietEndpoint(): Promise<string> {
    for (;;) {
      const port = FIXED_PORTS.first + Math.floor(Math.random() * FIXED_PORTS.count);
      const endpoint = `tcp://127.0.${Math.floor(Math.random() * 256)}.1:${port}`;
      const free = await this.server(() => undefined, { endpoint }).catch(() => undefined);
      if (free === undefined) continue;
      await free.close();
      return endpoint;
    }
  }

  client(endpoint: string, options: Partial<RequestClientOptions> = {}): RequestClient {
    return this.own(
      new RequestClient({ endpoint, name: 'tester', peer: 'the server', frameBytesMax: FRAME_BYTES_MAX, ...options }),
    );
  }

  /** A REQ socket as any language has it. */
  requester(endpoint: string): Request {
    const socket = this.own(new Request({ linger: 0, receiveTimeout: 10_000 }));
    socket.connect(endpoint);
    return socket;
  }

  dealer(endpoint: string, routingId?: string): Dealer {
    const socket = this.own(new Dealer({ linger: 0, receiveTimeout: 10_000, ...(routingId ? { routingId } : {}) }));
    socket.connect(endpoint);
    return socket;
  }
}

export const request = (id: number, method = 'echo', body: unknown = { id }): Buffer => encodeRequest(id, method, body);

/** The envelopes of the next message of a raw socket; the parts before the frame must be as given. */
export async function nextAnswers(socket: Dealer | Request): Promise<ReturnType<typeof decodeFrame>> {
  const parts = await socket.receive();
  const frame = parts.at(-1);
  if (frame === undefined || parts.length !== 1) throw new Error(`an answer of ${parts.length} parts`);
  return decodeFrame(frame);
}

/** `id CODE` of refusals and errors, `id body` of replies: answers as lines to compare. */
export const lines = (envelopes: ReturnType<typeof decodeFrame>): string[] =>
  envelopes.map((envelope) => {
    if (envelope.kind === 'error') return `${envelope.id} ${envelope.error.code}`;
    if (envelope.kind === 'reply') return `${envelope.id} ${JSON.stringify(envelope.body)}`;
    return envelope.kind;
  });
