/** The ports of a fleet, listed and really tried. */
import { createServer, type Server } from 'node:net';
import { expect } from 'chai';
import type { FleetConfig } from '../../common/config/fleet-config.js';
import { isLocalAddress, localMachines } from '../../common/config/machines/local-machine.js';
import { checkPorts, listPorts, refuseTakenPorts } from '../../common/config/machines/ports.js';
import { MeshError } from '../../common/core/errors.js';
import { FleetFolder, refusalOf } from './fleet-folder.js';

/** A listening socket on a port the system picks. */
async function listen(): Promise<{ server: Server; port: number }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new MeshError('INTERNAL', 'no port');
  return { server, port: address.port };
}

const close = (server: Server) => new Promise((resolve) => server.close(resolve));

describe('ports', () => {
  let fleet: FleetFolder;
  beforeEach(() => {
    fleet = new FleetFolder();
  });
  afterEach(() => fleet.close());

  /** The fleet with `port` as the registry of main; its other ports do not matter. */
  function fleetWith(port: number): FleetConfig {
    fleet.write(
      'ports.json',
      '{ "main": { "node": 7400,',
      `"registry": ${port}, "log": 7402, "publish": 7403, "subscribe": 7404, "broker": 7405, "agents": { "echo": 7410 } },`,
      '"pc2": { "node": 7400, "publish": 7403, "subscribe": 7404, "broker": 7405 } }',
    );
    fleet.write(
      'config/mesh.yaml',
      'mesh: test',
      'security: insecure',
      'machines:',
      '  main: { role: main, address: 127.0.0.1 }',
      '  pc2: { role: secondary, address: 192.0.2.7 }',
    );
    return fleet.load();
  }

  it('are listed with machine, owner and line', () => {
    const rows = listPorts(fleetWith(7401));
    expect(rows.map(({ machine, name, port, owner }) => `${machine} ${name} ${port} ${owner}`)).to.deep.equal([
      'main node 7400 node',
      'main registry 7401 broker',
      'main log 7402 broker',
      'main publish 7403 broker',
      'main subscribe 7404 broker',
      'main broker 7405 broker',
      'main agents.echo 7410 echo',
      'pc2 node 7400 node',
      'pc2 publish 7403 broker',
      'pc2 subscribe 7404 broker',
      'pc2 broker 7405 broker',
    ]);
    expect(rows[1]).to.deep.include({
      protocol: 'tcp',
      address: '127.0.0.1',
      origin: { file: 'ports.json', line: 2, column: 1 },
    });
  });

  it('that somebody listens on are taken, and refused with file, line and next step', async () => {
    const { server, port } = await listen();
    try {
      const registry = listPorts(fleetWith(port)).filter(({ name }) => name === 'registry');
      const checked = await checkPorts(registry);
      expect(checked.map(({ state }) => state)).to.deep.equal(['taken']);
      const error = refusalOf(() => refuseTakenPorts(checked));
      expect(error.code).to.equal('PORT_IN_USE');
      expect(error.message).to.equal(`ports.json:2: port ${port} on 127.0.0.1 (registry of main) is taken`);
      expect(error.hint).to.contain(`ss -ltnp 'sport = :${port}'`);
    } finally {
      await close(server);
    }
  });

  it('that nobody listens on are free, and free again after the check', async () => {
    const { server, port } = await listen();
    await close(server);
    const registry = listPorts(fleetWith(port)).filter(({ name }) => name === 'registry');
    for (let round = 0; round < 2; round++) {
      const checked = await checkPorts(registry);
      expect(checked.map(({ state }) => state)).to.deep.equal(['free']);
      refuseTakenPorts(checked);
    }
  });

  it('of another box are not tried', async () => {
    const rows = listPorts(fleetWith(7401)).filter(({ machine }) => machine === 'pc2');
    expect((await checkPorts(rows)).map(({ state }) => state)).to.deep.equal(['remote', 'remote', 'remote', 'remote']);
  });

  it('that the system denies say why', async () => {
    const row = listPorts(fleetWith(7401)).find(({ name }) => name === 'registry');
    // An address of nobody: the port itself is not the problem.
    const checked = await checkPorts(row === undefined ? [] : [{ ...row, listen: '192.0.2.1' }]);
    expect(checked[0]?.state).to.equal('denied');
    expect(refusalOf(() => refuseTakenPorts(checked)).message)
      .to.contain('is denied: ')
      .and.to.contain('EADDRNOTAVAIL');
  });
});

describe('local machines', () => {
  const interfaces = {
    eth0: [
      { address: '10.1.2.3', netmask: '255.0.0.0', family: 'IPv4' as const, mac: '', internal: false, cidr: null },
    ],
  };

  it('are those whose address is on loopback or on an interface', () => {
    const machines = [
      { name: 'main', address: '10.1.2.3' },
      { name: 'pc2', address: '10.1.2.4' },
      { name: 'pc3', address: '127.0.0.3' },
    ];
    expect(localMachines(machines, interfaces)).to.deep.equal(['main', 'pc3']);
  });

  it('are known by all forms of loopback', () => {
    for (const address of ['127.0.0.1', '127.9.9.9', '::1', '0:0:0:0:0:0:0:1', 'localhost']) {
      expect(isLocalAddress(address, {}), address).to.equal(true);
    }
    for (const address of ['128.0.0.1', '::11', 'fe80::1', '127.example']) {
      expect(isLocalAddress(address, {}, ''), address).to.equal(false);
    }
  });

  it('are known by an address of an interface without a carrier, which only the kernel lists', () => {
    const routes = `Local:
  +-- 10.1.2.0/24 2 0 2
     |-- 10.1.2.0
        /24 link UNICAST
     |-- 10.1.2.3
        /32 host LOCAL
     |-- 10.1.2.255
        /32 link BROADCAST
`;
    expect(isLocalAddress('10.1.2.3', {}, routes)).to.equal(true);
    for (const address of ['10.1.2.0', '10.1.2.4', '10.1.2.255']) {
      expect(isLocalAddress(address, {}, routes), address).to.equal(false);
    }
  });
});
