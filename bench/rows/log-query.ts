/**
 * Looking for records in a log of ten million: the slowest of the ways to ask. The log is made by the code that makes a real
 * one, in a temporary folder of some gigabytes; `BENCH_LOG_ROWS` makes a smaller one.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FindOptions } from '../../common/journal/finder/log-finder.js';
import { ZoneIndex } from '../../common/journal/finder/zone-index.js';
import { Log } from '../../common/journal/log/log.js';
import { LogStore } from '../../common/journal/log/log-store.js';
import { type ChainEntry, chainHash, genesisHash } from '../../common/journal/record.js';
import { encode } from '../../common/protocol/frames/codec.js';
import { median } from '../measure/median.js';
import type { BoundRow, Side, Size } from '../measure/row.js';
import { machineMs } from '../work/worker-channel.js';

const ROWS = { whole: 10_000_000, quick: 20_000 } as const;
const BATCH = 1_000;
const MACHINES = ['main', 'pc2'];
const AGENTS = 74;
const STREAMS = ['metrics', 'errors', 'lifecycle'];
/** One record in so many is of an agent that is hardly ever heard. */
const SELDOM = 100_000;
const T0_MS = 1_700_000_000_000;
const BYTES_A_ROW = 420;

export const logQuery: BoundRow = {
  kind: 'bound',
  name: 'log-query',
  title: 'a page of 200 of 10,000,000 records by time, stream, machine, agent or trace: the slowest way to ask, median',
  unit: 'ms',
  bound: 100,
  openOurs: open,
};

const traceOf = (seq: number): string =>
  createHash('md5')
    .update(String(Math.floor(seq / 5)))
    .digest('hex');

async function open(size: Size): Promise<Side> {
  const rows = size === 'quick' ? ROWS.quick : Number(process.env['BENCH_LOG_ROWS'] ?? ROWS.whole);
  const folder = mkdtempSync(join(tmpdir(), 'mesh-bench-log-'));
  const file = join(folder, 'mesh.db');
  try {
    assertRoom(folder, rows);
    fill(file, rows);
    const { log } = await Log.open({ file });
    return {
      measure: (ms) => slowest(log, questions(rows), ms),
      close: async () => {
        await log.close();
        rmSync(folder, { recursive: true });
      },
    };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

function assertRoom(folder: string, rows: number): void {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize > rows * BYTES_A_ROW * 1.5) return;
  throw new Error(`${folder} has no room for ${rows} records: set BENCH_LOG_ROWS to fewer`);
}

/** What a fleet of two machines would have sent, and the index of it. */
function fill(file: string, rows: number): void {
  const { store } = LogStore.open({ file, wallMs: T0_MS, errorStream: 'none', groupOf: () => undefined });
  const chains = MACHINES.map((machine, index) => {
    const journalId = String(index).repeat(20);
    return { machine, journalId, seq: 0, hash: genesisHash(journalId) };
  });
  const body = encode({ text: 'x'.repeat(80) });
  for (let made = 0; made < rows; made += BATCH) {
    const chain = chains[(made / BATCH) % 2];
    if (chain === undefined) continue;
    const previousHash = chain.hash;
    const entries = Array.from({ length: BATCH }, (_, at): ChainEntry => {
      const seq = ++chain.seq;
      const record = { ...recordOf(made + at), body, ref: '', key: '' };
      chain.hash = chainHash(chain.hash, seq, record);
      return { kind: 'record', ...record, seq, hash: chain.hash };
    });
    const [outcome] = store.appendBatches([
      { machine: chain.machine, journalId: chain.journalId, previousHash, entries },
    ]);
    if (outcome?.ok === false) throw outcome.error;
  }
  store.close();
  const index = ZoneIndex.open(file);
  while (index.advance());
  index.close();
}

function recordOf(number: number) {
  const agent = number % SELDOM === SELDOM - 1 ? 'seldom' : `agent-${(number * 31) % AGENTS}`;
  const stream = STREAMS[(number * 7) % STREAMS.length] ?? '';
  const trace = number % 2 === 0 ? traceOf(number) : '';
  return { stream, tsMs: T0_MS + number, agent, epoch: 7, trace };
}

/** Each way to ask, and those that cost the most: what is rare, far away, or not there at all. */
function questions(rows: number): FindOptions[] {
  const page = { order: 'newest', limit: 200 } as const;
  const long = T0_MS + Math.floor(rows / 3);
  return [
    { ...page, sinceMs: long, untilMs: long + 60_000 },
    { ...page, order: 'oldest', sinceMs: long },
    { ...page, stream: 'errors', untilMs: long },
    { ...page, machine: 'pc2', untilMs: long },
    { ...page, agent: 'agent-7', untilMs: long },
    { ...page, agent: 'seldom' },
    { ...page, agent: 'seldom', stream: 'lifecycle', machine: 'main' },
    { ...page, agent: 'nobody' },
    { ...page, stream: 'errors', agent: 'agent-9', machine: 'pc2', sinceMs: long, untilMs: long + 3_600_000 },
    { ...page, trace: traceOf(10) },
    { ...page, trace: traceOf(Math.floor(rows / 2)), stream: 'metrics' },
    { ...page, trace: 'f'.repeat(32) },
  ];
}

async function slowest(log: Log, asked: readonly FindOptions[], ms: number): Promise<number> {
  const times = asked.map((): number[] => []);
  const untilMs = machineMs() + ms;
  do {
    for (const [index, question] of asked.entries()) {
      const startedMs = machineMs();
      await log.find(question);
      times[index]?.push(machineMs() - startedMs);
    }
  } while (machineMs() < untilMs);
  const medians = times.map(median);
  if (process.env['BENCH_DETAILS'] !== undefined) {
    for (const [index, question] of asked.entries())
      process.stderr.write(`${medians[index]?.toFixed(1)} ms ${JSON.stringify(question)}\n`);
  }
  return Math.max(...medians);
}
