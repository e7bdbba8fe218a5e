/** Real groups of this system's kernel. Skipped, with the reason, where the user may not make any. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { ownGroups, UNIFIED } from '../../../agents/node/resources/cgroup-place.js';
import { ControlGroups } from '../../../agents/node/resources/control-groups.js';
import { waitFor } from '../../support/wait-for.js';

const MIB = 1_048_576;

describe('control groups', () => {
  const prefix = `mesh-test${process.pid}-`;
  const children: ChildProcess[] = [];
  const troubles: string[] = [];
  let groups: ControlGroups;

  beforeEach(function () {
    groups = new ControlGroups(prefix, (text) => troubles.push(text));
    if (groups.keeps('memory') && groups.keeps('cpu')) return;
    console.warn('      skipped: this user may not make control groups with memory and cpu here');
    this.skip();
  });
  afterEach(async () => {
    for (const child of children.splice(0)) {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    }
    await waitFor('the groups to be gone', () => (leftBehind().length === 0 ? true : undefined));
    expect(troubles).to.deep.equal([]);
  });

  function run(...[program = '', ...argv]: string[]): ChildProcess & { readonly pid: number } {
    const child = spawn(program, argv, { stdio: ['pipe', 'ignore', 'ignore'] });
    children.push(child);
    const { pid } = child;
    if (pid === undefined) throw new Error(`${program} was not started`);
    return Object.assign(child, { pid });
  }
  const known = new Set<string>();
  function folderOf(pid: number, controller: 'memory' | 'cpu'): string {
    const own = ownGroups(readFileSync('/proc/self/mountinfo', 'utf8'), readFileSync(`/proc/${pid}/cgroup`, 'utf8'));
    const folder = own.get(groups.version === 2 ? UNIFIED : controller)?.folder ?? '';
    known.add(folder);
    return folder;
  }
  /** Takes away what is empty, as a node does that starts. */
  function leftBehind(): string[] {
    new ControlGroups(prefix, (text) => troubles.push(text));
    return [...known].filter((folder) => folder.includes(prefix) && existsSync(folder));
  }
  const boundOf = (folder: string, v1: string, v2: string) =>
    readFileSync(`${folder}/${groups.version === 2 ? v2 : v1}`, 'utf8').trim();

  it('hold the process with its bounds: memory with room to be drained first', () => {
    const { pid } = run('sleep', '60');
    groups.enter('a', pid, { memoryBytes: 64 * MIB, cpuPercent: 50 });
    const memory = folderOf(pid, 'memory');
    expect(memory).to.match(new RegExp(`/${prefix}a$`));
    expect(boundOf(memory, 'memory.limit_in_bytes', 'memory.max')).to.equal(String(80 * MIB));
    expect(boundOf(folderOf(pid, 'cpu'), 'cpu.cfs_quota_us', 'cpu.max')).to.match(/^50000/);
  });

  it('are not made for a process without bounds', () => {
    const { pid } = run('sleep', '60');
    groups.enter('a', pid, { openFiles: 10 });
    expect(folderOf(pid, 'memory')).to.not.contain(prefix);
  });

  it('tell that the kernel killed, and go when their process has', async () => {
    const child = run('python3', '-c', 'input(); kept = [b"x" * 1048576 for _ in range(200)]; input()');
    groups.enter('a', child.pid, { memoryBytes: 32 * MIB });
    const folder = folderOf(child.pid, 'memory');
    expect(groups.killsOf('a')).to.equal(0);
    child.stdin?.write('go\n');
    const [, signal] = await once(child, 'exit');
    expect(signal).to.equal('SIGKILL');
    expect(groups.killsOf('a')).to.equal(1);
    await waitFor('the group to be gone', () => {
      groups.leave('a');
      return existsSync(folder) ? undefined : true;
    });
    const next = run('sleep', '60');
    groups.enter('a', next.pid, { memoryBytes: 32 * MIB });
    expect(folderOf(next.pid, 'memory')).to.equal(folder);
    expect(groups.killsOf('a')).to.equal(0);
  });

  it('of living processes outlive their node, and the next one changes their bounds in place', async () => {
    const [kept, gone] = [run('sleep', '60'), run('sleep', '60')];
    groups.enter('kept', kept.pid, { memoryBytes: 64 * MIB });
    groups.enter('gone', gone.pid, { memoryBytes: 64 * MIB });
    const folder = folderOf(kept.pid, 'memory');
    const left = folderOf(gone.pid, 'memory');
    gone.kill('SIGKILL');
    await once(gone, 'exit');
    const next = new ControlGroups(prefix, (text) => troubles.push(text));
    expect(existsSync(left)).to.equal(false);
    next.enter('kept', kept.pid, { memoryBytes: 32 * MIB });
    expect(folderOf(kept.pid, 'memory')).to.equal(folder);
    expect(boundOf(folder, 'memory.limit_in_bytes', 'memory.max')).to.equal(String(40 * MIB));
    next.enter('kept', kept.pid, {});
    expect(Number(boundOf(folder, 'memory.limit_in_bytes', 'memory.max')) || Number.POSITIVE_INFINITY).to.be.above(
      2 ** 50,
    );
  });
});
