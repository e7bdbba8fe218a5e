/**
 * The program that keeps a node: starts `main.js` with its own environment, and starts it again when it was killed or
 * failed. It is small and does nothing else, so that there is little that could end it. It writes into the node's log
 * what it does, hands SIGTERM and SIGINT on, and ends with the exit code of its node.
 *
 * The node leads a group of its own: whoever kills the keeper costs the machine its guard and nothing more.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../../common/core/clock.js';
import { messageOf } from '../../../common/core/errors.js';
import { AGENT_VARIABLE, KEEPER_VARIABLE } from '../../../common/core/process-scan.js';
import { type Keeping, keeperVerdict } from './keeper-verdict.js';
import { nodeFlags } from './node-flags.js';

const NODE_MAIN = fileURLToPath(new URL('../main.js', import.meta.url));

let keeping: Keeping = { everUp: false, failures: 0 };
let node: ChildProcess | undefined;
let waiting: NodeJS.Timeout | undefined;
let asked = false;

function start(): void {
  const startedMs = systemClock.monotonicMs();
  let wasUp = false;
  let over = false;
  const onEnd = (code: number | null, how: string): void => {
    if (over) return;
    over = true;
    node = undefined;
    onNodeEnd({ code, wasUp, livedMs: systemClock.monotonicMs() - startedMs }, how);
  };
  node = spawn(process.execPath, [...nodeFlags(process.env), NODE_MAIN], {
    detached: true,
    // Over the channel it says once that it is up.
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, [AGENT_VARIABLE]: 'node', [KEEPER_VARIABLE]: String(process.pid) },
  });
  node.once('message', () => {
    wasUp = true;
  });
  node.once('error', (error) => onEnd(null, messageOf(error)));
  node.once('exit', (code, signal) => onEnd(code, signal ?? `exit code ${code}`));
}

function onNodeEnd(end: Parameters<typeof keeperVerdict>[0], how: string): void {
  const verdict = keeperVerdict(end, keeping, asked, Math.random());
  if (verdict.kind === 'end') process.exit(verdict.code);
  keeping = verdict.keeping;
  tell(`the node ended (${how}); starting it again in ${Math.round(verdict.waitMs)} ms`);
  waiting = setTimeout(start, verdict.waitMs);
}

/** One line in the form of the node's own. A full disk must not end the keeper. */
function tell(msg: string): void {
  const { env, pid } = process;
  const time = new Date(systemClock.wallMs()).toISOString();
  const line = { level: 'warn', time, agent: 'keeper', machine: env['MESH_MACHINE'], pid, msg };
  try {
    writeSync(1, `${JSON.stringify(line)}\n`);
  } catch {
    // nobody can be told
  }
}

function onAsked(): void {
  asked = true;
  if (node !== undefined) node.kill('SIGTERM');
  else {
    clearTimeout(waiting);
    process.exit(0);
  }
}

process.on('SIGTERM', onAsked);
process.on('SIGINT', onAsked);
// A terminal that is closed is no reason to leave a machine without its node.
process.on('SIGHUP', () => undefined);
start();
