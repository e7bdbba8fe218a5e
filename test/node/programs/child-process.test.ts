/** Real programs, started as the node starts them: as whom, with what, and what is said of those that cannot start. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Launch, launch, runProgram, signalGroup } from '../../../agents/node/programs/child-process.js';
import type { Exit } from '../../../agents/node/programs/exit.js';
import { findProcesses } from '../../../common/core/process-scan.js';
import { useTempFolder } from '../../support/temp-folder.js';
import { waitUntil } from '../../support/wait-for.js';

const isRoot = process.getuid?.() === 0;
const { PATH = '' } = process.env;

describe('a program that is started', () => {
  const folder = useTempFolder();
  const logOf = () => join(folder.path, 'out.log');
  const output = () => readFileSync(logOf(), 'utf8');
  const program = (argv: readonly string[], rest: Partial<Launch> = {}): Launch => {
    const [executable = '', ...words] = argv;
    return { executable, argv: words, env: { PATH }, cwd: folder.path, logFile: logOf(), ...rest };
  };
  const ended = (options: Launch) =>
    new Promise<{ pid: number | undefined; exit: Exit; wasLater: boolean }>((resolve) => {
      let returned = false;
      let pid: number | undefined;
      const onExit = (exit: Exit) => resolve({ pid, exit, wasLater: returned });
      pid = launch(options, onExit);
      returned = true;
    });

  it('leads a process group, works in its folder, writes into its log, and its end is told', async () => {
    const { pid, exit } = await ended(program(['sh', '-c', 'pwd; ps -o pgid= -p $$ >&2; exit 3']));
    expect(exit).to.deep.equal({ code: 3, signal: undefined });
    expect(
      output()
        .split('\n')
        .map((line) => line.trim()),
    ).to.deep.equal([folder.path, String(pid), '']);
  });

  it('sees the variables that it is given and no other', async () => {
    await ended(program(['env'], { env: { PATH, ONE: '1' } }));
    expect(output().trim().split('\n').sort()).to.deep.equal(['ONE=1', `PATH=${PATH}`]);
  });

  it('gets its arguments as they are: no shell reads them', async () => {
    const words = ['$(touch shell)', '`id`', ';', '&&', '*', '~', '', "'", '"', '\n', '$HOME', '> shell'];
    await ended(program([process.execPath, '-p', 'JSON.stringify(process.argv.slice(1))', '--', ...words]));
    expect(JSON.parse(output())).to.deep.equal(words);
  });

  it('gets 256 arguments of 4,096 characters whole', async () => {
    const words = Array.from({ length: 256 }, (_, index) => String(index % 10).repeat(4_096));
    const count = 'process.argv.slice(1).map((word) => word.length).join()';
    const { exit } = await ended(program([process.execPath, '-p', count, '--', ...words]));
    expect(exit.code).to.equal(0);
    expect(output().trim()).to.equal(words.map(({ length }) => length).join());
  });

  it('has its log anew when somebody deleted the folder of logs', async () => {
    const logFile = join(folder.path, 'logs', 'gone.log');
    const { exit } = await ended(program(['echo', 'here'], { logFile }));
    expect([exit.code, readFileSync(logFile, 'utf8')]).to.deep.equal([0, 'here\n']);
  });

  it('is not hurt by a disk that is full: what it writes is lost, and it decides what that means', async () => {
    const { exit } = await ended(program(['sh', '-c', 'echo lost; exit 7'], { logFile: '/dev/full' }));
    expect(exit).to.deep.equal({ code: 7, signal: undefined });
  });

  it('has its priority before its first instruction, and so has what it starts', async () => {
    const nice = getPriority() + 7;
    await ended(program(['sh', '-c', 'nice; (nice)'], { nice }));
    expect(output()).to.equal(`${nice}\n${nice}\n`);
  });

  it('has the pid that was started also with a priority and a user of its own', async function () {
    if (!isRoot) return skip(this, 'another user needs root');
    const { pid } = await ended(program(['sh', '-c', 'echo $$'], { nice: 3, user: 'nobody' }));
    expect(output().trim()).to.equal(String(pid));
  });

  it('runs as its user with all of its groups, its home and its name', async function () {
    if (!isRoot) return skip(this, 'another user needs root');
    const user = 'www-data';
    await ended(program(['sh', '-c', 'id; echo $HOME $USER $LOGNAME'], { user }));
    const [identity, personal] = output().trim().split('\n');
    expect(identity).to.equal(execFileSync('id', [user], { encoding: 'utf8' }).trim());
    expect(personal).to.equal('/var/www www-data www-data');
  });

  it('keeps a HOME that its set gives it', async function () {
    if (!isRoot) return skip(this, 'another user needs root');
    await ended(program(['sh', '-c', 'echo $HOME'], { user: 'nobody', env: { PATH, HOME: '/given' } }));
    expect(output()).to.equal('/given\n');
  });

  describe('and cannot be', () => {
    const refusals: readonly [string, () => Launch, RegExp, RegExp][] = [
      [
        'not on the PATH',
        () => program(['no-such-program']),
        /no program "no-such-program" on the PATH/,
        /the PATH is /,
      ],
      ['a path to nothing', () => program(['./none']), /there is no program .*\/none/, /relative to the fleet folder/],
      ['a folder', () => program(['./folder']), /folder cannot be executed/, /not a file/],
      ['not executable', () => program(['./text']), /text cannot be executed/, /chmod \+x .*text/],
      ['without its interpreter', () => program(['./orphan']), /orphan could not be started: ENOENT/, /first line/],
      ['in no folder', () => program(['true'], { cwd: '/no/such' }), /folder \/no\/such is not there/, /"cwd"/],
      ['an unknown user', () => program(['true'], { user: 'nobody-at-all' }), /no user "nobody-at-all"/, /useradd/],
      ['too long', () => program(['true', 'x'.repeat(200_000)]), /true could not be started: E2BIG/, /into a file/],
      ['a zero byte', () => program(['true', 'a\0b']), /could not be started: ERR_INVALID_ARG_VALUE/, /zero byte/],
      [
        'without a log',
        () => program(['true'], { logFile: '/dev/null/log' }),
        /log \/dev\/null\/log .*(EEXIST|ENOTDIR)/,
        /df/,
      ],
      ['a log that is a folder', () => program(['true'], { logFile: folder.path }), /log .*EISDIR/, /rights/],
      ['a 4,096-character name', () => program(['x'.repeat(4_096)]), /no program "x{200}…"/, /install it/],
    ];
    for (const [what, options, reason, hint] of refusals) {
      it(`(${what}) ends with a reason and the next step, told once and never thrown`, async () => {
        mkdirSync(join(folder.path, 'folder'));
        writeFileSync(join(folder.path, 'text'), 'text');
        writeFileSync(join(folder.path, 'orphan'), '#!/no/such/interpreter\n', { mode: 0o755 });
        chmodSync(join(folder.path, 'orphan'), 0o755);
        const { pid, exit, wasLater } = await ended(options());
        expect(pid).to.equal(undefined);
        expect(wasLater).to.equal(true);
        expect(exit).to.include({ code: undefined, signal: undefined });
        expect(exit.reason).to.match(reason);
        expect(exit.hint).to.match(hint);
      });
    }
  });

  describe('and run to its end', () => {
    const token = `child-process-test-${process.pid}`;
    const env = { PATH, MESH_TOKEN: token };

    it('answers with how it ended', async () => {
      expect(await runProgram({ ...program(['sh', '-c', 'exit 4']), timeoutMs: 5_000 })).to.include({ code: 4 });
    });

    it('is killed with its whole group when its time is over, and says so', async () => {
      const exit = await runProgram({ ...program(['sh', '-c', 'sleep 60 & sleep 60'], { env }), timeoutMs: 100 });
      expect(exit.reason).to.equal('it took longer than 100 ms and was killed');
      await waitUntil('its group to be gone', () => findProcesses(token).length === 0);
    });

    it('is killed when it is no longer needed', async () => {
      const abort = new AbortController();
      const running = runProgram({ ...program(['sleep', '60'], { env }), timeoutMs: 60_000, signal: abort.signal });
      abort.abort();
      expect(await running).to.include({ signal: 'SIGKILL' });
    });

    it('leaves nothing of its group behind when it ends by itself', async () => {
      await runProgram({ ...program(['sh', '-c', 'sleep 60 &'], { env }), timeoutMs: 5_000 });
      await waitUntil('its group to be gone', () => findProcesses(token).length === 0);
    });

    it('says why it could not be started', async () => {
      const exit = await runProgram({ ...program(['no-such-program']), timeoutMs: 5_000 });
      expect(exit.reason).to.match(/on the PATH/);
    });
  });

  it('that is gone cannot be signalled, and that is no error', async () => {
    const { pid = 0 } = await ended(program(['true']));
    expect(signalGroup(pid, 'SIGTERM')).to.equal(false);
  });
});

function skip(test: Mocha.Context, why: string): void {
  console.warn(`SKIPPED: ${why}`);
  test.skip();
}
