/** Last values at both ends: what a publisher tells the broker of its machine, and what a late joiner asks of one. */
import { expect } from 'chai';
import { LastValues } from '../../agents/sdk/events/last-values.js';
import { ValueKeeper } from '../../agents/sdk/events/value-keeper.js';
import { systemClock } from '../../common/core/clock.js';
import { MeshError } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import type { Input, MethodName, Output } from '../../common/protocol/catalogue.js';
import { decode, encode } from '../../common/protocol/frames/codec.js';
import type { RequestClient } from '../../common/wire/asking/request-client.js';
import { EventSubscription } from '../../common/wire/events/event-subscription.js';
import { expectError } from '../support/expect-error.js';
import { until } from '../support/wait-for.js';

type Broker = Pick<RequestClient, 'request'>;

/** A broker that answers as it is told to. */
const brokerOf = (answer: (method: MethodName, body: unknown) => unknown): Broker => ({
  request: async <M extends MethodName>(method: M, body: Input<M>) => (await answer(method, body)) as Output<M>,
});

describe('a publisher’s kept values', () => {
  const told: string[] = [];
  let trouble: MeshError | undefined;
  let hold: Promise<void> | undefined;
  const broker = brokerOf(async (_method, body) => {
    await hold;
    if (trouble !== undefined) throw trouble;
    const { publisher, values } = body as Input<'events.keep'>;
    told.push(values.map(([topic, seq, , bytes]) => `${publisher} ${topic} ${seq} ${decode(bytes)}`).join(', '));
    return {};
  });
  let keeper: ValueKeeper;
  const keep = (topic: string, seq: number, body: unknown) => keeper.keep(topic, seq, keeper.seal(topic, body));
  beforeEach(() => {
    told.length = 0;
    trouble = undefined;
    hold = undefined;
    keeper = new ValueKeeper(broker, 'a@main#1', systemClock);
  });
  afterEach(() => keeper.close());

  it('of one turn are told together, and of each topic only the newest', async () => {
    keep('x', 1, 'old');
    keep('y', 1, 'y');
    keep('x', 2, 'new');
    await until(() => told.length > 0);
    expect(told).to.deep.equal(['a@main#1 x 2 new, a@main#1 y 1 y']);
  });

  it('that change while the broker is asked are told once more, with the newest alone', async () => {
    let release: () => void = () => undefined;
    hold = new Promise((resolve) => {
      release = resolve;
    });
    keep('x', 1, 1);
    await until(() => keeper.counters.kept === 1);
    for (let seq = 2; seq <= 50; seq++) keep('x', seq, seq);
    release();
    await until(() => told.at(-1) === 'a@main#1 x 50 50');
    expect(told.length).to.be.at.most(2);
  });

  it('are all told again to a broker that came back, and those that it could not be told', async () => {
    keep('x', 1, 'x');
    await until(() => told.length === 1);
    keeper.onLinkUp();
    await until(() => told.length === 2);
    expect(told[1]).to.equal('a@main#1 x 1 x');
    trouble = new MeshError('CONNECTION_LOST');
    keep('y', 1, 'y');
    await until(() => keeper.counters.failures === 1);
    trouble = undefined;
    await until(() => told.length === 3);
    expect(told[2]).to.equal('a@main#1 y 1 y');
  });

  it('are not told again and again to a broker that does not know how', async () => {
    trouble = new MeshError('UNKNOWN_METHOD');
    keep('x', 1, 'x');
    await until(() => keeper.counters.failures === 1);
    await keeper.close();
    expect(keeper.counters.failures).to.equal(1);
  });

  it('are refused before anything is published when they are too large or too many', () => {
    expectError('TOO_LARGE', () => keeper.seal('x', Buffer.alloc(limits.keptValueBytesMax)));
    expectError('INVALID_INPUT', () => keeper.seal('x', new Set()));
    const body = Buffer.alloc(limits.keptValueBytesMax - 8);
    for (let n = 0; n < Math.floor(limits.keptBytesMax / limits.keptValueBytesMax); n++) keep(`t${n}`, 1, body);
    expectError('TOO_LARGE', () => keeper.seal('one.too.many', body));
    keep('t1', 2, body);
  });

  it('are told before the end, once nothing more comes', async () => {
    keep('x', 1, 'last words');
    await Promise.all([keeper.close(), keeper.close()]);
    expect(told.at(-1)).to.equal('a@main#1 x 1 last words');
  });
});

describe('a late joiner', () => {
  type Answer = Output<'events.last'>;
  const value = (topic: string, seq: number): Answer['values'][number] => [topic, 'a@main#1', seq, seq, encode(seq)];
  const asked: unknown[] = [];
  const heard: string[] = [];
  let subscription: EventSubscription;
  const open: LastValues[] = [];
  const join = (broker: Broker) => {
    const values = new LastValues(broker, subscription);
    open.push(values);
    values.ask();
    return values;
  };
  beforeEach(() => {
    asked.length = 0;
    heard.length = 0;
    subscription = new EventSubscription(
      's.*',
      (body, { topic, seq, kept }) => void heard.push(`${topic} ${seq} ${body} ${kept}`),
      { last: true },
      { onHandlerError: () => undefined, onClose: () => undefined },
    );
  });
  afterEach(() => {
    for (const values of open.splice(0)) values.close();
  });

  it('asks page by page, and later for what changed since', async () => {
    const pages: Answer[] = [
      { epoch: 7, revision: 2, more: true, values: [value('s.x', 1)] },
      { epoch: 7, revision: 5, more: false, values: [value('s.y', 4)] },
      { epoch: 7, revision: 6, more: false, values: [value('s.y', 4), value('s.y', 5)] },
    ];
    join(
      brokerOf((_method, body) => {
        asked.push(body);
        return pages[asked.length - 1];
      }),
    );
    await until(() => heard.length === 3);
    expect(asked).to.deep.equal([
      { pattern: 's.*' },
      { pattern: 's.*', epoch: 7, after: 2 },
      { pattern: 's.*', epoch: 7, after: 5 },
    ]);
    expect(heard).to.deep.equal(['s.x 1 1 true', 's.y 4 4 true', 's.y 5 5 true']);
  });

  it('asks until it is answered, but not one who does not know how', async () => {
    let failures = 1;
    join(
      brokerOf(() => {
        if (failures-- > 0) throw new MeshError('TIMED_OUT');
        return { epoch: 1, revision: 1, more: false, values: [value('s.x', 1)] };
      }),
    );
    await until(() => heard.length === 1);
    let refusals = 0;
    const old = join(
      brokerOf(() => {
        refusals++;
        throw new MeshError('UNKNOWN_METHOD');
      }),
    );
    await until(() => refusals === 1);
    old.ask();
    await until(() => refusals === 2);
  });

  it('that has left takes nothing more', async () => {
    join(
      brokerOf(() => {
        subscription.close();
        return { epoch: 1, revision: 1, more: false, values: [value('s.x', 1)] };
      }),
    );
    await until(() => !subscription.open);
    expect(heard).to.deep.equal([]);
  });
});
