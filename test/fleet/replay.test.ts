/**
 * Somebody kept the bytes that went over a connection and says them again: to an agent, to a node and to a broker. What had
 * an effect has none again. Beside each stands something that does count twice, so that the replay is seen to have come.
 */
import { expect } from 'chai';
import { Subscriber } from 'zeromq';
import { systemClock } from '../../common/core/clock.js';
import { limits } from '../../common/core/limits.js';
import { encode } from '../../common/protocol/frames/codec.js';
import { RequestClient } from '../../common/wire/asking/request-client.js';
import { EventPublisher } from '../../common/wire/events/event-publisher.js';
import { expectRejection } from '../support/expect-error.js';
import { fixture, mainPorts, TestFleet } from '../support/fleet/test-fleet.js';
import { WireTap } from '../support/network/wire-tap.js';
import { storedErrors, storedTexts } from '../support/oracle/main-log.js';
import { waitUntil } from '../support/wait-for.js';

describe('bytes that are said again', () => {
  let fleet: TestFleet;
  const closers: (() => unknown)[] = [];
  const main = () => fleet.main;

  before(async () => {
    fleet = await TestFleet.open({ main: { till: fixture('till') } });
    main().start();
    await waitUntil('the till to be ready', async () => (await main().process('till')).state === 'ready');
  });
  afterEach(async function () {
    for (const close of closers.splice(0).reverse()) await close();
    if (this.currentTest?.state === 'failed') console.error(fleet.outputs);
  });
  after(() => fleet.close());

  async function tapped(endpoint: string): Promise<{ tap: WireTap; client: RequestClient }> {
    const tap = await WireTap.open(endpoint);
    const client = new RequestClient({
      endpoint: tap.endpoint,
      name: 'victim',
      peer: 'the tapped one',
      frameBytesMax: limits.controlFrameBytesMax,
    });
    closers.push(
      () => tap.close(),
      () => client.close(),
    );
    return { tap, client };
  }

  it('pay once, when the call had a key', async () => {
    const { tap, client } = await tapped((await main().process('till')).control);
    await client.send('pay', { amount: 5 }, {}, { key: 'order 1' });
    await client.send('note', {});
    expect(await main().call('till.count')).to.deep.equal({ paid: 5, noted: 1 });
    await tap.replay();
    // Behind the payment on the same connection: what came before it was served before it.
    await waitUntil('the replay', async () => ((await main().call('till.count')) as { noted: number }).noted === 2);
    expect(await main().call('till.count')).to.deep.equal({ paid: 5, noted: 2 });
  });

  it('are one record, and no word of an incarnation that was replaced', async () => {
    const { tap, client } = await tapped(`tcp://${fleet.places.main.own}:${mainPorts.node}`);
    const { epoch } = await main().process('till');
    const who = { agent: 'till', epoch };
    const record: [string, number, Buffer] = ['work', 1, encode({ text: 'a turn' })];
    await client.request('journal.emit', { ...who, firstSeq: 1, records: [record] });
    await client.request('node.draining', who);
    await client.request('error.report', { agent: 'till', report: { code: 'SEEN', message: 'once more' } });
    await main().kill('till');
    await main().successor('till', epoch);
    const seen = () => storedErrors(main().logFile).filter(({ code }) => code === 'SEEN').length;
    await waitUntil('the report', () => seen() === 1);

    await tap.replay();
    await waitUntil('the replay', () => seen() === 2);
    expect(storedTexts(main().logFile, 'work').map(({ text }) => text)).to.deep.equal(['a turn']);
    expect((await main().process('till')).state).to.equal('ready');
    await expectRejection('STALE_EPOCH', main().ask('node.draining', who));
  });

  it('are one event', async () => {
    const tap = await WireTap.open(`tcp://${fleet.places.main.own}:${mainPorts.publish}`);
    const publisher = new EventPublisher('victim@main#7', tap.endpoint, systemClock);
    closers.push(
      () => tap.close(),
      () => publisher.close(),
    );
    const mesh = await main().mesh();
    const heard: string[] = [];
    mesh.subscribe('shop.>', (body) => heard.push(String(body)));
    const witness = new Subscriber({ linger: 0 });
    closers.push(() => witness.close());
    witness.connect(`tcp://${fleet.places.main.own}:${mainPorts.subscribe}`);
    witness.subscribe('shop.closed');
    let seen = 0;
    void (async () => {
      for await (const _ of witness) seen++;
    })();
    /** Publishes until everybody who listens is known to the proxy. */
    await waitUntil('both to listen', () => {
      publisher.publish('shop.closed', 'early');
      return seen > 0 && heard.includes('early');
    });
    const upTo = async (last: string) => {
      publisher.publish('shop.closed', last);
      await waitUntil(`${last} to be heard`, () => heard.includes(last));
    };
    publisher.publish('shop.opened', 'opened');
    await upTo('closed');
    const [heardBefore, seenBefore] = [[...heard], seen];

    await tap.replay();
    // The proxy hands all that came before it to a subscriber before what came after.
    await waitUntil('the replay', () => seen > seenBefore);
    await upTo('after the replay');
    expect(heard).to.deep.equal([...heardBefore, 'after the replay']);
  });
});
