/**
 * Connections break and come back under the same identity while the broker's event loop stands still: the threads of its
 * sockets shake hands with the new ones although the old ones are not gone yet. Each new connection is served.
 */
import { limits } from '../../../../common/core/limits.js';
import { RequestClient } from '../../../../common/wire/asking/request-client.js';
import { FaultProxy } from '../../network/fault-proxy.js';
import type { Figures, Measure } from '../../oracle/figures.js';
import { waitUntil } from '../../wait-for.js';
import { placeOf, withCentralBroker } from './central-broker.js';
import type { LoneFault } from './lone-fault.js';

const SERVED: Measure = {
  what: 'the first answer on a new connection to a blocked broker',
  unit: 'ms',
  of: 'max',
  atMost: 2_000,
};
const UNSERVED: Measure = { what: 'new connections that were not served', unit: '', of: 'sum', atMost: 0 };
const TOO_FEW: Measure = { what: 'reconnects short of those that prove it', unit: '', of: 'sum', atMost: 0 };
const BLOCK_MS = 800;
const RECONNECTS_SHORT = 50;
const RECONNECTS_LONG = 1_000;
const CLIENTS = 25;
/** A box that is so slow that nobody is back before the loop turns again proves nothing: it tries so often. */
const TRIES = 4;

export const blockedReconnect: LoneFault = {
  name: 'blocked-reconnect',
  what: "connections are cut and come back while the broker's event loop is blocked for 800 ms",
  round: (figures, isLong) =>
    withCentralBroker({ blockMs: BLOCK_MS }, async (broker, registry) => {
      const routes = [{ listen: { host: '127.0.0.1', port: 0 }, target: placeOf(registry) }];
      const proxy = await FaultProxy.open({ routes });
      const endpoint = `tcp://127.0.0.1:${proxy.ports[0]}`;
      const clients = Array.from({ length: CLIENTS }, () => connect(endpoint));
      const wanted = isLong ? RECONNECTS_LONG : RECONNECTS_SHORT;
      let provedCount = 0;
      try {
        await Promise.all(clients.map((client) => client.request('mesh.ping', {})));
        for (let round = 0; provedCount < wanted && round < (wanted / CLIENTS) * TRIES; round++) {
          await broker.block();
          const isBlocked = standsStill();
          proxy.cut();
          await waitUntil('all to be cut off', () => clients.every(({ up }) => !up));
          proxy.restore();
          const inTime = await Promise.all(clients.map((client) => firstAnswer(client, figures, isBlocked)));
          provedCount += inTime.filter(Boolean).length;
        }
      } finally {
        for (const client of clients) client.close();
        await proxy.close();
      }
      figures.add(TOO_FEW, Math.max(0, wanted - provedCount));
    }),
};

const connect = (endpoint: string): RequestClient =>
  new RequestClient({ endpoint, name: 'returning', peer: 'the registry', frameBytesMax: limits.controlFrameBytesMax });

/** Whether the loop that began to stand still just now certainly still does. */
function standsStill(): () => boolean {
  const sinceMs = performance.now();
  return () => performance.now() - sinceMs < BLOCK_MS / 2;
}

/** Asks as soon as the connection is there again. True when that was while the loop stood still. */
async function firstAnswer(client: RequestClient, figures: Figures, isBlocked: () => boolean): Promise<boolean> {
  await waitUntil('it to be connected again', () => client.up);
  const isInTime = isBlocked();
  const backMs = performance.now();
  try {
    await client.request('mesh.ping', {}, { timeoutMs: SERVED.atMost });
    figures.add(SERVED, performance.now() - backMs);
    figures.add(UNSERVED, 0);
  } catch (error) {
    figures.add(UNSERVED, 1, String(error));
  }
  return isInTime;
}
