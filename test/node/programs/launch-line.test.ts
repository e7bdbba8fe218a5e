import { expect } from 'chai';
import { launchLine, type Program } from '../../../agents/node/programs/launch-line.js';
import { accountOf, assertMayBecome, type UserAccount } from '../../../agents/node/programs/user-account.js';
import { expectError } from '../../support/expect-error.js';

const PATH = '/usr/local/bin:/usr/bin:/bin';
const program: Program = { executable: 'sh', argv: ['-c', 'true'], env: { PATH }, cwd: '/' };
const bob: UserAccount = { name: 'bob', uid: 1_001, gid: 1_002, home: '/home/bob' };
const root = { uid: 0, nice: 0 };

describe('the command line that starts a program', () => {
  const lineOf = (...args: Parameters<typeof launchLine>) => {
    const { executable, argv } = launchLine(...args);
    return [executable, ...argv].join(' ');
  };

  it('is the program itself where nothing is asked', () => {
    expect(launchLine(program, undefined, root)).to.deep.equal(program);
  });

  it('changes the user with all its groups, and before that the priority, which only root may raise', () => {
    expect(lineOf({ ...program, nice: -5 }, bob, root)).to.equal(
      'nice -n -5 -- setpriv --reuid=1001 --regid=1002 --init-groups -- sh -c true',
    );
  });

  it('means the priority that counts in the end, whatever the node has', () => {
    expect(lineOf({ ...program, nice: 10 }, undefined, { uid: 7, nice: 4 })).to.equal('nice -n 6 -- sh -c true');
    expect(lineOf({ ...program, nice: 4 }, undefined, { uid: 7, nice: 4 })).to.equal('sh -c true');
  });

  it('does not change to the user that the node is', () => {
    expect(lineOf(program, bob, { uid: 1_001, nice: 0 })).to.equal('sh -c true');
  });

  it('gives a user its own HOME and name, unless the set says otherwise', () => {
    expect(launchLine(program, bob, root).env).to.include({ HOME: '/home/bob', USER: 'bob', LOGNAME: 'bob' });
    const env = { PATH, HOME: '/elsewhere' };
    expect(launchLine({ ...program, env }, bob, root).env).to.include({ HOME: '/elsewhere', USER: 'bob' });
  });

  it('is refused where only root may raise a priority', () => {
    const error = expectError('START_FAILED', () =>
      launchLine({ ...program, nice: -1 }, undefined, { uid: 7, nice: 0 }),
    );
    expect(error.message).to.equal('only root may give a process nice -1; the node has 0');
  });

  it('names the tool that a machine lacks', () => {
    const poor = { ...program, executable: '/bin/sh', env: { PATH: '/nowhere' } };
    expect(expectError('START_FAILED', () => launchLine(poor, bob, root)).message).to.match(/no "setpriv"/);
    expect(expectError('START_FAILED', () => launchLine({ ...poor, nice: 3 }, undefined, root)).message).to.match(
      /no "nice"/,
    );
  });
});

describe('a user', () => {
  const passwd = 'root:x:0:0:root:/root:/bin/sh\nbob:x:1001:1002:Bob,,,:/home/bob:/bin/sh\nbad:x:one:2::/:\n';
  const nobody = () => '';

  it('is found by name in the file of users', () => {
    expect(accountOf('bob', nobody, passwd)).to.deep.equal(bob);
  });

  it('that no file has is asked of the directory service, and only then', () => {
    const asked: string[] = [];
    const askDirectory = (name: string) => {
      asked.push(name);
      return 'eve:*:2001:2002:Eve:/home/eve:/bin/bash\n';
    };
    accountOf('bob', askDirectory, passwd);
    expect(accountOf('eve', askDirectory, passwd)).to.deep.equal({
      name: 'eve',
      uid: 2_001,
      gid: 2_002,
      home: '/home/eve',
    });
    expect(asked).to.deep.equal(['eve']);
  });

  it('that nobody knows is refused with what to do', () => {
    const { message, hint } = expectError('START_FAILED', () => accountOf('bo', nobody, passwd));
    expect(message).to.equal('there is no user "bo" on this machine');
    expect(hint).to.match(/useradd --system bo/);
    expectError('START_FAILED', () => accountOf('bad', nobody, passwd));
  });

  it('can be changed to by root, and by itself', () => {
    assertMayBecome(bob, 0);
    assertMayBecome(bob, 1_001);
    const { message, hint } = expectError('START_FAILED', () => assertMayBecome(bob, 1_000));
    expect(message).to.match(/does not run as root/);
    expect(hint).to.match(/as root or as bob/);
  });
});
