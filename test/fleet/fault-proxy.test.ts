/** The link of the fleet tests: what it promises when it is open, cut, frozen and restored. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { expect } from 'chai';
import { FaultProxy } from '../support/network/fault-proxy.js';
import { Random } from '../support/random.js';
import { waitUntil } from '../support/wait-for.js';

describe('a link that fails on command', () => {
  let server: Server;
  let proxy: FaultProxy;
  const sockets: Socket[] = [];

  beforeEach(async () => {
    server = createServer((socket) => {
      sockets.push(socket.on('error', () => undefined));
      socket.pipe(socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const host = '127.0.0.1';
    proxy = await FaultProxy.open({ routes: [{ listen: { host, port: 0 }, target: { host, port } }] });
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await proxy.close();
    server.close();
    await once(server, 'close');
  });

  /** A connection through the link, and what came back on it. */
  async function client(): Promise<{ socket: Socket; received: () => string; ended: () => string }> {
    const socket = connect(proxy.ports[0] ?? 0, '127.0.0.1');
    sockets.push(socket);
    let text = '';
    let end = '';
    socket.on('data', (bytes) => {
      text += bytes.toString();
    });
    socket.on('error', (error) => {
      end = 'code' in error ? String(error.code) : error.message;
    });
    await once(socket, 'connect');
    return { socket, received: () => text, ended: () => end };
  }

  it('forwards both ways, and everything of a large transfer', async () => {
    const { socket, received } = await client();
    const text = 'x'.repeat(3_000_000);
    socket.write(text);
    await waitUntil('all of it to come back', () => received().length === text.length);
    expect(proxy.counters.forwardedBytes).to.equal(2 * text.length);
  });

  it('resets what is connected when it is cut, and whoever comes then', async () => {
    const { socket, ended } = await client();
    socket.write('a');
    await waitUntil('the far side to be joined', () => proxy.connectionCount === 2);
    proxy.cut();
    await waitUntil('a reset', () => ended() === 'ECONNRESET');
    await waitUntil('both sides to be gone', () => proxy.connectionCount === 0);
    const late = connect(proxy.ports[0] ?? 0, '127.0.0.1').on('error', () => undefined);
    await waitUntil('the newcomer to be gone', () => late.closed);
    expect(proxy.counters.refused).to.equal(1);
    proxy.restore();
    const next = await client();
    next.socket.write('b');
    await waitUntil('an answer', () => next.received() === 'b');
  });

  it('holds everything when it is frozen, old connections and new ones, and loses none of it', async () => {
    const old = await client();
    old.socket.write('1');
    await waitUntil('an answer', () => old.received() === '1');
    proxy.freeze();
    old.socket.write('2');
    const fresh = await client();
    fresh.socket.write('3');
    await waitUntil('the newcomer to be taken', () => proxy.counters.accepted === 2);
    expect([old.received(), fresh.received(), sockets.length]).to.deep.equal(['1', '', 3]);
    proxy.restore();
    await waitUntil('both answers', () => old.received() === '12' && fresh.received() === '3');
  });

  it('forwards late and slowly, in order', async () => {
    proxy.delayMs = 30;
    proxy.bytesPerSecond = 100_000;
    const { socket, received } = await client();
    const startedMs = performance.now();
    for (const part of ['a', 'b', 'c']) socket.write(part.repeat(1_000));
    await waitUntil('all of it', () => received().length === 3_000);
    expect(received()).to.equal('a'.repeat(1_000) + 'b'.repeat(1_000) + 'c'.repeat(1_000));
    expect(performance.now() - startedMs).to.be.greaterThan(2 * 30);
  });

  it('cuts and mends itself at the moments of its seed, until it is restored', async () => {
    proxy.flap(new Random(7), { upMsMax: 5, downMsMax: 5 });
    await waitUntil('some turns', async () => {
      await client().catch(() => undefined);
      return proxy.counters.refused > 2;
    });
    proxy.restore();
    expect(proxy.condition).to.equal('open');
    const { socket, received } = await client();
    socket.write('well');
    await waitUntil('an answer', () => received() === 'well');
  });
});

describe('a random sequence', () => {
  it('is repeated by its seed, and stays within its bounds', () => {
    const draw = (seed: number) => {
      const random = new Random(seed);
      return Array.from({ length: 50 }, () => random.between(3, 7));
    };
    expect(draw(1)).to.deep.equal(draw(1)).and.not.deep.equal(draw(2));
    expect([...new Set(draw(1))].sort()).to.deep.equal([3, 4, 5, 6, 7]);
  });
});
