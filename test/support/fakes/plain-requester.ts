/** A peer in the plainest form: a REQ socket that sends one envelope and waits for one. No code of our client in it. */
import { Request } from 'zeromq';
import { decode, encode } from '../../../common/protocol/frames/codec.js';

export class PlainRequester {
  readonly #socket = new Request({ linger: 0, receiveTimeout: 10_000, sendTimeout: 10_000 });
  #lastId = 0;

  constructor(endpoint: string) {
    this.#socket.connect(endpoint);
  }

  /** The reply's body; throws `CODE: message` for an error envelope. */
  async ask(method: string, body: unknown = {}): Promise<unknown> {
    const id = ++this.#lastId;
    const [version, kind, answeredId, answer] = await this.raw(encode([1, 1, id, method, body]));
    if (version !== 1 || answeredId !== id) throw new Error('the answer is not to this request');
    if (kind === 2) return answer;
    const { code, message } = answer as { code: string; message: string };
    throw new Error(`${code}: ${message}`);
  }

  /** Sends any bytes; the decoded answer. */
  async raw(frame: Buffer): Promise<unknown[]> {
    await this.#socket.send(frame);
    const [answer] = await this.#socket.receive();
    return decode(answer ?? Buffer.alloc(0)) as unknown[];
  }

  close(): void {
    this.#socket.close();
  }
}
