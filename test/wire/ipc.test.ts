/** A server that listens on a socket file beside its port. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Router } from 'zeromq';
import { limits } from '../../common/core/limits.js';
import { ipcEndpoint, socketFileOf } from '../../common/wire/endpoint.js';
import { expectRejection } from '../support/expect-error.js';
import { useTempFolder } from '../support/temp-folder.js';
import { until } from '../support/wait-for.js';
import { type Answers, WireWorld } from './wire-world.js';

describe('a server with a socket file', () => {
  let world: WireWorld;
  let answers: Answers;
  const folder = useTempFolder();
  let ipc: string;
  beforeEach(() => {
    world = new WireWorld();
    answers = world.answers;
    ipc = ipcEndpoint(join(folder.path, 'server'));
  });
  afterEach(() => world.close());

  it('answers there and at its port, and removes the file when it closes', async () => {
    const server = await world.server(answers.handle, { ipc });
    expect(server.ipc).to.equal(ipc);
    const [near, far] = [world.client(server.ipc), world.client(server.endpoint)];
    expect(await Promise.all([near.send('echo', 'near'), far.send('echo', 'far')])).to.deep.equal(['near', 'far']);
    expect(statSync(socketFileOf(ipc)).mode & 0o777).to.equal(0o600);
    await server.close();
    expect(existsSync(socketFileOf(ipc))).to.equal(false);
  });

  it('takes the place of one that was killed', async () => {
    // It is closed without an unbind, and its file put back.
    const killed = new Router({ linger: 0 });
    await killed.bind(ipc);
    const server = await world.server(answers.handle, { ipc });
    expect(await world.client(server.ipc).send('echo', 'served')).to.equal('served');
    killed.close();
  });

  it('serves by its port alone where it can have no file, and says why', async () => {
    const told: unknown[] = [];
    const nowhere = ipcEndpoint(join(folder.path, 'missing', 'server'));
    const onWithoutIpc = (error: unknown) => told.push(error);
    const server = await world.server(answers.handle, { ipc: nowhere, onWithoutIpc });
    expect(server.ipc).to.equal('');
    expect(String(told)).to.contain(nowhere);
    expect(await world.client(server.endpoint).send('echo', 'served')).to.equal('served');
    expect(ipcEndpoint(`/${'x'.repeat(107)}`)).to.equal('');
  });

  it('hears there too that a caller has gone, and fails its callers when it goes itself', async () => {
    let codes: string[] = [];
    const server = await world.server(
      (asked) => {
        asked.onAbandoned(({ code }) => codes.push(code));
        return new Promise(() => undefined);
      },
      { ipc },
    );
    const goes = world.client(ipc);
    const lost = expectRejection('CLOSED', goes.send('never', {}));
    await until(() => server.counters.requests === 1);
    goes.close();
    await lost;
    await until(() => codes.length === 1);
    expect(codes).to.deep.equal(['CONNECTION_LOST']);
    codes = [];
    const client = world.client(ipc);
    const out = expectRejection('CLOSED', client.send('never', {}));
    await until(() => server.counters.requests === 2);
    await server.close();
    await out;
    await until(() => !client.up);
  }).timeout(limits.closeTimeoutMs + 20_000);
});
