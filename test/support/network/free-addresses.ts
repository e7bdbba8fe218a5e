/**
 * Loopback addresses and ports that nobody uses: each fleet of a test gets a block of its own, so that fleets side by side can have
 * the same ports, and no outgoing connection of another program can take one of them between two starts.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Which of the processes is this among which mocha shares out the files of tests. */
const WORKER = Number(process.env['MOCHA_WORKER_ID'] ?? 0);
const WORKERS_MAX = 16;

/** `127.x.y.` with random x and y, for which `port` was free on every host of `hosts` a moment ago. */
export async function freeBlock(hosts: readonly number[], port: number): Promise<string> {
  for (;;) {
    const block = `127.${random(1, 254)}.${random(0, 254)}.`;
    if (
      await areFree(
        hosts.map((host) => `${block}${host}`),
        port,
      )
    )
      return block;
  }
}

/**
 * Ports of 127.0.0.1 that were free a moment ago. None that the system hands out by itself: whoever asks for any port, or
 * just connects somewhere, could have it before the one that it is meant for.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = random(12_000, 31_999);
    // Tests that run side by side never choose the same one between this look and its use.
    if (port % WORKERS_MAX !== WORKER % WORKERS_MAX) continue;
    if (await areFree(['127.0.0.1'], port)) ports.add(port);
  }
  return [...ports];
}

async function areFree(hosts: readonly string[], port: number): Promise<boolean> {
  for (const host of hosts) {
    const server = createServer();
    try {
      server.listen({ host, port, exclusive: true });
      await once(server, 'listening');
    } catch {
      return false;
    } finally {
      server.close();
    }
  }
  return true;
}

const random = (min: number, max: number): number => min + Math.floor(Math.random() * (max - min + 1));
