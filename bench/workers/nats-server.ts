/**
 * Keeps a NATS server in a folder of its own, and ends with it. Arguments: the port, and `stored` for one with JetStream,
 * whose files are in that folder. All is as it comes, but for what it may have waiting for one client: fifty subscribers are
 * up to a window behind, and it must not take them for dead.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { NATS_SERVER } from '../peers/need.js';
import { argumentAt, serveTasks } from '../work/worker-channel.js';

const folder = mkdtempSync(join(tmpdir(), 'mesh-bench-nats-'));
const CONFIGURATION = `host: 127.0.0.1
port: ${argumentAt(0)}
max_pending: 1GB
${argumentAt(1) === 'stored' ? `jetstream { store_dir: "${folder}" }` : ''}
`;

const file = join(folder, 'nats.conf');
writeFileSync(file, CONFIGURATION);
// In a group of its own: Ctrl-C is for the bench, which ends its workers in order.
const server = spawn(NATS_SERVER, ['--config', file], {
  cwd: folder,
  stdio: ['ignore', 'ignore', 'pipe'],
  detached: true,
});
const lines = createInterface(server.stderr);
const said: string[] = [];
const listening = new Promise<void>((resolve, reject) => {
  lines.on('line', (line) => {
    said.push(line);
    if (line.includes('Server is ready')) resolve();
  });
  server.on('exit', () => reject(new Error(`nats-server ended: ${said.slice(-LINES_SHOWN).join('\n')}`)));
});
listening.catch(() => undefined);
process.on('exit', () => {
  server.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});
serveTasks({ ready: () => listening });
// Without its server this worker has nothing to do: whoever waits for it hears of its end.
await once(server, 'exit');
process.exit(1);

const LINES_SHOWN = 5;
