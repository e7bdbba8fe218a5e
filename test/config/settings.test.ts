/** The settings of a process: where they come from, and what is refused under which name. */
import { expect } from 'chai';
import { readSettings, type SettingsFlags } from '../../common/config/settings.js';
import { refusalOf } from './fleet-folder.js';

const read = (env: NodeJS.ProcessEnv, flags: SettingsFlags = {}) => readSettings({ env, flags, cwd: '/fleet' });

describe('settings', () => {
  it('have defaults', () => {
    expect(read({})).to.deep.equal({ home: '/fleet', logLevel: 'info', color: true });
  });

  it('come from the environment', () => {
    const env = { MESH_HOME: 'sub', MESH_ENV: 'staging', MESH_MACHINE: 'pc2', MESH_LOG_LEVEL: 'debug', NO_COLOR: '1' };
    expect(read(env)).to.deep.equal({
      home: '/fleet/sub',
      environment: 'staging',
      machine: 'pc2',
      logLevel: 'debug',
      color: false,
    });
  });

  it('come from flags first', () => {
    const env = { MESH_HOME: '/a', MESH_ENV: 'a', MESH_MACHINE: 'a', MESH_LOG_LEVEL: 'error' };
    const flags = { home: '/b', environment: 'b', machine: 'b', logLevel: 'trace' };
    expect(read(env, flags)).to.deep.equal({ ...flags, color: true });
  });

  it('take an empty variable as one that is not set', () => {
    expect(read({ MESH_HOME: '', MESH_ENV: '', MESH_MACHINE: '', MESH_LOG_LEVEL: '', NO_COLOR: '' })).to.deep.equal(
      read({}),
    );
  });

  it('do not read the arguments or variables of the process by themselves', () => {
    process.env['MESH_ENV'] = 'leak';
    try {
      expect(read({}).environment).to.equal(undefined);
    } finally {
      delete process.env['MESH_ENV'];
    }
  });

  const rule = 'must be a name (lower-case letters, digits and hyphens, a letter first, at most 64)';
  const rows: readonly (readonly [NodeJS.ProcessEnv, SettingsFlags, string])[] = [
    [{ MESH_ENV: 'Prod 1' }, {}, `MESH_ENV: ${rule}: value was "Prod 1"`],
    [{ MESH_ENV: '../../etc' }, {}, `MESH_ENV: ${rule}: value was "../../etc"`],
    [{ MESH_MACHINE: 'PC2' }, {}, `MESH_MACHINE: ${rule}: value was "PC2"`],
    [{ MESH_MACHINE: 'pc2' }, { machine: 'P' }, `--machine: ${rule}: value was "P"`],
    [
      { MESH_LOG_LEVEL: 'wran' },
      {},
      'MESH_LOG_LEVEL: must be one of trace, debug, info, warn, error, fatal, silent; did you mean warn?: value was "wran"',
    ],
    [{ MESH_HOME: 'a\0b' }, {}, 'MESH_HOME: must not contain a zero byte: value was "a\\u0000b"'],
    [{ MESH_HOEM: '/x' }, {}, 'MESH_HOEM: is not a setting; did you mean MESH_HOME?'],
  ];
  for (const [env, flags, says] of rows) {
    it(`are refused: ${says}`, () => {
      const error = refusalOf(() => read(env, flags));
      expect(error.code).to.equal('CONFIG_INVALID');
      expect(error.message).to.equal(says);
    });
  }

  it('name every bad value at once', () => {
    const error = refusalOf(() => read({ MESH_ENV: 'A', MESH_MACHINE: 'B', MESH_MACHIN: 'c' }));
    expect(error.message.split('\n').map((line) => line.split(':')[0])).to.have.members([
      'MESH_MACHIN',
      'MESH_ENV',
      'MESH_MACHINE',
    ]);
  });

  it('leave the variables of others alone', () => {
    expect(read({ MESH_AGENT: 'x', MESH_SOMETHING_ELSE: 'y', PATH: '/bin' })).to.deep.equal(read({}));
  });
});
