/**
 * A wire tap: forwards TCP from a port of its own to a target and keeps what each connection said, so that it can be said
 * again, byte by byte, by somebody else. It knows as much of ZMTP as to wait for the other side's part of the handshake:
 * who says it all in one breath is cut off.
 */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { waitUntil } from '../wait-for.js';

interface Said {
  readonly bytes: Buffer;
  /** So much of its handshake had the other side said before. */
  readonly afterBytes: number;
}

/** A greeting, and the header of the command that follows. */
const GREETING_BYTES = 64;
const HEADER_BYTES = 2;

export class WireTap {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #heard: Said[][] = [];

  /** @param target `tcp://host:port` */
  static async open(target: string): Promise<WireTap> {
    const tap = new WireTap(target);
    tap.#server.listen(0, '127.0.0.1');
    await once(tap.#server, 'listening');
    return tap;
  }

  private constructor(private readonly target: string) {
    this.#server = createServer((near) => this.#onConnection(near));
  }

  get endpoint(): string {
    const address = this.#server.address();
    return `tcp://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  }

  /**
   * Says to the target, on a new connection for each, all that was said so far. What the target makes of it is seen at the
   * target; the connections stay until `close`.
   */
  async replay(): Promise<void> {
    for (const said of this.#heard) {
      const socket = this.#connect();
      let answeredBytes = 0;
      socket.on('data', (bytes: Buffer) => {
        answeredBytes += bytes.length;
      });
      for (const { bytes, afterBytes } of said) {
        await waitUntil('the other side of the handshake', () => answeredBytes >= afterBytes);
        socket.write(bytes);
      }
    }
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #onConnection(near: Socket): void {
    const said: Said[] = [];
    let answered = Buffer.alloc(0);
    this.#heard.push(said);
    this.#keep(near);
    const far = this.#connect();
    near.on('data', (bytes: Buffer) => said.push({ bytes, afterBytes: answered.length }));
    far.on('data', (bytes: Buffer) => {
      const all = Buffer.concat([answered, bytes]);
      answered = all.subarray(0, handshakeBytes(all));
    });
    near.pipe(far);
    far.pipe(near);
    near.once('close', () => far.destroy());
    far.once('close', () => near.destroy());
  }

  #connect(): Socket {
    const { hostname, port } = new URL(this.target);
    const socket = connect(Number(port), hostname);
    socket.setNoDelay(true);
    this.#keep(socket);
    return socket;
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    // Whoever replays is cut off as soon as the peer sees it: `close` follows every error.
    socket.on('error', () => undefined);
    socket.once('close', () => this.#sockets.delete(socket));
  }
}

/** How long the handshake is of which this is the beginning, as far as that can be told. */
const handshakeBytes = (beginning: Buffer): number =>
  GREETING_BYTES + HEADER_BYTES + (beginning[GREETING_BYTES + 1] ?? 0);
