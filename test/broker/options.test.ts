import { expect } from 'chai';
import { readBrokerOptions } from '../../broker/options.js';
import { expectError } from '../support/expect-error.js';

const bind = { broker: 'tcp://127.0.0.1:1', publish: 'tcp://127.0.0.1:2', subscribe: 'tcp://127.0.0.1:3' };
const relay = { machine: 'pc2', role: 'secondary', epoch: 1, bind };
const central = {
  ...relay,
  machine: 'main',
  role: 'main',
  bind: { ...bind, registry: 'tcp://127.0.0.1:4', log: 'tcp://127.0.0.1:5' },
  logFile: '/data/mesh.db',
};

describe('the part of a broker', () => {
  it('of a secondary machine makes a relay', () => {
    expect(readBrokerOptions(JSON.stringify(relay))).to.deep.include({ machine: 'pc2', central: undefined });
  });

  it('of the main machine has registry, log and its file, and may carry the endpoint of the node', () => {
    const part = { ...central, bind: { ...central.bind, node: 'tcp://127.0.0.1:6' }, logLevel: 'warn' };
    const options = readBrokerOptions(JSON.stringify(part));
    expect(options).to.deep.include({ epoch: 1, logLevel: 'warn' });
    expect(options.central).to.deep.equal({
      registry: 'tcp://127.0.0.1:4',
      log: 'tcp://127.0.0.1:5',
      logFile: '/data/mesh.db',
    });
  });

  const refused: [what: string, text: string | undefined, words: RegExp][] = [
    ['is missing', undefined, /MESH_BROKER is not set/],
    ['is no JSON', '{', /not JSON/],
    ['is no object', '[]', /must be object/],
    ['lacks a role', JSON.stringify({ ...relay, role: undefined }), /lacks "role"/],
    ['has a role that there is not', JSON.stringify({ ...relay, role: 'third' }), /main, secondary/],
    ['has an unknown key', JSON.stringify({ ...relay, rôle: 'main' }), /unknown key/],
    ['has a log level that there is not', JSON.stringify({ ...relay, logLevel: 'loud' }), /logLevel/],
    ['is for main and lacks a file', JSON.stringify({ ...central, logFile: undefined }), /logFile/],
    ['is for main and lacks an endpoint', JSON.stringify({ ...central, bind }), /bind\.registry/],
  ];
  for (const [what, text, words] of refused) {
    it(`that ${what} is refused`, () => {
      expect(expectError('CONFIG_INVALID', () => readBrokerOptions(text)).message).to.match(words);
    });
  }
});
