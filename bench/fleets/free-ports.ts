/**
 * Ports that were free a moment ago, and none that the system hands out by itself: whoever asks for any port, or just
 * connects somewhere, could have it before the one that it is meant for.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';

const FIRST = 12_000;
const COUNT = 20_000;

export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ host: '127.0.0.1', port, exclusive: true });
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
