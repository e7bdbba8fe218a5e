/** The real `mesh` command as a process, with nothing of this environment but what is given. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface MeshRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface MeshRunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
}

export const MESH_MAIN = fileURLToPath(new URL('../../cli/main.js', import.meta.url));
/** Where config/ and ports.json of the package are. */
export const PACKAGE_ROOT = fileURLToPath(new URL('../../../', import.meta.url));

export function runMesh(args: readonly string[], { cwd, env = {}, stdin = '' }: MeshRunOptions = {}): Promise<MeshRun> {
  return new Promise((resolve, reject) => {
    const { PATH = '', HOME = '' } = process.env;
    const child = spawn(process.execPath, [MESH_MAIN, ...args], {
      env: { PATH, HOME, ...env },
      ...(cwd === undefined ? {} : { cwd }),
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => {
      stdout += String(chunk);
    });
    child.stderr.on('data', (chunk) => {
      stderr += String(chunk);
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
    child.stdin.on('error', () => undefined); // a command that does not read its input may have ended
    child.stdin.end(stdin);
  });
}

/** What a command said on standard error in its machine form. */
export function errorOf(run: MeshRun): { code: string; message: string; hint?: string } {
  const parsed: unknown = JSON.parse(run.stderr.trim().split('\n').at(-1) ?? '');
  if (typeof parsed !== 'object' || parsed === null || !('error' in parsed))
    throw new Error(`no error in ${run.stderr}`);
  return parsed.error as { code: string; message: string; hint?: string };
}
