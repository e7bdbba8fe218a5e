/**
 * A thousand clients connect at once, and beside them a thousand that connect and say nothing: the clients are served, the
 * silent ones are dropped, and when all are gone the broker holds as many connections as before.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { CrowdOrder, CrowdReport } from '../../../fixtures/crowd.js';
import type { Measure } from '../../oracle/figures.js';
import { openSocketsOf } from '../../processes/process-census.js';
import { waitUntil } from '../../wait-for.js';
import { placeOf, withCentralBroker } from './central-broker.js';
import type { LoneFault } from './lone-fault.js';

const COUNT = 1_000;
const SERVED: Measure = { what: 'a thousand clients at once are served', unit: 'ms', of: 'max', atMost: 15_000 };
const UNSERVED: Measure = { what: 'clients of a storm that were not served', unit: '', of: 'sum', atMost: 0 };
/** What `handshakeInterval` allows, and a second. */
const DROPPED: Measure = {
  what: 'a connection that says nothing is dropped',
  unit: 'ms',
  of: 'max',
  atMost: 4_000,
  isTight: true,
};
const DROPPED_ON_A_BUSY_BOX: Measure = { ...DROPPED, atMost: 15_000, isTight: false };
const CONNECTIONS: Measure = {
  what: 'connections that the broker holds more afterwards',
  unit: '',
  of: 'max',
  atMost: 0,
};
const CROWD = fileURLToPath(new URL('../../../fixtures/crowd.js', import.meta.url));
const ROUNDS_LONG = 10;

export const connectionStorm: LoneFault = {
  name: 'connection-storm',
  what: 'a thousand clients connect at once beside a thousand that say nothing',
  round: (figures, isLong) =>
    withCentralBroker({}, async (broker, registry) => {
      const crowd = fork(CROWD);
      try {
        await once(crowd, 'spawn');
        const base = openSocketsOf(broker.pid);
        for (let round = 0; round < (isLong ? ROUNDS_LONG : 1); round++) {
          const idle = Array.from({ length: COUNT }, () => new SilentConnection(registry));
          const { answered, tookMs, failures } = await visit(round === 0 ? crowd : fork(CROWD), registry);
          figures.add(SERVED, tookMs);
          figures.add(UNSERVED, COUNT - answered, ...failures);
          await Promise.all(idle.map(({ ended }) => ended));
          for (const { heldMs } of idle) {
            figures.add(DROPPED, heldMs);
            figures.add(DROPPED_ON_A_BUSY_BOX, heldMs);
          }
          await waitUntil('the connections of the storm to be closed', () => openSocketsOf(broker.pid) <= base);
          figures.add(CONNECTIONS, Math.max(0, openSocketsOf(broker.pid) - base));
        }
      } finally {
        crowd.kill('SIGKILL');
      }
    }),
};

/** Sends a crowd, hears how it fared, and sends it home. */
async function visit(crowd: ChildProcess, endpoint: string): Promise<CrowdReport> {
  const order: CrowdOrder = { endpoint, count: COUNT, timeoutMs: SERVED.atMost };
  const told = once(crowd, 'message');
  crowd.send(order);
  const [report] = (await told) as [CrowdReport];
  const ended = once(crowd, 'exit');
  crowd.disconnect();
  await ended;
  return report;
}

/** Connects, and never says a word. */
class SilentConnection {
  readonly ended: Promise<unknown>;
  heldMs = 0;
  readonly #socket: Socket;

  constructor(endpoint: string) {
    const { host, port } = placeOf(endpoint);
    this.#socket = connect(port, host);
    this.#socket.resume();
    // A reset is as good as an end here.
    this.#socket.on('error', () => undefined);
    let sinceMs = performance.now();
    this.#socket.once('connect', () => {
      sinceMs = performance.now();
    });
    this.ended = once(this.#socket, 'close').then(() => {
      this.heldMs = performance.now() - sinceMs;
    });
  }
}
