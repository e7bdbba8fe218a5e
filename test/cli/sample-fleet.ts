/** The sample fleet in a temporary folder, on ports that nobody has. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { limits } from '../../common/core/limits.js';
import type { Input, MethodName, Output } from '../../common/protocol/catalogue.js';
import { RequestClient } from '../../common/wire/asking/request-client.js';
import { freePorts } from '../support/network/free-addresses.js';
import { PACKAGE_ROOT } from './mesh-process.js';

export type Ports = Record<string, number>;

/** As config/mesh.yaml has them. */
const ADDRESSES = { main: '127.0.0.1', pc2: '127.0.0.2' };
/** Asking again is better than waiting for a node that is just being killed. */
const ASK_MS = 2_000;

export class SampleFleet {
  readonly home = mkdtempSync(join(tmpdir(), 'mesh-cli-'));
  ports: { main: Ports; pc2: Ports } = { main: {}, pc2: {} };

  static async create(): Promise<SampleFleet> {
    const fleet = new SampleFleet();
    const exampleFleets = join(PACKAGE_ROOT, 'config/fleets');
    cpSync(join(PACKAGE_ROOT, 'config'), join(fleet.home, 'config'), {
      recursive: true,
      dereference: true,
      filter: (source) => source !== exampleFleets,
    });
    const [node = 0, registry = 0, log = 0, publish = 0, subscribe = 0, broker = 0] = await freePorts(6);
    fleet.ports = {
      main: { node, registry, log, publish, subscribe, broker },
      pc2: { node, publish, subscribe, broker },
    };
    fleet.write('ports.json', JSON.stringify(fleet.ports, undefined, 2));
    return fleet;
  }

  /** One question to the node of a machine. A wait that ran a command for each look would take a core from what it waits for. */
  async ask<M extends MethodName>(machine: 'main' | 'pc2', method: M, body: Input<M>): Promise<Output<M>> {
    const client = new RequestClient({
      endpoint: `tcp://${ADDRESSES[machine]}:${this.ports[machine]['node']}`,
      name: 'test',
      peer: `the node of ${machine}`,
      frameBytesMax: limits.controlFrameBytesMax,
    });
    try {
      return await client.request(method, body, { timeoutMs: ASK_MS });
    } finally {
      client.close();
    }
  }

  read(name: string): string {
    return readFileSync(join(this.home, name), 'utf8');
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.home, name), text);
  }

  close(): void {
    rmSync(this.home, { recursive: true, force: true });
  }
}

/** One for all tests of a suite. */
export function useSampleFleet(): () => SampleFleet {
  let fleet: SampleFleet | undefined;
  before(async () => {
    fleet = await SampleFleet.create();
  });
  after(() => fleet?.close());
  return () => {
    if (fleet === undefined) throw new Error('the sample fleet is there only while tests run');
    return fleet;
  };
}

export function listenOn(host: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.resume()); // takes every word and answers none
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}

export const closeServer = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
