/** A webhook goes where its route says, to an address that was checked, and nowhere else: a real listener counts who comes. */
import { expect } from 'chai';
import type { Resolve, ResolvedAddress } from '../../agents/alerter/routes/checked-address.js';
import type { Delivery } from '../../agents/alerter/routes/delivery.js';
import { tellWebhook } from '../../agents/alerter/routes/webhook.js';
import { limits } from '../../common/core/limits.js';
import type { WebhookRoute } from '../../common/protocol/alert-rule.js';
import { Listener } from '../support/fakes/listener.js';
import { noticeFor } from './alert-world.js';

/** A name server that says one thing after the other, and the last one from then on. */
function names(...answers: (readonly string[])[]): Resolve & { asked: number } {
  const resolve = async (): Promise<readonly ResolvedAddress[]> => {
    const addresses = answers[Math.min(resolve.asked++, answers.length - 1)] ?? [];
    return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  };
  resolve.asked = 0;
  return resolve;
}

describe('a webhook', () => {
  let listener: Listener;
  beforeEach(async () => {
    listener = await Listener.open();
  });
  afterEach(() => listener.close());

  const tell = (
    rest: Partial<WebhookRoute>,
    resolve: Resolve = names(['127.0.0.1']),
    env: NodeJS.ProcessEnv = {},
  ): Promise<Delivery> => {
    const url = `http://hooks.example.com:${listener.port}/night`;
    const route: WebhookRoute = {
      name: 'hook',
      kind: 'webhook',
      url,
      headers: {},
      allowPrivate: true,
      timeoutMs: 5_000,
      ...rest,
    };
    return tellWebhook(route, noticeFor(), { env, resolve });
  };
  const there = (host: string) => `http://${host}:${listener.port}/`;

  it('is told the notice as JSON with a text that chats show, and the headers of the route', async () => {
    const headers = { authorization: { env: 'TOKEN' }, 'x-from': 'mesh' };
    expect(await tell({ headers }, undefined, { TOKEN: 'Bearer x' })).to.deep.equal({
      ok: true,
      said: 'it answered 204',
    });
    const [{ request, body } = { request: undefined, body: '' }] = listener.requests;
    expect(request?.method).to.equal('POST');
    expect(request?.headers).to.deep.include({
      ...{ host: `hooks.example.com:${listener.port}`, authorization: 'Bearer x', 'x-from': 'mesh' },
      'content-type': 'application/json',
    });
    expect(JSON.parse(body)).to.deep.equal({ ...noticeFor() });
    expect(JSON.parse(body).text).to.be.a('string');
  });

  describe('that is led inside is refused, and nobody hears of it', () => {
    const inside: readonly (readonly [string, (listener: Listener) => string, readonly string[]])[] = [
      ['loopback', () => there('127.0.0.1'), []],
      ['loopback of IPv6', () => there('[::1]'), []],
      ['IPv4 in IPv6', () => there('[::ffff:127.0.0.1]'), []],
      ['the metadata of a cloud', () => there('169.254.169.254'), []],
      ['a decimal address', () => there('2130706433'), []],
      ['an octal address', () => there('0177.0.0.1'), []],
      ['a hexadecimal address', () => there('0x7f000001'), []],
      ['a short address', () => there('127.1'), []],
      ['all addresses', () => there('0.0.0.0'), []],
      ['localhost', () => there('localhost'), ['127.0.0.1', '::1']],
      ['a name of the inside', () => there('inside.example.com'), ['10.1.2.3']],
      ['a name of loopback', () => there('inside.example.com'), ['127.0.0.1']],
      ['a name of IPv4 in IPv6', () => there('inside.example.com'), ['::ffff:127.0.0.1']],
      ['a name of metadata', () => there('inside.example.com'), ['169.254.169.254']],
      ['a name of the outside and the inside', () => there('both.example.com'), ['93.184.216.34', '127.0.0.1']],
    ];
    for (const [title, url, addresses] of inside) {
      it(title, async () => {
        const { ok, isFinal, said } = await tell({ url: url(listener), allowPrivate: false }, names(addresses));
        expect({ ok, isFinal }).to.deep.equal({ ok: false, isFinal: true });
        expect(said).to.match(/inside of this network|nothing is ever sent|hides the address/);
        expect(listener.connections).to.equal(0);
      });
    }

    it('a URL that a variable holds', async () => {
      const { isFinal } = await tell({ url: { env: 'URL' }, allowPrivate: false }, undefined, {
        URL: there('127.0.0.1'),
      });
      expect(isFinal).to.equal(true);
      expect(listener.connections).to.equal(0);
    });

    it('without a word of its path, which is the key of many a webhook', async () => {
      for (const URL of [`${there('10.1.2.3')}services/S3CRET?k=S3CRET`, 'ftp://x/S3CRET', 'https//x/S3CRET']) {
        const { said } = await tell({ url: { env: 'URL' }, allowPrivate: false }, undefined, { URL });
        expect(said).to.not.include('S3CRET');
      }
    });

    it('metadata even where the inside is allowed', async () => {
      expect(await tell({}, names(['169.254.169.254']))).to.include({ ok: false, isFinal: true });
      expect(listener.connections).to.equal(0);
    });
  });

  it('goes to the address that was checked, whatever its name leads to a moment later', async () => {
    const rebinding = names(['192.0.2.1'], ['127.0.0.1']);
    expect((await tell({ allowPrivate: false }, rebinding)).said).to.contain('192.0.2.1');
    expect(listener.connections).to.equal(0);
    const back = names(['127.0.0.1'], ['192.0.2.1']);
    expect(await tell({}, back)).to.include({ ok: true });
    expect(back.asked).to.equal(1);
    expect(listener.connections).to.equal(1);
  });

  it('follows no redirect', async () => {
    const second = await Listener.open();
    try {
      listener.answer = (_request, response) =>
        response.writeHead(302, { location: `http://127.0.0.1:${second.port}/` }).end();
      expect(await tell({})).to.deep.equal({
        ...{ ok: false, isFinal: true, said: 'it answered 302; redirects are not followed' },
      });
      expect(second.connections).to.equal(0);
    } finally {
      await second.close();
    }
  });

  it('is tried again when the other side may be well later, and not when it refuses', async () => {
    for (const [status, isFinal] of [
      [500, false],
      [503, false],
      [429, false],
      [408, false],
      [400, true],
      [404, true],
      [410, true],
    ] as const) {
      listener.answer = (_request, response) => response.writeHead(status).end('so  what\n');
      expect(await tell({}), String(status)).to.deep.equal({
        ok: false,
        isFinal,
        said: `it answered ${status}: so what`,
      });
    }
  });

  it('is given up when it takes too long, also in the middle of its answer', async () => {
    listener.answer = () => undefined;
    const late = { ok: false, isFinal: false, said: 'it took longer than 100 ms' };
    expect(await tell({ timeoutMs: 100 })).to.deep.equal(late);
    listener.answer = (_request, response) => response.writeHead(200).write('and then');
    expect(await tell({ timeoutMs: 100 })).to.deep.equal(late);
    const never: Resolve = () => new Promise(() => undefined);
    expect(await tell({ timeoutMs: 100 }, never)).to.deep.equal(late);
  });

  it('reads a bounded part of an answer without end', async () => {
    let written = 0;
    listener.answer = (_request, response) => {
      response.writeHead(200);
      const more = () => {
        written += 1_024;
        if (!response.destroyed) response.write('x'.repeat(1_024), () => setImmediate(more));
      };
      more();
    };
    expect(await tell({})).to.include({ ok: true });
    expect(written).to.be.below(limits.alertAnswerBytesMax * 64);
  });

  it('says which variable is missing, and which name leads nowhere', async () => {
    const { said } = await tell({ headers: { authorization: { env: 'TOKEN' } } });
    expect(said).to.contain('header authorization is to be in TOKEN');
    const nowhere: Resolve = () => Promise.reject(new Error('ENOTFOUND'));
    expect((await tell({}, nowhere)).said).to.equal('hooks.example.com cannot be resolved: ENOTFOUND');
    expect((await tell({}, names([]))).said).to.equal('hooks.example.com has no address');
  });
});
