import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { expect } from 'chai';
import { signalProcess } from '../../../agents/node/programs/child-process.js';
import {
  type GroupUsage,
  kernelUnits,
  membersOf,
  provenMemoryBytes,
  readUsage,
} from '../../../agents/node/resources/usage-reading.js';
import { waitFor } from '../../support/wait-for.js';

const units = kernelUnits();

describe('whose process it is', () => {
  const load = (parentPid: number, pgid: number, sessionId = pgid) => ({ parentPid, pgid, sessionId });

  it('is told by session, by group, and else by its parents', () => {
    const members = membersOf(
      new Set([10, 20]),
      new Map([
        [1, load(0, 1)],
        [10, load(1, 10)],
        [11, load(10, 10)],
        [12, load(10, 12, 10)], // a group of its own, as a shell makes them
        [13, load(11, 13)], // a session of its own
        [14, load(13, 13)],
        [15, load(1, 15, 10)], // its parent is gone
        [16, load(1, 16)], // has left its session, and its parent is gone
        [20, load(10, 20)], // another agent, even as a child of this one
        [21, load(20, 20)],
      ]),
    );
    expect(members.get(10)).to.deep.equal([10, 11, 12, 13, 14, 15]);
    expect(members.get(20)).to.deep.equal([20, 21]);
  });

  it('is nobody of a leader that is gone, and no line of parents goes on for ever', () => {
    const members = membersOf(
      new Set([10]),
      new Map([
        [11, load(12, 11)],
        [12, load(11, 12)],
      ]),
    );
    expect([...members]).to.deep.equal([]);
  });
});

describe('one pass over /proc', () => {
  const leaders: ChildProcess[] = [];
  before(function () {
    if (units === undefined) this.skip();
  });
  afterEach(() => {
    const pids = leaders.splice(0).flatMap(({ pid = 0 }) => read(pid)?.pids ?? []);
    for (const pid of pids) signalProcess(pid, 'SIGKILL');
  });

  /** Leads a group and a session of its own, as every supervised process does. */
  function shell(script: string, files = 0): number {
    const extra = Array.from({ length: files }, () => openSync('/dev/null', 'r'));
    const leader = spawn('/bin/sh', ['-c', script], {
      detached: true,
      stdio: ['ignore', 'ignore', 'ignore', ...extra],
    });
    for (const file of extra) closeSync(file);
    leaders.push(leader);
    return leader.pid ?? 0;
  }
  const read = (pid: number): GroupUsage | undefined => units && readUsage(new Set([pid]), units).get(pid);
  const whenIt = (what: string, pid: number, holds: (usage: GroupUsage) => boolean) =>
    waitFor(what, () => {
      const usage = read(pid);
      return usage !== undefined && holds(usage) ? usage : undefined;
    });

  it('counts children and whatever they start, in sessions of their own too', async () => {
    const pid = shell('sleep 60 & setsid sh -c "sleep 60 & wait" & wait');
    const { pids, rssBytes } = await whenIt('four processes', pid, (usage) => usage.pids.length === 4);
    expect(pids[0]).to.equal(pid);
    expect(rssBytes).to.be.above(100_000);
  });

  it('counts the time of children that have ended', async () => {
    const pid = shell('i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done & wait; sleep 60');
    const { cpuTicks, pids } = await whenIt(
      'the loop to be over',
      pid,
      ({ cpuTicks: ticks, pids: alive }) => ticks > 2 && alive.length === 2,
    );
    expect(cpuTicks).to.be.above(2);
    expect(pids).to.have.length(2);
  });

  it('counts open files', async () => {
    const [few, many] = [shell('exec sleep 60'), shell('exec sleep 60', 20)];
    const countOf = (pid: number) => read(pid)?.openFiles ?? 0;
    await waitFor('twenty more files', () => (countOf(many) === countOf(few) + 20 ? true : undefined));
    expect(countOf(few)).to.be.above(2);
  });

  it('knows nothing of a process that is gone', () => {
    expect(read(2 ** 22 + 1)).to.equal(undefined);
  });

  it('proves the memory of processes without counting twice what they share', async () => {
    const pid = shell('sh -c "sleep 60; :" & sh -c "sleep 60; :" & wait');
    const { pids, rssBytes } = await whenIt('five processes', pid, (usage) => usage.pids.length === 5);
    expect(provenMemoryBytes(pids)).to.be.within(1, rssBytes - 1);
    expect(provenMemoryBytes([2 ** 22 + 1])).to.equal(undefined);
  });
});

describe('the units of the kernel', () => {
  it('are not known where there is no /proc', () => {
    expect(kernelUnits('/nowhere/auxv')).to.equal(undefined);
    expect(kernelUnits('/dev/null')).to.equal(undefined);
  });
});
