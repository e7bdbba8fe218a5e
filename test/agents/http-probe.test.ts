import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';
import { expect } from 'chai';
import { ProbeConfig, targetsOf } from '../../agents/http-probe/probe-config.js';
import { Prober } from '../../agents/http-probe/prober.js';
import { compile } from '../../common/protocol/schema.js';
import { expectError, expectRejection } from '../support/expect-error.js';
import { FakeContext } from '../support/fakes/fake-context.js';
import { until } from '../support/wait-for.js';

const configSchema = compile<ProbeConfig>(ProbeConfig);
const configOf = (config: object) => configSchema.assert(config, 'the configuration', 'CONFIG_INVALID');
const servers: (Server | TcpServer)[] = [];

async function listening<S extends Server | TcpServer>(server: S): Promise<{ server: S; at: string }> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  servers.push(server);
  return { server, at: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const httpAt = async (handle: RequestListener) => `http://${(await listening(createServer(handle))).at}`;

/** An address where nobody listens any more. */
async function deserted(): Promise<string> {
  const { server, at } = await listening(createTcpServer());
  server.close();
  await once(server, 'close');
  return at;
}

function probing(target: object, settings: object = {}) {
  const context = new FakeContext({ config: configOf({ targets: [{ name: 'it', ...target }], ...settings }) });
  const prober = new Prober(context);
  const check = async () => {
    const [probed] = await prober.checkAll();
    await probed?.told;
    return probed?.result;
  };
  return { context, prober, check, codes: () => context.store.reports.map(({ code }) => code) };
}

afterEach(async () => {
  for (const server of servers.splice(0)) {
    if ('closeAllConnections' in server) server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  }
});

describe('a probe of a url', () => {
  const rows: readonly (readonly [status: number, expectStatus: number | undefined, ok: boolean])[] = [
    [200, undefined, true],
    [204, undefined, true],
    [302, undefined, true],
    [404, undefined, false],
    [500, undefined, false],
    [404, 404, true],
    [200, 404, false],
  ];
  for (const [status, expectStatus, ok] of rows) {
    it(`${ok ? 'is content with' : 'fails on'} ${status}${expectStatus === undefined ? '' : ` where ${expectStatus} is expected`}`, async () => {
      const url = await httpAt((_, response) => response.writeHead(status, { location: '/elsewhere' }).end());
      const { check, context } = probing({ url, ...(expectStatus === undefined ? {} : { expectStatus }) });
      const result = await check();
      expect(result).to.include({ target: 'it', ok, status });
      expect(result?.latencyMs).to.be.a('number').at.least(0);
      expect(context.published).to.deep.equal([{ topic: 'probe.it.result', body: result }]);
    });
  }

  it('asks for what is written and nothing else, and follows no redirect', async () => {
    const asked: string[] = [];
    const url = await httpAt((request, response) => {
      asked.push(`${request.method} ${request.url} ${request.headers.connection}`);
      response.writeHead(301, { location: '/elsewhere' }).end();
    });
    expect(await probing({ url: `${url}/path?a=b` }).check()).to.include({ ok: true, status: 301 });
    expect(asked).to.deep.equal(['GET /path?a=b close']);
  });

  it('does not read a body without end', async () => {
    let isClosed = false;
    const url = await httpAt((_, response) => {
      const pump = () => {
        while (!isClosed && response.write(Buffer.alloc(16_384)));
      };
      response.on('drain', pump).on('close', () => {
        isClosed = true;
      });
      pump();
    });
    expect(await probing({ url }).check()).to.include({ ok: true, status: 200 });
    await until(() => isClosed);
  });

  it('gives up when no answer comes in time', async () => {
    const url = await httpAt(() => undefined);
    const result = await probing({ url }, { timeoutMs: 50 }).check();
    expect(result).to.include({ ok: false, error: 'no answer within 50 ms' });
  });

  it('fails when nobody listens, and when what answers speaks something else', async () => {
    expect((await probing({ url: `http://${await deserted()}` }).check())?.error).to.include('ECONNREFUSED');
    const { at } = await listening(createTcpServer((socket) => socket.end('+PONG\r\n').resume()));
    expect(await probing({ url: `http://${at}` }).check())
      .to.include({ ok: false })
      .and.have.property('error');
    const url = await httpAt((_, response) => response.end());
    expect(await probing({ url: url.replace('http:', 'https:') }).check()).to.include({ ok: false });
  });

  it('keeps what stands behind the ? of a url to itself', async () => {
    const { check, context } = probing({ url: `http://${await deserted()}/path?token=secret` });
    await check();
    expect(JSON.stringify(context.store.records)).to.include('/path').and.not.include('secret');
  });
});

describe('a probe of a tcp port', () => {
  it('connects and takes its leave, though it is greeted', async () => {
    const goodbyes: boolean[] = [];
    const { at } = await listening(
      createTcpServer((socket: Socket) => {
        socket.write('welcome to this server\r\n');
        socket.on('close', (hadError) => goodbyes.push(hadError)).resume();
      }),
    );
    const result = await probing({ tcp: at }).check();
    expect(result).to.include({ target: 'it', ok: true }).and.not.have.property('status');
    await until(() => goodbyes.length === 1);
    expect(goodbyes).to.deep.equal([false]);
  });

  it('does not wait for ever on one that keeps the line', async () => {
    let isClosed = false;
    const { at } = await listening(
      createTcpServer({ allowHalfOpen: true }, (socket) => {
        socket
          .on('error', () => undefined)
          .on('close', () => {
            isClosed = true;
          });
        const pump = () => {
          while (!isClosed && socket.write(Buffer.alloc(1_024)));
        };
        socket.on('drain', pump).resume();
        pump();
      }),
    );
    expect(await probing({ tcp: at }).check()).to.include({ ok: true });
    await until(() => isClosed);
  });

  it('fails where nobody listens', async () => {
    const result = await probing({ tcp: await deserted() }).check();
    expect(result).to.include({ ok: false });
    expect(result?.error).to.include('ECONNREFUSED');
  });
});

describe('a prober', () => {
  it('reports the first failure and the recovery, and publishes every result', async () => {
    let status = 500;
    const url = await httpAt((_, response) => response.writeHead(status).end());
    const { check, context } = probing({ url });
    await check();
    await check();
    status = 200;
    await check();
    await check();
    status = 503;
    await check();
    const told = context.store.reports.map(({ code, severity, message }) => [code, severity, message]);
    expect(told).to.deep.equal([
      ['PROBE_FAILED', 'error', `it failed at ${url}/: status 500`],
      ['PROBE_RECOVERED', 'info', `it answers again at ${url}/`],
      ['PROBE_FAILED', 'error', `it failed at ${url}/: status 503`],
    ]);
    expect(context.published).to.have.length(5);
  });

  it('reports nothing of a target that is well from the beginning', async () => {
    const { check, codes } = probing({ url: await httpAt((_, response) => response.end()) });
    await check();
    expect(codes()).to.deep.equal([]);
  });

  it('asks no more targets at a time than it may', async () => {
    let now = 0;
    let most = 0;
    const url = await httpAt((_, response) => {
      most = Math.max(most, ++now);
      setImmediate(() => {
        now--;
        response.end();
      });
    });
    const targets = Array.from({ length: 12 }, (_, n) => ({ name: `t${n}`, url }));
    const context = new FakeContext({ config: configOf({ targets, concurrency: 3 }) });
    const probed = await new Prober(context).checkAll();
    expect(probed.map(({ result }) => result.ok)).to.deep.equal(targets.map(() => true));
    expect(most).to.be.within(1, 3);
  });

  it('says nothing of a target because it is itself asked to end', async () => {
    const url = await httpAt(() => undefined);
    const { context, prober } = probing({ url }, { timeoutMs: 60_000 });
    const checking = prober.checkAll();
    context.end();
    for (const { result } of await checking) expect(result.ok).to.equal(false);
    expect(context.published).to.deep.equal([]);
    expect(context.store.records).to.deep.equal([]);
  });

  it('checks one target now when it is asked to, and knows which it has', async () => {
    const { prober } = probing({ url: await httpAt((_, response) => response.end()) });
    expect(await prober.check('it')).to.include({ ok: true });
    expect((await expectRejection('NOT_FOUND', prober.check('that'))).hint).to.include('it');
  });
});

describe('a target of a probe', () => {
  const refused: readonly (readonly [title: string, target: object])[] = [
    ['neither url nor tcp', {}],
    ['both', { url: 'http://a', tcp: 'a:1' }],
    ['another scheme', { url: 'file:///etc/passwd' }],
    ['no url at all', { url: 'nonsense' }],
    ['a password', { url: 'http://user:secret@host/' }],
    ['no port', { tcp: 'host' }],
    ['port 0', { tcp: 'host:0' }],
    ['a port that is none', { tcp: 'host:65536' }],
    ['a bare IPv6 address', { tcp: '::1:80' }],
    ['a status of a tcp port', { tcp: 'host:1', expectStatus: 200 }],
  ];
  for (const [title, target] of refused) {
    it(`is refused with ${title}`, () => {
      const config = configOf({ targets: [{ name: 'bad', ...target }] });
      expect(expectError('CONFIG_INVALID', () => targetsOf(config)).message).to.include('target bad');
    });
  }

  it('is refused when another one has its name', () => {
    const targets = [1, 2].map((port) => ({ name: 'twin', tcp: `host:${port}` }));
    expectError('CONFIG_INVALID', () => targetsOf(configOf({ targets })));
  });

  it('may be an address of either kind', () => {
    const addresses = ['localhost:80', '10.0.0.1:443', '[::1]:8080'];
    const targets = targetsOf(configOf({ targets: addresses.map((tcp, n) => ({ name: `t${n}`, tcp })) }));
    const parsed = targets.map((target) => (target.kind === 'tcp' ? [target.host, target.port] : []));
    expect(parsed).to.deep.equal([
      ['localhost', 80],
      ['10.0.0.1', 443],
      ['::1', 8080],
    ]);
  });
});
