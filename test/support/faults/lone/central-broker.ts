/** The compiled broker of a main machine, with a folder of its own, for as long as `use` takes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BrokerProgram, type BrokerProgramOptions } from '../../processes/broker-program.js';

const ANY_PORT = 'tcp://127.0.0.1:0';

export async function withCentralBroker(
  options: BrokerProgramOptions,
  use: (broker: BrokerProgram, registry: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'mesh-broker-'));
  const broker = new BrokerProgram(
    {
      machine: 'main',
      role: 'main',
      epoch: 1,
      bind: { broker: ANY_PORT, publish: ANY_PORT, subscribe: ANY_PORT, registry: ANY_PORT, log: ANY_PORT },
      logFile: join(folder, 'mesh.db'),
    },
    options,
  );
  try {
    const { registry = '' } = await broker.ready();
    await use(broker, registry);
  } finally {
    await broker.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `tcp://host:port` in its parts. */
export function placeOf(endpoint: string): { host: string; port: number } {
  const { hostname, port } = new URL(endpoint);
  return { host: hostname, port: Number(port) };
}
