/**
 * A link that fails on command: forwards TCP from addresses of its own to targets, and all its routes fail together, as
 * the routes of one cable do.
 *
 * open: forwards, `delayMs` late and no faster than `bytesPerSecond` · cut: both ends of every connection get a reset, and
 * so does each new one · frozen: connections stay, nothing passes in either direction, and new ones are taken but lead
 * nowhere, as when the other side has lost power; what was on its way arrives after `restore`.
 *
 * Bounded: a direction that holds `HELD_BYTES_MAX` reads no more. `close` leaves no socket, no timer and no port.
 */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Random } from '../random.js';

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface Route {
  readonly listen: Address;
  readonly target: Address;
}

export interface FaultProxyOptions {
  readonly routes: readonly Route[];
  readonly delayMs?: number;
  readonly bytesPerSecond?: number;
}

export interface Flapping {
  readonly upMsMax: number;
  readonly downMsMax: number;
}

type Condition = 'open' | 'cut' | 'frozen';

export class FaultProxy {
  readonly counters = { accepted: 0, refused: 0, resets: 0, forwardedBytes: 0 };
  delayMs: number;
  bytesPerSecond: number;
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #lanes = new Set<Lane>();
  /** Taken while frozen: joined to their targets by `restore`. */
  readonly #waiting = new Map<Socket, Address>();
  #condition: Condition = 'open';
  #flap: NodeJS.Timeout | undefined;

  static async open(options: FaultProxyOptions): Promise<FaultProxy> {
    const proxy = new FaultProxy(options);
    for (const route of options.routes) await proxy.#listen(route);
    return proxy;
  }

  private constructor({ delayMs = 0, bytesPerSecond = Number.POSITIVE_INFINITY }: FaultProxyOptions) {
    this.delayMs = delayMs;
    this.bytesPerSecond = bytesPerSecond;
  }

  get condition(): Condition {
    return this.#condition;
  }

  get connectionCount(): number {
    return this.#sockets.size;
  }

  /** The ports it listens on, in the order of its routes: for routes that asked for port 0. */
  get ports(): number[] {
    return this.#servers.map((server) => {
      const address = server.address();
      return typeof address === 'object' && address !== null ? address.port : 0;
    });
  }

  cut(): void {
    this.#condition = 'cut';
    this.#waiting.clear();
    for (const socket of this.#sockets) this.#reset(socket);
  }

  freeze(): void {
    this.#condition = 'frozen';
    for (const lane of this.#lanes) lane.hold();
  }

  /** The link is as good as new. */
  restore(): void {
    clearTimeout(this.#flap);
    this.#mend();
  }

  /** Cuts and mends it at moments drawn from `random`, until `restore`. */
  flap(random: Random, { upMsMax, downMsMax }: Flapping): void {
    clearTimeout(this.#flap);
    const turn = () => {
      const isUp = this.#condition === 'open';
      if (isUp) this.cut();
      else this.#mend();
      this.#flap = setTimeout(turn, random.between(1, isUp ? downMsMax : upMsMax));
    };
    turn();
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.restore();
    this.cut();
    for (const lane of this.#lanes) lane.end();
    const closed = this.#servers.splice(0).map((server) => {
      server.close();
      return once(server, 'close');
    });
    await Promise.all(closed);
  }

  async #listen({ listen, target }: Route): Promise<void> {
    const server = createServer((near) => this.#onConnection(near, target));
    this.#servers.push(server);
    server.listen(listen.port, listen.host);
    await once(server, 'listening');
  }

  #onConnection(near: Socket, target: Address): void {
    this.#keep(near);
    if (this.#condition === 'cut') {
      this.counters.refused++;
      this.#reset(near);
      return;
    }
    this.counters.accepted++;
    near.pause();
    if (this.#condition === 'frozen') this.#waiting.set(near, target);
    else this.#join(near, target);
  }

  #join(near: Socket, target: Address): void {
    const far = connect(target.port, target.host);
    this.#keep(far);
    near.once('close', () => this.#reset(far));
    far.once('close', () => this.#reset(near));
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      const lane = new Lane(from, to, this);
      this.#lanes.add(lane);
      from.once('close', () => {
        lane.end();
        this.#lanes.delete(lane);
      });
    }
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    // A reset is what this proxy is made for; `close` follows every error.
    socket.on('error', () => undefined);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#waiting.delete(socket);
    });
  }

  #mend(): void {
    this.#condition = 'open';
    for (const lane of this.#lanes) lane.release();
    for (const [near, target] of this.#waiting) this.#join(near, target);
    this.#waiting.clear();
  }

  #reset(socket: Socket): void {
    if (socket.destroyed) return;
    this.counters.resets++;
    socket.resetAndDestroy();
  }
}

interface Chunk {
  readonly bytes: Buffer;
  readonly dueMs: number;
}

/** One direction of one connection: chunks in order, each at its time. */
class Lane {
  readonly #held: Chunk[] = [];
  #heldBytes = 0;
  #lastDueMs = 0;
  #frozen = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly from: Socket,
    private readonly to: Socket,
    private readonly link: FaultProxy,
  ) {
    from.on('data', (bytes: Buffer) => this.#onData(bytes));
    from.once('end', () => this.#send());
    to.on('drain', () => this.#send());
    from.resume();
  }

  hold(): void {
    this.#frozen = true;
    this.from.pause();
  }

  release(): void {
    this.#frozen = false;
    this.#send();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#held.length = 0;
  }

  #onData(bytes: Buffer): void {
    const travelMs = (bytes.length / this.link.bytesPerSecond) * 1_000;
    this.#lastDueMs = Math.max(performance.now() + this.link.delayMs, this.#lastDueMs) + travelMs;
    this.#held.push({ bytes, dueMs: this.#lastDueMs });
    this.#heldBytes += bytes.length;
    if (this.#heldBytes > HELD_BYTES_MAX) this.from.pause();
    this.#send();
  }

  #send(): void {
    clearTimeout(this.#timer);
    while (!this.#frozen && !this.to.writableNeedDrain) {
      const [next] = this.#held;
      if (next === undefined) break;
      const waitMs = next.dueMs - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#send(), waitMs);
        return;
      }
      this.#held.shift();
      this.#heldBytes -= next.bytes.length;
      this.link.counters.forwardedBytes += next.bytes.length;
      this.to.write(next.bytes);
    }
    if (this.#frozen || this.#heldBytes > HELD_BYTES_MAX) return;
    if (this.from.readableEnded && this.#held.length === 0) this.to.end();
    else this.from.resume();
  }
}

const HELD_BYTES_MAX = 1024 * 1024;
