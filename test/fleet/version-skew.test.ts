/**
 * Programs of different releases in one mesh: what is only more is ignored, what is another version is refused by name, and
 * nobody falls over it.
 */
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { encode } from '../../common/protocol/frames/codec.js';
import { expectRejection } from '../support/expect-error.js';
import { PlainRequester } from '../support/fakes/plain-requester.js';
import { type AgentSetup, echo, mainPorts, TestFleet } from '../support/fleet/test-fleet.js';
import { storedErrors } from '../support/oracle/main-log.js';
import { waitFor, waitUntil } from '../support/wait-for.js';

const OLD_AGENT = fileURLToPath(new URL('../fixtures/old-agent.js', import.meta.url));
const oldAgent = (protocol: number): AgentSetup => ({
  command: [process.execPath, OLD_AGENT, '--protocol', String(protocol)],
  attaches: true,
  restart: 'never',
});
/** Answered with a refusal of this code; undefined: served. */
type Verdict = string | undefined;

describe('releases that differ', () => {
  let fleet: TestFleet;
  const main = () => fleet.main;

  before(async () => {
    fleet = await TestFleet.open({ main: { echo, old: oldAgent(1), ancient: oldAgent(0) } });
    main().start();
    for (const name of ['echo', 'old']) {
      await waitUntil(`${name} to be ready`, async () => (await main().process(name)).state === 'ready');
    }
  });
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(fleet.outputs);
  });
  after(() => fleet.close());

  /** Bytes to the node, to the registry and the log of main, and to an agent. */
  const doors = ['node', 'registry', 'log', 'broker', 'agent'] as const;
  const endpointOf = async (door: (typeof doors)[number]): Promise<string> => {
    if (door !== 'agent') return `tcp://${fleet.places.main.own}:${mainPorts[door]}`;
    return (await main().process('echo')).control;
  };

  for (const [what, frame, verdict] of [
    ['an envelope of version 0', encode([0, 1, 7, 'mesh.ping', {}]), 'BAD_VERSION'],
    ['an envelope of version 2', encode([2, 1, 7, 'mesh.ping', {}]), 'BAD_VERSION'],
    ['an envelope of a later kind', encode([1, 99, 7, 'mesh.ping', {}]), 'BAD_FRAME'],
    ['a method of a later release', encode([1, 1, 7, 'mesh.dream', {}]), 'UNKNOWN_METHOD'],
    ['a field of a later release in the input', encode([1, 1, 7, 'mesh.ping', { depth: 2 }]), 'INVALID_INPUT'],
    ['more elements than we know', encode([1, 1, 7, 'mesh.ping', {}, {}, 'more', 1]), undefined],
    ['advice that we do not know', encode([1, 1, 7, 'mesh.ping', {}, { mood: 'good', priority: 'high' }]), undefined],
  ] as const satisfies readonly (readonly [string, Buffer, Verdict])[]) {
    it(`${verdict === undefined ? 'serve' : `refuse with ${verdict}`} ${what}, at every door`, async () => {
      for (const door of doors) {
        const requester = new PlainRequester(await endpointOf(door));
        try {
          const [version, kind, id, answer] = await requester.raw(frame);
          const code = kind === 3 ? (answer as { code: string }).code : undefined;
          expect({ door, version, id, code }).to.deep.equal({ door, version: 1, id: 7, code: verdict });
          expect(await requester.ask('mesh.ping'), door).to.have.property('machine', 'main');
        } finally {
          requester.close();
        }
      }
    });
  }

  it('let in an agent of the first release, and call it with all that a caller can say today', async () => {
    const mesh = await main().mesh();
    const options = { idempotencyKey: 'once', priority: 1, retries: 2 };
    expect(await mesh.call('old.echo', { n: 1 }, options)).to.deep.equal({ n: 1 });
    expect(await main().call('old@main.echo', { n: 2 })).to.deep.equal({ n: 2 });
  });

  it('give up a call to one that knows no cancelling: it refuses the word, and the connection stays what it was', async () => {
    const mesh = await main().mesh();
    const giveUp = new AbortController();
    const call = mesh.call('old.never', {}, { signal: giveUp.signal });
    await mesh.call('old.echo', {}); // behind it on the same connection
    giveUp.abort();
    await expectRejection('INTERRUPTED', call);
    await waitUntil('the old one to have refused the word', async () => {
      const { refusedKinds } = (await mesh.call('old.seen')) as { refusedKinds: unknown[] };
      return refusedKinds.includes(5);
    });
    expect(await mesh.call('old.echo', { still: true })).to.deep.equal({ still: true });
  });

  it('refuse an agent of another version by that name, and say on the error bus why it ended', async () => {
    const report = await waitFor('the error', () =>
      storedErrors(main().logFile).find(({ agent }) => agent === 'ancient'),
    );
    expect(JSON.stringify(report)).to.include('BAD_VERSION');
    expect(await main().process('ancient')).to.include({ state: 'failed', restarts: 0 });
  });

  it('refuse a client of another version with both versions', async () => {
    const requester = new PlainRequester(await endpointOf('node'));
    try {
      const refusal = await requester.ask('node.welcome', { protocol: 0 }).catch(String);
      expect(refusal).to.include('BAD_VERSION: protocol 0 is not spoken here; this node speaks 1');
      expect(await requester.ask('node.welcome', { protocol: 1 })).to.have.property('protocol', 1);
    } finally {
      requester.close();
    }
  });
});
