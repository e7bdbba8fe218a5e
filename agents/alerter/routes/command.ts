/**
 * A command: a program and its arguments as they are, no shell, with the notice as JSON on its standard input. It sees few
 * variables, leads a process group of its own, and when its time is over, or it has ended and left somebody behind, all of
 * that group is killed.
 */
import { spawn } from 'node:child_process';
import { systemCodeOf } from '../../../common/core/errors.js';
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
    const child = spawn(program, argv, {
      cwd: home,
      env: Object.fromEntries(seen),
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      killGroup(child.pid);
    }, route.timeoutMs);
    const output = outputOf([child.stdout, child.stderr]);
    child.once('error', (error) => {
      if (child.pid !== undefined) return;
      clearTimeout(timer);
      const code = systemCodeOf(error);
      resolve({
        ok: false,
        said: code === 'ENOENT' ? `there is no ${program}` : `${program} cannot be started: ${code}`,
      });
    });
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
