/**
 * A command: a program and its arguments as they are, no shell, with the notice as JSON on its standard input. It sees few
 * variables, leads a process group of its own, and when its time is over, or it has ended and left somebody behind, all of
 * that group is killed.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { messageOf, systemCodeOf } from '../../../common/core/errors.js';
import { limits } from '../../../common/core/limits.js';
import type { CommandRoute } from '../../../common/protocol/alert-rule.js';
import type { Notice } from '../notice.js';
import type { Delivery } from './delivery.js';

export interface CommandSurroundings {
  readonly env: NodeJS.ProcessEnv;
  /** The fleet's folder: where it runs, and what a path that begins with ./ is relative to. */
  readonly home: string;
}

/** Variables that every command sees. */
const INHERITED = ['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'];

/** Never rejects. */
export function tellCommand(
  route: CommandRoute,
  notice: Notice,
  { env, home }: CommandSurroundings,
): Promise<Delivery> {
  const [program = '', ...argv] = route.argv;
  const seen = [...INHERITED, ...route.env].flatMap((key) =>
    env[key] === undefined ? [] : [[key, env[key]] as const],
  );
  return new Promise((resolve) => {
    const fail = (error: unknown) => resolve({ ok: false, said: unstarted(program, error) });
    const child = begun(program, argv, { cwd: home, env: Object.fromEntries(seen) }, fail);
    if (child === undefined) return;
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      killGroup(child.pid);
    }, route.timeoutMs);
    const output = outputOf([child.stdout, child.stderr]);
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      killGroup(child.pid);
      const how = code === null ? `it was ended by ${signal}` : `it ended with ${code}`;
      const settle = () => {
        clearTimeout(rest);
        for (const stream of [child.stdout, child.stderr]) stream.destroy();
        if (isLate) resolve({ ok: false, said: `it took longer than ${route.timeoutMs} ms and was killed` });
        else resolve({ ok: code === 0, said: [how, output()].filter(Boolean).join(': ') });
      };
      // Somebody of it may have left the group, and hold its output open for ever.
      const rest = setTimeout(settle, limits.wrapRestMs);
      child.once('close', settle);
    });
    // It may end without having read what it is told.
    child.stdin.on('error', () => undefined);
    child.stdin.end(`${JSON.stringify(notice)}\n`);
  });
}

/** Undefined when it cannot be started: some reasons are thrown, others come a moment later, and then it has no output. */
function begun(
  program: string,
  argv: readonly string[],
  surroundings: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
  onFailure: (error: unknown) => void,
): ChildProcessWithoutNullStreams | undefined {
  try {
    const child = spawn(program, argv, { ...surroundings, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    child.on('error', onFailure);
    return child.pid === undefined ? undefined : child;
  } catch (error) {
    onFailure(error);
    return undefined;
  }
}

function unstarted(program: string, error: unknown): string {
  const code = systemCodeOf(error);
  return code === 'ENOENT' ? `there is no ${program}` : `${program} cannot be started: ${code ?? messageOf(error)}`;
}

/** The beginning of what it says; the rest is read and forgotten, so that it never waits for us. */
function outputOf(streams: readonly NodeJS.ReadableStream[]): () => string {
  let text = '';
  for (const stream of streams) {
    stream.on('data', (chunk: Buffer) => {
      if (text.length < limits.alertAnswerBytesMax) text += chunk.toString('utf8');
    });
  }
  return () => text.slice(0, SHOWN).replaceAll(/\s+/g, ' ').trim();
}

const SHOWN = 200;

/** Nobody may be left of it. */
function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    const code = systemCodeOf(error);
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}
