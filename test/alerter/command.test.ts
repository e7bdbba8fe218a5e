/** A command gets the notice and few variables, no shell and a bounded time; real programs, and nobody is left of them. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { tellCommand } from '../../agents/alerter/routes/command.js';
import type { CommandRoute } from '../../common/protocol/alert-rule.js';
import { waitUntil } from '../support/wait-for.js';
import { noticeFor } from './alert-world.js';

describe('a command', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'mesh-alert-'));
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  const script = (name: string, ...lines: string[]) =>
    writeFileSync(join(home, name), ['#!/bin/sh', ...lines].join('\n'), { mode: 0o755 });
  const tell = (argv: readonly string[], rest: Partial<CommandRoute> = {}, env: NodeJS.ProcessEnv = process.env) =>
    tellCommand({ name: 'page', kind: 'command', argv: [...argv], env: [], timeoutMs: 5_000, ...rest }, noticeFor(), {
      env,
      home,
    });
  const written = (name: string) => readFileSync(join(home, name), 'utf8');
  const isAlive = (pid: number) =>
    existsSync(`/proc/${pid}`) && !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');

  it('reads the notice as a line of JSON, in the folder of the fleet', async () => {
    script('page', 'cat > told.json');
    expect(await tell(['./page'])).to.deep.equal({ ok: true, said: 'it ended with 0' });
    expect(JSON.parse(written('told.json'))).to.deep.equal(noticeFor());
  });

  it('gets its arguments as they are: no shell reads them', async () => {
    script('page', 'printf "%s|" "$@" > arguments');
    await tell(['./page', '$(touch pwned)', '; touch pwned', '*', 'a b']);
    expect(written('arguments')).to.equal('$(touch pwned)|; touch pwned|*|a b|');
    expect(existsSync(join(home, 'pwned'))).to.equal(false);
  });

  it('sees the few variables that every command sees, and those that its route names', async () => {
    script('page', 'env > variables');
    const env = { PATH: process.env['PATH'], PAGER_KEY: 'k', AWS_SECRET: 's', MESH_TOKEN: 't' };
    await tell(['./page'], { env: ['PAGER_KEY', 'ABSENT'] }, env);
    const names = written('variables')
      .split('\n')
      .map((line) => line.split('=')[0] ?? '');
    expect(names).to.include('PAGER_KEY');
    expect(names).to.not.include.members(['AWS_SECRET']);
    expect(names).to.not.include.members(['MESH_TOKEN']);
  });

  it('says how it failed, with what it wrote', async () => {
    script('page', 'echo no credit >&2', 'exit 3');
    expect(await tell(['./page'])).to.deep.equal({ ok: false, said: 'it ended with 3: no credit' });
    expect(await tell(['./absent'])).to.deep.equal({ ok: false, said: 'there is no ./absent' });
    writeFileSync(join(home, 'text'), '', { mode: 0o644 });
    expect(await tell(['./text'])).to.deep.equal({ ok: false, said: './text cannot be started: EACCES' });
    expect(await tell(['./text/page'])).to.deep.equal({ ok: false, said: './text/page cannot be started: ENOTDIR' });
    const { said } = await tell(['./te\0xt']);
    expect(said).to.match(/cannot be started: ERR_INVALID_ARG_VALUE/);
  });

  it('need not read what it is told, and may say more than anybody reads', async () => {
    script('page', 'exec 0<&-', 'head -c 1000000 /dev/zero');
    expect(await tell(['./page'])).to.include({ ok: true });
  });

  it('is killed with all of its group when its time is over', async () => {
    script('page', 'sleep 60 & echo $! > child', 'echo $$ > self', 'wait');
    // Longer where the box is so busy that nothing of it had begun.
    for (let timeoutMs = 500; !existsSync(join(home, 'self')); timeoutMs *= 2) {
      expect(await tell(['./page'], { timeoutMs })).to.deep.equal({
        ...{ ok: false, said: `it took longer than ${timeoutMs} ms and was killed` },
      });
    }
    for (const name of ['self', 'child']) await waitUntil(`${name} to end`, () => !isAlive(Number(written(name))));
  });

  it('leaves nobody behind when it ends', async () => {
    script('page', 'sleep 60 & echo $! > child');
    expect(await tell(['./page'])).to.include({ ok: true });
    await waitUntil('its child to end', () => !isAlive(Number(written('child'))));
  });
});
