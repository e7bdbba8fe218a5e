/** What a caller says on a stream while it runs, over real sockets: in order, bounded, and with a word when nobody listens. */
import { expect } from 'chai';
import { limits } from '../../common/core/limits.js';
import { encodeRequest, encodeSay } from '../../common/protocol/frames/envelope.js';
import { expectRejection } from '../support/expect-error.js';
import { until } from '../support/wait-for.js';
import { all, streaming } from './streaming.js';
import { FRAME_BYTES_MAX, lines, nextAnswers, WireWorld } from './wire-world.js';

describe('a stream on which its caller speaks', () => {
  let world: WireWorld;
  beforeEach(() => {
    world = new WireWorld();
  });
  afterEach(() => world.close());

  const echo = streaming(async function* (asked) {
    for await (const said of asked.stream?.inbox ?? []) {
      if (said === 'end') return 'ended';
      yield said;
    }
    return 'over';
  });

  it('brings what is said in order, however much', async () => {
    const client = world.client((await world.server(echo)).endpoint);
    const stream = client.openStream('echo', {});
    const speaking = (async () => {
      for (let n = 0; n < 500; n++) await stream.say(n);
      await stream.say('end');
    })();
    expect(await all(stream)).to.deep.equal(Array.from({ length: 500 }, (_, n) => n));
    expect(await stream.result).to.equal('ended');
    await speaking;
    expect(client.counters).to.include({ strayReplies: 0, refusedFrames: 0 });
  });

  it('keeps the speaker waiting until its callee listens, and says when it never did', async () => {
    let finish: () => void = () => undefined;
    const server = await world.server(
      () =>
        new Promise<void>((resolve) => {
          finish = resolve;
        }),
    );
    const stream = world.client(server.endpoint).openStream('deaf', {});
    let heard = false;
    const speaking = stream.say('hello').then(() => {
      heard = true;
    });
    await until(() => server.counters.requests === 1);
    const waiting = Array.from({ length: limits.streamWaitingMax - 1 }, () => stream.say('more'));
    await expectRejection('QUEUE_FULL', stream.say('too much'));
    expect(heard).to.equal(false);
    finish();
    await Promise.all([speaking, ...waiting].map((work) => expectRejection('CLOSED', work)));
    await expectRejection('CLOSED', stream.say('late'));
  });

  it('refuses to say what cannot travel', async () => {
    const stream = world.client((await world.server(echo)).endpoint).openStream('echo', {});
    await expectRejection('INVALID_INPUT', stream.say(new Set()));
    await expectRejection('TOO_LARGE', stream.say('x'.repeat(FRAME_BYTES_MAX)));
    await stream.say('end');
    expect(await stream.result).to.equal('ended');
  });

  it('ends for who says more than there is room for', async () => {
    const server = await world.server(echo);
    const dealer = world.dealer(server.endpoint);
    await dealer.send(encodeRequest(7, 'echo', {}, { credit: 1 }));
    expect(await nextAnswers(dealer)).to.deep.equal([{ kind: 'credit', id: 7, count: limits.streamInboxWindow }]);
    const said = Array.from({ length: limits.streamInboxWindow + 10 }, (_, n) => encodeSay(7, n));
    await dealer.send(Buffer.concat(said));
    const got: string[] = [];
    while (!got.includes('7 BAD_FRAME')) got.push(...lines(await nextAnswers(dealer)));
    expect(server.watchedCount).to.equal(0);
  });
});
