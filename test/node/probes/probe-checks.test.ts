/** Each kind of probe against the real thing: sockets, an HTTP server, files, programs. */
import { appendFileSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Check } from '../../../agents/node/probes/probe.js';
import { execCheck } from '../../../agents/node/probes/probe-exec.js';
import { fileCheck } from '../../../agents/node/probes/probe-file.js';
import { httpCheck } from '../../../agents/node/probes/probe-http.js';
import { logCheck } from '../../../agents/node/probes/probe-log.js';
import { tcpCheck } from '../../../agents/node/probes/probe-tcp.js';
import { systemClock } from '../../../common/core/clock.js';
import { limits } from '../../../common/core/limits.js';
import { findProcesses } from '../../../common/core/process-scan.js';
import { useTempFolder } from '../../support/temp-folder.js';
import { waitUntil } from '../../support/wait-for.js';

/** What is wrong; empty when it is well. */
const ask = (check: Check, signal = new AbortController().signal): Promise<string> =>
  check(signal).then(
    () => '',
    (error: unknown) => String(error).replace('Error: ', ''),
  );
const abortAfter = (ms: number): AbortSignal => AbortSignal.timeout(ms);

describe('a probe', () => {
  const folder = useTempFolder();
  const servers: (Server | TcpServer)[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  function listen(server: Server | TcpServer): Promise<number> {
    servers.push(server);
    return new Promise((resolve) => {
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
  }
  const serve = async (listener: RequestListener) => `http://127.0.0.1:${await listen(createServer(listener))}/`;

  describe('by tcp', () => {
    it('is well while something accepts, and names the address and the fault when nothing does', async () => {
      const server = createTcpServer((socket) => socket.on('error', () => undefined));
      const port = await listen(server);
      const check = tcpCheck({ host: '127.0.0.1', port });
      expect(await ask(check)).to.equal('');
      await new Promise((resolve) => server.close(resolve));
      expect(await ask(check)).to.equal(`127.0.0.1:${port}: ECONNREFUSED`);
    });
  });

  describe('by http', () => {
    it('trusts over TLS whom the certificates that were put by vouch for, and nobody else', async () => {
      const listener: RequestListener = (_, response) => response.end();
      const url = `https://127.0.0.1:${await listen(createSecureServer(IDENTITY, listener))}/`;
      expect(await ask(httpCheck(url))).to.equal(`${url}: DEPTH_ZERO_SELF_SIGNED_CERT`);
      const file = join(folder.path, 'authority.pem');
      writeFileSync(file, IDENTITY.cert);
      process.env['MESH_EXTRA_CA_CERTS'] = file;
      try {
        expect(await ask(httpCheck(url))).to.equal('');
      } finally {
        delete process.env['MESH_EXTRA_CA_CERTS'];
      }
    });

    for (const [status, isWell] of [
      [200, true],
      [204, true],
      [302, true],
      [399, true],
      [400, false],
      [404, false],
      [503, false],
    ] as const) {
      it(`is ${isWell ? 'well' : 'not well'} at a status of ${status}`, async () => {
        const url = await serve((_, response) => response.writeHead(status, { location: '/elsewhere' }).end());
        expect(await ask(httpCheck(url))).to.equal(isWell ? '' : `${url} answered with status ${status}`);
      });
    }

    it('does not follow a redirect', async () => {
      const asked: (string | undefined)[] = [];
      const url = await serve((request, response) => {
        asked.push(request.url);
        response.writeHead(301, { location: '/elsewhere' }).end();
      });
      expect(await ask(httpCheck(url))).to.equal('');
      expect(asked).to.deep.equal(['/']);
    });

    it('is well by the status alone: a body that never ends is not read', async () => {
      const url = await serve((_, response) => void response.writeHead(200).write('x'));
      expect(await ask(httpCheck(url))).to.equal('');
    });

    it('lets go of a server that never answers', async () => {
      const url = await serve(() => undefined);
      expect(await ask(httpCheck(url), abortAfter(30))).to.match(/ABORT/i);
    });

    it('names the address and the fault when nothing listens', async () => {
      const server = createServer();
      const port = await listen(server);
      await new Promise((resolve) => server.close(resolve));
      expect(await ask(httpCheck(`http://127.0.0.1:${port}/`))).to.equal(`http://127.0.0.1:${port}/: ECONNREFUSED`);
    });
  });

  describe('by file', () => {
    it('is well when it exists, however old', async () => {
      const path = join(folder.path, 'ready');
      expect(await ask(fileCheck(path, undefined))).to.equal(`${path}: ENOENT`);
      writeFileSync(path, '');
      utimesSync(path, 1, 1);
      expect(await ask(fileCheck(path, undefined))).to.equal('');
    });

    it('is well while it is changed often enough, where its age counts', async () => {
      const path = join(folder.path, 'beat');
      writeFileSync(path, '');
      expect(await ask(fileCheck(path, 60_000))).to.equal('');
      const changedS = systemClock.wallMs() / 1_000 - 120;
      utimesSync(path, changedS, changedS);
      expect(await ask(fileCheck(path, 60_000))).to.match(/beat was last changed 1[12]\d{4} ms ago/);
    });
  });

  describe('by exec', () => {
    const token = `probe-checks-test-${process.pid}`;
    const check = (executable: string, ...argv: string[]) => {
      const env = { PATH: process.env['PATH'] ?? '', MESH_TOKEN: token };
      return execCheck({ executable, argv, env, cwd: folder.path, timeoutMs: 10_000 });
    };

    it('is well when the program ends with 0, and says how it ended otherwise', async () => {
      expect(await ask(check('true'))).to.equal('');
      expect(await ask(check('sh', '-c', 'exit 3'))).to.equal('sh: exit code 3');
      expect(await ask(check('sh', '-c', 'kill -9 $$'))).to.equal('sh: killed by SIGKILL');
      expect(await ask(check('no-such-program'))).to.match(/no program "no-such-program" on the PATH/);
    });

    it('kills a program that is abandoned, with all that it started', async () => {
      expect(await ask(check('sh', '-c', 'sleep 60 & sleep 60'), abortAfter(50))).to.match(/killed/);
      await waitUntil('nothing of it to be left', () => findProcesses(token).length === 0);
    });
  });

  describe('by a line of the log', () => {
    const log = () => join(folder.path, 'agent.log');
    const write = (text: string) => appendFileSync(log(), text);
    beforeEach(() => write('listening (an earlier incarnation)\n'));
    const sizeOf = () => 'listening (an earlier incarnation)\n'.length;

    it('looks only at what was written after the launch', async () => {
      const check = logCheck('^listening', log(), sizeOf());
      expect(await ask(check)).to.equal('no line of its output matches ^listening');
      write('opening\nlistening on 80\r\n');
      expect(await ask(check)).to.equal('');
    });

    it('takes a line only when it is whole, however it was written', async () => {
      const check = logCheck('^grün$', log(), sizeOf());
      const bytes = Buffer.from('grün');
      appendFileSync(log(), bytes.subarray(0, 3));
      expect(await ask(check)).to.not.equal('');
      appendFileSync(log(), bytes.subarray(3));
      expect(await ask(check)).to.not.equal('');
      write('\n');
      expect(await ask(check)).to.equal('');
    });

    it('stays well after the line has scrolled away', async () => {
      const check = logCheck('ready', log(), sizeOf());
      write('ready\n');
      expect(await ask(check)).to.equal('');
      truncateSync(log(), 0);
      expect(await ask(check)).to.equal('');
    });

    it('reads on from the beginning when the log was rotated', async () => {
      const check = logCheck('ready', log(), sizeOf());
      write(`${'working\n'.repeat(100)}rea`);
      expect(await ask(check)).to.not.equal('');
      truncateSync(log(), 0);
      write('ready\n');
      expect(await ask(check)).to.equal('');
    });

    it('finds the line behind megabytes of others, and stops looking when its time is over', async () => {
      const check = logCheck('^ready$', log(), sizeOf());
      write(`${'x'.repeat(100)}\n`.repeat(80_000));
      write('ready\n');
      const aborted = new AbortController();
      aborted.abort();
      expect(await ask(check, aborted.signal)).to.not.equal('');
      expect(await ask(check)).to.equal('');
    });

    it('looks at the beginning of a long line only: a pattern that backtracks costs a bounded time', async () => {
      const check = logCheck('far', log(), sizeOf());
      write(`${'x'.repeat(limits.probeLineMax)}far\n`);
      expect(await ask(check)).to.not.equal('');
      write(`near and far\n`);
      expect(await ask(check)).to.equal('');
    });

    it('says that the log is missing', async () => {
      expect(await ask(logCheck('x', join(folder.path, 'none'), 0))).to.equal('its log cannot be read: ENOENT');
    });
  });
});

/** Of 127.0.0.1, vouched for by itself; made for this test. */
const IDENTITY = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgv17DJyGV8eR2pM+7
xj8EZG77cyjteU1UpHHzVEq0m1mhRANCAASsckllROSGTXjlk9WAW/Yh6FxmgNes
rMan7FUEq7bb3mhJ+DDCHx6X+1rfI4ZV7rKEEVM7X2Huc6/G3/2WmC2T
-----END PRIVATE KEY-----`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBUzCB+qADAgECAgEBMAoGCCqGSM49BAMCMBAxDjAMBgNVBAMMBXByb2JlMCAX
DTIwMDEwMTAwMDAwMFoYDzIxMjAwMTAxMDAwMDAwWjAQMQ4wDAYDVQQDDAVwcm9i
ZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABKxySWVE5IZNeOWT1YBb9iHoXGaA
16ysxqfsVQSrttveaEn4MMIfHpf7Wt8jhlXusoQRUztfYe5zr8bf/ZaYLZOjQzBB
MA8GA1UdEQQIMAaHBH8AAAEwDwYDVR0TAQH/BAUwAwEB/zAdBgNVHQ4EFgQUCcpB
lmGqK6CGKne4pAiby8Ztf3swCgYIKoZIzj0EAwIDSAAwRQIhANmxdJ9fIqtFkMOb
YrHvVCh74j1FEjdqm5HclfDXmtFWAiBOI/tk5aod8oRkH3EAW7LLy8ZL2CYP3Ogo
VRDzO8o5ow==
-----END CERTIFICATE-----`,
};
