import { expect } from 'chai';
import { cgroupPlaces, oomKillsIn, settingsOf } from '../../../agents/node/resources/cgroup-place.js';

const V1 = [
  '25 24 0:22 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:9 - cgroup cgroup rw,cpu,cpuacct',
  '26 24 0:23 / /sys/fs/cgroup/memory rw,nosuid shared:10 - cgroup cgroup rw,memory',
].join('\n');
const V2 = '30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate';

describe('where control groups may be made', () => {
  it('in v1 is below the own group of each hierarchy', () => {
    const groups = '5:memory:/user.slice/session-1\n3:cpu,cpuacct:/user.slice\n0::/user.slice';
    expect(cgroupPlaces(V1, groups)).to.deep.equal([
      {
        version: 1,
        folders: {
          memory: '/sys/fs/cgroup/memory/user.slice/session-1',
          cpu: '/sys/fs/cgroup/cpu,cpuacct/user.slice',
        },
      },
    ]);
  });

  it('in v1 is found in a container, whose hierarchy is mounted from its own group on', () => {
    const mounts = '26 24 0:23 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory';
    const memory = (groups: string) => cgroupPlaces(mounts, groups).map(({ folders }) => folders.memory);
    expect(memory('5:memory:/docker/abc')).to.deep.equal(['/sys/fs/cgroup/memory']);
    expect(memory('5:memory:/docker/abc/x')).to.deep.equal(['/sys/fs/cgroup/memory/x']);
    expect(memory('5:memory:/elsewhere')).to.deep.equal([]);
  });

  it('in v2 is beside the leaf of a service that delegates its group', () => {
    expect(cgroupPlaces(V2, '0::/system.slice/mesh.service/mesh-node')).to.deep.equal([
      {
        version: 2,
        folders: {
          memory: '/sys/fs/cgroup/system.slice/mesh.service',
          cpu: '/sys/fs/cgroup/system.slice/mesh.service',
        },
      },
    ]);
  });

  it('in v2 is nowhere in a session or service that somebody else manages', () => {
    expect(cgroupPlaces(V2, '0::/user.slice/user-1000.slice/session-1.scope')).to.deep.equal([]);
    expect(cgroupPlaces(V2, '0::/system.slice/mesh.service')).to.deep.equal([]);
  });

  it('in v2 is the root where nobody manages groups', () => {
    expect(cgroupPlaces(V2, '0::/').map(({ folders }) => folders.cpu)).to.deep.equal(['/sys/fs/cgroup']);
  });

  it('is v2 before v1 where both are mounted, and nowhere without either', () => {
    const versions = (mounts: string, groups: string) => cgroupPlaces(mounts, groups).map(({ version }) => version);
    expect(versions(`${V1}\n${V2}`, '5:memory:/a\n0::/')).to.deep.equal([2, 1]);
    expect(versions('', '')).to.deep.equal([]);
  });
});

describe('a bound', () => {
  const texts = (...[version, controller, figure]: Parameters<typeof settingsOf>) =>
    settingsOf(version, controller, figure).map((setting) => setting.join('='));

  it('is written in the words of its version', () => {
    expect(texts(2, 'memory', 1_024)).to.deep.equal(['memory.max=1024']);
    expect(texts(1, 'memory', 1_024)).to.deep.equal(['memory.limit_in_bytes=1024']);
    expect(texts(2, 'cpu', 150)).to.deep.equal(['cpu.max=150000 100000']);
    expect(texts(1, 'cpu', 25)).to.deep.equal(['cpu.cfs_period_us=100000', 'cpu.cfs_quota_us=25000']);
  });

  it('can be taken back', () => {
    expect(texts(2, 'memory', undefined)).to.deep.equal(['memory.max=max']);
    expect(texts(1, 'memory', undefined)).to.deep.equal(['memory.limit_in_bytes=-1']);
    expect(texts(2, 'cpu', undefined)).to.deep.equal(['cpu.max=max 100000']);
    expect(texts(1, 'cpu', undefined)).to.include('cpu.cfs_quota_us=-1');
  });

  it('tells its kills in both versions', () => {
    expect(oomKillsIn('low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 0\n')).to.equal(2);
    expect(oomKillsIn('oom_kill_disable 0\nunder_oom 0\noom_kill 4\n')).to.equal(4);
    expect(oomKillsIn('')).to.equal(0);
  });
});
