/** `mesh wrap` around real programs, with no mesh anywhere: what passes through it, and how it ends. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { limits } from '../../../common/core/limits.js';
import { readLastWords } from '../../../common/log/last-words.js';
import { useTempFolder } from '../../support/temp-folder.js';
import { waitFor, waitUntil } from '../../support/wait-for.js';

const run = promisify(execFile);
const MAIN = fileURLToPath(new URL('../../../cli/main.js', import.meta.url));
const PYTHON = '/usr/bin/python3';

interface Run {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

describe('mesh wrap', () => {
  const folder = useTempFolder();
  const { PATH = '' } = process.env;

  function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
    return spawn(process.execPath, [MAIN, 'wrap', ...args], { cwd: folder.path, env: { PATH, ...env } });
  }

  async function wrap(args: readonly string[], { stdin = '', env = {} } = {}): Promise<Run> {
    const child = start(args, env);
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(stdin);
    const [code] = await once(child, 'close');
    return { code, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr) };
  }
  const script = (text: string): string => {
    const path = join(folder.path, `program-${text.length}.js`);
    writeFileSync(path, text);
    return path;
  };

  it('passes standard input, output and error through, byte for byte', async () => {
    const bytes = 'process.stderr.write(Buffer.from(Array.from({ length: 256 }, (_, i) => i)));';
    const path = script(`process.stdin.pipe(process.stdout); ${bytes}`);
    const { code, stdout, stderr } = await wrap(['--', process.execPath, path], { stdin: 'häß\n' });
    expect(code).to.equal(0);
    expect(stdout.toString()).to.equal('häß\n');
    expect(stderr.subarray(0, 256)).to.deep.equal(Buffer.from(Array.from({ length: 256 }, (_, i) => i)));
  });

  it('says nothing itself of a program that is silent and ends well', async () => {
    const { code, stdout, stderr } = await wrap(['--', 'sh', '-c', 'echo done']);
    expect({ code, stdout: stdout.toString(), stderr: stderr.toString() }).to.deep.equal({
      code: 0,
      stdout: 'done\n',
      stderr: '',
    });
  });

  it('gives the program its arguments as they are, options and all', async () => {
    const words = ['--json', '-h', '--as', '$HOME', '', 'a b'];
    const { stdout } = await wrap([
      '--as',
      'me',
      '--',
      process.execPath,
      '-p',
      'JSON.stringify(process.argv.slice(1))',
      '--',
      ...words,
    ]);
    expect(JSON.parse(stdout.toString())).to.deep.equal(words);
  });

  for (const [what, command, code] of [
    ['its exit code', ['sh', '-c', 'exit 42'], 42],
    ['128 and the number of the signal that killed it', ['sh', '-c', 'kill -SEGV $$'], 139],
    ['127 when it is not there', ['no-such-program'], 127],
    ['126 when it cannot be executed', ['/etc/passwd'], 126],
  ] as const) {
    it(`ends with ${what}`, async () => expect((await wrap(['--', ...command])).code).to.equal(code));
  }

  it('says in one line at the end how much could not be told, and why', async () => {
    const { stderr } = await wrap(['--as', 'job', '--', 'sh', '-c', 'echo one >&2; echo two >&2; exit 1']);
    expect(stderr.toString()).to.equal(
      `one\ntwo\nmesh wrap: 3 reports of job could not be told: config/mesh.yaml: does not exist in ${folder.path}\n`,
    );
  });

  it('refuses what is no name, and a line without a program, before anything runs', async () => {
    const { code, stderr } = await wrap(['--as', 'Not A Name', '--', 'touch', 'ran']);
    expect(code).to.equal(2);
    expect(stderr.toString()).to.match(/"Not A Name" is not a name/);
    expect(existsSync(join(folder.path, 'ran'))).to.equal(false);
    expect((await wrap([])).code).to.equal(2);
  });

  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGUSR2'] as const) {
    it(`passes ${signal} on, once, also when it is sent to its whole group, and waits for the program`, async () => {
      const got = `let n = 0; process.on('${signal}', () => { n++; setTimeout(() => process.exit(10 + n), 150); });`;
      const path = script(`${got} setInterval(() => {}, 1000); console.log('ready');`);
      const child = spawn(process.execPath, [MAIN, 'wrap', '--', process.execPath, path], {
        env: { PATH },
        detached: true,
      });
      await once(child.stdout, 'data');
      process.kill(-(child.pid ?? 0), signal);
      const [code] = await once(child, 'close');
      expect(code).to.equal(11);
    });
  }

  it('tells nothing of a program that ended because it was asked to', async () => {
    const child = start(['--', 'sh', '-c', 'echo ready; exec sleep 60']);
    let stderr = '';
    child.stderr?.on('data', (chunk) => {
      stderr += String(chunk);
    });
    if (child.stdout !== null) await once(child.stdout, 'data');
    child.kill('SIGTERM');
    const [code] = await once(child, 'close');
    expect({ code, stderr }).to.deep.equal({ code: 143, stderr: '' });
  });

  it('reads on when nobody reads it: the program does not stand still', async () => {
    const path = script(
      `for (let i = 0; i < 20000; i++) console.error('line ' + i); require('fs').writeFileSync('done', '')`,
    );
    const child = start(['--', process.execPath, path]);
    child.stderr?.destroy();
    await once(child, 'close');
    expect(existsSync(join(folder.path, 'done'))).to.equal(true);
  });

  it('passes on the last words too where they are taken slowly', async () => {
    const path = script(
      `const text = Buffer.alloc(300_000, 'x'); for (let at = 0; at < text.length; ) at += require('fs').writeSync(2, text, at);`,
    );
    const child = start(['--', process.execPath, path]);
    let bytes = 0;
    child.stderr?.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      child.stderr?.pause();
      setTimeout(() => child.stderr?.resume(), limits.wrapRestMs + 50);
    });
    await once(child, 'close');
    expect(bytes).to.be.at.least(300_000);
  });

  it('does not wait for what the program left running with its standard error', async () => {
    const { code, stderr } = await wrap(['--', 'sh', '-c', 'sleep 60 >/dev/null & echo $! >pid; exit 0']);
    process.kill(Number(readFileSync(join(folder.path, 'pid'), 'utf8')), 'SIGKILL');
    expect({ code, stderr: stderr.toString() }).to.deep.equal({ code: 0, stderr: '' });
  });

  it('stays small under a hundred thousand lines, passes on each of them, and counts them', async function () {
    this.timeout(60_000);
    const path = script(
      `let i = 0; (function more() { let text = ''; for (let n = 0; n < 1000; n++) text += 'failure ' + i++ + ' of ' + 'x'.repeat(100) + '\\n'; process.stderr.write(text, () => i < 100000 ? more() : undefined); })();`,
    );
    const child = start(['--', process.execPath, path]);
    let lines = 0;
    let peakKiB = 0;
    child.stderr?.on('data', (chunk: Buffer) => {
      for (const byte of chunk) if (byte === 0x0a) lines++;
      peakKiB = Math.max(peakKiB, peakOf(child.pid ?? 0));
    });
    await once(child, 'close');
    expect(lines).to.equal(100_001);
    expect(peakKiB)
      .to.be.greaterThan(0)
      .and.lessThan(200 * 1_024);
  });

  describe('in an agent', () => {
    const env = () => ({ MESH_AGENT: 'job', MESH_LAST_WORDS: join(folder.path, 'words.json') });
    const words = () => readLastWords(env().MESH_LAST_WORDS)?.report;

    it('leaves the telling of the end to its node, with signal and last lines as last words', async () => {
      const { code } = await wrap(['--', 'sh', '-c', 'echo the last line >&2; kill -ABRT $$'], { env: env() });
      expect(code).to.equal(134);
      const report = words();
      expect(report).to.include({ code: 'AGENT_CRASHED', severity: 'critical' });
      expect(report?.message).to.equal('job: sh ended unexpectedly: killed by SIGABRT');
      expect(report?.context).to.deep.include({ signal: 'SIGABRT', exitCode: 134, lastLogLines: ['the last line'] });
    });

    it('leaves the last words of the program itself as they are', async () => {
      const own = { tsMs: 1, report: { code: 'OWN', message: 'my own', severity: 'critical', component: 'x' } };
      const path = script(`require('fs').writeFileSync('words.json', '${JSON.stringify(own)}'); process.exit(3)`);
      await wrap(['--', process.execPath, path], { env: env() });
      expect(words()).to.deep.equal(own.report);
    });

    it('leaves no words of an end that went well', async () => {
      await wrap(['--', 'sh', '-c', 'echo fine >&2'], { env: env() });
      expect(words()).to.equal(undefined);
    });
  });

  describe('in a terminal', () => {
    before(async function () {
      try {
        await run(PYTHON, ['-c', 'import pty']);
      } catch {
        console.warn(`SKIPPED: ${PYTHON} is needed for a terminal`);
        this.skip();
      }
    });

    it('lets the program read from it, and Ctrl-C reaches it once', async () => {
      const path = script(
        `let n = 0; process.on('SIGINT', () => { n++; setTimeout(() => process.exit(10 + n), 150); }); process.stdin.once('data', (text) => console.log('got ' + text + (process.stdin.isTTY ? 'tty' : 'none')));`,
      );
      const inTerminal = `
import os, pty, sys, time
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
os.write(terminal, b"word\\n")
seen = b""
while b"tty" not in seen:
    seen += os.read(terminal, 1000)
os.write(terminal, b"\\x03")
_, status = os.waitpid(pid, 0)
print(os.waitstatus_to_exitcode(status))
`;
      const argv = ['-c', inTerminal, process.execPath, MAIN, 'wrap', '--', process.execPath, path];
      const { stdout } = await run(PYTHON, argv, { env: { PATH }, timeout: 15_000 });
      expect(stdout.trim()).to.equal('11');
    });
  });

  it('ends at once when its program does: nothing is waited for that has nothing to tell', async () => {
    const child = start(['--', 'sh', '-c', 'echo $$ >pid; exec sleep 60']);
    const pid = await waitFor('the program to run', () => {
      const text = existsSync(join(folder.path, 'pid')) ? readFileSync(join(folder.path, 'pid'), 'utf8') : '';
      return text.endsWith('\n') ? Number(text) : undefined;
    });
    child.kill('SIGTERM');
    await once(child, 'close');
    await waitUntil('the program to be gone', () => !existsSync(`/proc/${pid}`));
  });
});

/** Most memory that a process ever had. */
function peakOf(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
