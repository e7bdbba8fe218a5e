/**
 * A journal and a log whose process is killed at places of its own, and started again until it has come to its end. The
 * oracle judges what a reader of the log has then.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FAILPOINTS_VARIABLE, type Failpoint } from '../../../common/core/failpoint.js';
import type { ArchivedRecord } from '../../fixtures/mortal-stores.js';
import { judge, type Verdict } from '../oracle/oracle.js';

const programOf = (name: string): string => fileURLToPath(new URL(`../../fixtures/${name}.js`, import.meta.url));

export interface MortalResult {
  readonly verdict: Verdict;
  readonly deaths: number;
  /** Places that were not reached so often that anybody died there. */
  readonly spared: readonly string[];
  /** What was told of a chain that was written again, and of a journal that had lost its tail. */
  readonly incidents: number;
}

/** @param doomed where to die, and at which pass of it */
export async function runMortal(doomed: readonly (readonly [Failpoint, number])[]): Promise<MortalResult> {
  const folder = mkdtempSync(join(tmpdir(), 'mesh-mortal-'));
  try {
    const failpoints = join(folder, 'failpoints');
    mkdirSync(failpoints);
    for (const [place, pass] of doomed) writeFileSync(join(failpoints, place), String(pass));
    let deaths = 0;
    while (await dies('mortal-stores', folder, failpoints)) deaths++;
    const archive = join(folder, 'archive');
    const lines = existsSync(archive) ? readFileSync(archive, 'utf8').split('\n').slice(0, -1) : [];
    const records = lines.map((line): ArchivedRecord => JSON.parse(line));
    const mainRecords = records.filter(({ stream }) => stream === 'work');
    return {
      verdict: judge({ ledgerFiles: [join(folder, 'ledger')], mainRecords }),
      deaths,
      spared: readdirSync(failpoints),
      incidents: records.length - mainRecords.length,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs a program in its folder. False when it came to its end. */
export async function dies(program: string, folder: string, failpoints: string): Promise<boolean> {
  const env = { PATH: process.env['PATH'], [FAILPOINTS_VARIABLE]: failpoints };
  const child = spawn(process.execPath, [programOf(program), folder], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const [code, signal] = await once(child, 'exit');
  if (code === 0) return false;
  if (signal === 'SIGKILL') return true;
  throw new Error(`it ended with ${code ?? signal}`);
}
