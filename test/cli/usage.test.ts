import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { expect } from 'chai';
import { errorOf, MESH_MAIN, runMesh } from './mesh-process.js';

interface Refusal {
  readonly args: readonly string[];
  readonly says: readonly string[];
}

const refusals: readonly Refusal[] = [
  {
    args: ['pss'],
    says: ['error: there is no command "mesh pss"', 'did you mean mesh ps?', 'next: run "mesh --help"'],
  },
  { args: ['--mesh', '.', 'pss'], says: ['there is no command "mesh pss"'] },
  { args: ['tail'], says: ['did you mean mesh stream tail?'] },
  { args: ['error', 'lss'], says: ['"mesh error lss"', 'did you mean mesh error ls?', 'run "mesh error --help"'] },
  { args: ['registry'], says: ['mesh registry needs a command', 'run "mesh registry --help"'] },
  { args: ['ps', '--jsn'], says: ["unknown option '--jsn'", 'did you mean --json?', 'run "mesh ps --help"'] },
  { args: ['ps', 'extra'], says: ['too many arguments'] },
  { args: ['call'], says: ['mesh call needs SERVICE.ACTION'] },
  { args: ['pub', 'demo.x'], says: ['mesh pub needs JSON'] },
  { args: ['ps', '-o', 'xml'], says: ['there is no output form "xml"', 'table, wide, json, jsonl, yaml, name'] },
  { args: ['ps', '-o', 'jsn'], says: ['did you mean json?'] },
  { args: ['ps', '--mesh'], says: ["option '--mesh <dir>' argument missing"] },
  { args: ['call', 'echo', '{}'], says: ['"echo" does not name an action', 'SERVICE.ACTION'] },
  { args: ['call', 'echo.say', '{text}'], says: ['the argument is not JSON', 'quote it for the shell'] },
  { args: ['call', 'echo.say', '@/nowhere.json'], says: ['/nowhere.json cannot be read'] },
  { args: ['call', 'echo.say', '-'], says: ['standard input is not JSON'] },
  { args: ['call', 'echo.say', '{}', '--timeout', '1s'], says: ['--timeout must be a whole number from 1', '"1s"'] },
  { args: ['pub', 'a..b', '1'], says: ['"a..b" is not a topic'] },
  { args: ['sub', 'a.>.b'], says: ['"a.>.b" is not a topic pattern'] },
  { args: ['stream', 'emit', 'Notes', '1'], says: ['"Notes" is not the name of a stream'] },
  { args: ['logs'], says: ['mesh logs needs AGENT', '--all'] },
  { args: ['logs', 'echo', '--all'], says: ['contradict each other'] },
  { args: ['logs', 'echo', '--since', 'noon'], says: ['"noon" is no time', '10m'] },
  { args: ['logs', 'echo', '--grep', '('], says: ['--grep is no regular expression'] },
  { args: ['logs', 'echo@'], says: ['"echo@" does not name an agent'] },
  { args: ['error', 'show', 'xyz'], says: ['"xyz" is not the start of a fingerprint'] },
  { args: ['completion', 'bsh'], says: ['no completion for "bsh"; did you mean bash?'] },
  { args: ['registry', 'find', '--state', 'raedy'], says: ["'raedy' is invalid", 'ready'] },
];

describe('a line that is not understood', () => {
  for (const { args, says } of refusals) {
    it(`mesh ${args.join(' ')} is refused with what to do next`, async () => {
      const { code, stdout, stderr } = await runMesh(args);
      expect(code).to.equal(2);
      expect(stdout).to.equal('');
      for (const part of says) expect(stderr).to.contain(part);
      expect(stderr).to.match(/^next: /m);
    });
  }

  it('is one JSON object on standard error when JSON was asked for', async () => {
    for (const args of [
      ['pss', '--json'],
      ['ps', '--jsn', '--json'],
      ['ps', 'x', '-o', 'json'],
      ['ps', 'x', '-ojsonl'],
    ]) {
      const run = await runMesh(args);
      expect(run.code).to.equal(2);
      expect(run.stdout).to.equal('');
      expect(errorOf(run)).to.include({ code: 'USAGE' });
      expect(run.stderr.trim().split('\n')).to.have.length(1);
    }
  });

  it('is refused by the name of the variable or flag that is wrong', async () => {
    const flag = await runMesh(['ps', '--machine', 'PC 2']);
    expect(flag).to.include({ code: 2 });
    expect(flag.stderr).to.contain('--machine: must be a name');
    const variable = await runMesh(['ps'], { env: { MESH_MACHINE: 'PC 2' } });
    expect(variable).to.include({ code: 2 });
    expect(variable.stderr).to.contain('MESH_MACHINE: must be a name');
  });

  it('is coloured only when colours were asked for', async () => {
    const colour = String.fromCharCode(27);
    expect((await runMesh(['pss'])).stderr).to.not.contain(colour);
    expect((await runMesh(['ps', 'x', '--color'])).stderr).to.contain(colour);
    expect((await runMesh(['ps', 'x', '--color', '--no-color'])).stderr).to.not.contain(colour);
  });
});

describe('output that cannot be written', () => {
  it('is a failure that says so: what a script finds in its file is not all', () => {
    const full = openSync('/dev/full', 'w');
    try {
      const run = spawnSync(process.execPath, [MESH_MAIN, '--help'], { stdio: ['ignore', full, 'pipe'] });
      expect(run.status).to.equal(1);
      expect(String(run.stderr)).to.match(/^error: the output cannot be written: ENOSPC.*\nnext: look at the disk/);
    } finally {
      closeSync(full);
    }
  });
});
