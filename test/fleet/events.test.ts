/** Events among real processes: one subscriber that stands still, and last values that outlive who published them. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import type { EventInfo } from '../../agents/sdk/index.js';
import type { Finding } from '../../cli/doctor/examination.js';
import type { Output } from '../../common/protocol/catalogue.js';
import { RequestClient } from '../../common/wire/asking/request-client.js';
import { runMesh } from '../cli/mesh-process.js';
import { fixture, type TestFleet, useFleet } from '../support/fleet/test-fleet.js';
import { waitFor, waitUntil } from '../support/wait-for.js';

interface Heard {
  readonly heard: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly unordered: number;
  readonly missed: number;
}

describe('events of a fleet', () => {
  const fleet = useFleet({
    main: {
      slow: fixture('listener'),
      quick: fixture('listener'),
      caller: fixture('caller'),
      lasting: fixture('caller'),
    },
  });

  const heardBy = async (name: string): Promise<Heard> => (await fleet().main.call(`${name}.heard`)) as Heard;

  describe('a subscriber that stands still', function () {
    this.timeout(60_000);
    const topic = 'load.events';
    let stopped = 0;
    after(() => stopped !== 0 && process.kill(stopped, 'SIGCONT'));

    it('costs the others nothing, and learns of each event that it did not get', async () => {
      const { main } = fleet();
      const mesh = await main.mesh();
      for (const name of ['slow', 'quick']) {
        await main.call(`${name}.listen`, { topic });
        await waitUntil(`${name} to hear`, async () => {
          mesh.publish(topic, 'is it there');
          return (await heardBy(name)).heard > 0;
        });
      }
      const { pid } = await main.process('slow');
      stopped = pid;
      process.kill(pid, 'SIGSTOP');
      // More frames, one a turn, than the event proxy and the kernel hold for one subscriber.
      const body = Buffer.alloc(16_384);
      let last = 0;
      for (let round = 0; round < 8; round++) {
        for (let n = 0; n < 400; n++) {
          last = mesh.publish(topic, body);
          await nextTurn();
        }
        await waitUntil('the other one to hear all of it', async () => (await heardBy('quick')).lastSeq === last);
      }
      const quick = await heardBy('quick');
      expect(quick).to.include({ missed: 0, unordered: 0, heard: last - quick.firstSeq + 1 });

      process.kill(pid, 'SIGCONT');
      stopped = 0;
      const slow = await waitFor('the slow one to be up to date', async () => {
        mesh.publish(topic, 'on');
        const counts = await heardBy('slow');
        return counts.lastSeq > last ? counts : undefined;
      });
      expect(slow.missed).to.be.above(0);
      expect(slow.unordered).to.equal(0);
      expect(slow.heard + slow.missed).to.equal(slow.lastSeq - slow.firstSeq + 1);
      const { counters, subscriptions = [] } = await healthOf('slow');
      expect(counters).to.include({ eventsMissed: slow.missed });
      expect(subscriptions[0]).to.include({ pattern: topic, missed: slow.missed, overflow: 'none' });
    });

    it('is found by the doctor, who says what to do', async () => {
      const { code, stdout } = await runMesh(['doctor', '--json'], { cwd: fleet().main.home });
      const findings: Finding[] = JSON.parse(stdout);
      const about = findings.filter(({ check }) => check === 'subscribers');
      expect(about.map(({ subject, severity }) => [subject, severity])).to.deep.equal([['slow@main', 'warning']]);
      expect(about[0]?.what).to.match(/^its subscription to "load.events" lost \d+ events on the way/);
      expect(findings.filter(({ severity }) => severity === 'problem')).to.deep.equal([]);
      expect(code).to.equal(0);
    });
  });

  describe('the last value of a topic', function () {
    this.timeout(60_000);
    const keep = (agent: string, topic: string, body: unknown) =>
      fleet().main.call(`${agent}.publish`, { topic, body, keepLast: true });

    it('outlives its publisher, and is the first that a late joiner on another machine gets, once', async () => {
      const { main, pc2 } = fleet();
      const { epoch } = await main.process('caller');
      for (const n of [1, 2, 3]) await keep('caller', 'state.door', n);
      await keep('lasting', 'state.lamp', 'on');
      await waitUntil('both to be kept', async () => (await kept()) === 2);
      await main.kill('caller');
      await main.successor('caller', epoch);

      const lines = listenLast(await pc2.mesh(), 'state.*');
      await waitUntil('both to be told', () => lines.length >= 2);
      await waitUntil('the next one to be heard live', async () => {
        await keep('lasting', 'state.lamp', 'off');
        return lines.some((line) => line.endsWith('"off"'));
      });
      expect(lines.filter((line) => line.includes('door'))).to.deep.equal([
        `kept state.door caller@main#${epoch} 3: 3`,
      ]);
      const lamp = lines.filter((line) => line.includes('lamp'));
      expect(lamp[0]).to.match(/^kept state.lamp lasting@main#\d+ 1: "on"$/);
      expect(new Set(lamp).size).to.equal(lamp.length);
    });

    it('and what comes live are one sequence, however they overlap', async () => {
      const { main, pc2 } = fleet();
      const publisher = await main.mesh();
      let head = publisher.publish('counter', 0, { keepLast: true });
      const seqs: number[][] = [];
      for (let joiner = 0; joiner < 5; joiner++) {
        const heard: number[] = [];
        seqs.push(heard);
        const subscription = (await pc2.mesh()).subscribe('counter', (_, { seq }) => void heard.push(seq), {
          last: true,
        });
        await waitUntil('the joiner to be at the head', async () => {
          head = publisher.publish('counter', head, { keepLast: true });
          return heard.length > 12;
        });
        subscription.close();
      }
      for (const heard of seqs) {
        const [first = 0] = heard;
        // A gap may be told where it began; nothing comes twice, and nothing out of order.
        expect(heard).to.deep.equal([...new Set(heard)].sort((a, b) => a - b));
        expect(heard.slice(5)).to.deep.equal(heard.slice(5).map((_, n) => (heard[5] ?? first) + n));
      }
    });

    it('is told again by its publisher when the broker is another one', async () => {
      const { main, pc2 } = fleet();
      const { epoch } = await main.kill('broker');
      await main.successor('broker', epoch);
      await waitUntil('the living to be kept again', async () => (await kept()) >= 2);
      const lines = listenLast(await pc2.mesh(), 'state.*');
      await waitUntil('it to be told', () => lines.length > 0);
      expect(lines.map((line) => line.split(' ').slice(0, 2).join(' '))).to.deep.equal(['kept state.lamp']);
    });

    function listenLast(mesh: Awaited<ReturnType<TestFleet['pc2']['mesh']>>, pattern: string): string[] {
      const lines: string[] = [];
      const onEvent = (body: unknown, { topic, publisher, seq, kept: isKept }: EventInfo) =>
        void lines.push(`${isKept === true ? 'kept' : 'live'} ${topic} ${publisher} ${seq}: ${JSON.stringify(body)}`);
      mesh.subscribe(pattern, onEvent, { last: true });
      return lines;
    }

    const kept = async () => (await healthOf('broker')).counters['events.kept'] ?? 0;
  });

  /** What an agent or the broker of main says of itself. */
  async function healthOf(name: string): Promise<Output<'mesh.health'>> {
    const { main } = fleet();
    const { brokers } = (await main.mesh()).welcome;
    const endpoint =
      name === 'broker'
        ? brokers.find(({ machine }) => machine === 'main')?.control
        : (await main.process(name)).control;
    const client = new RequestClient({ endpoint: endpoint ?? '', name: 'test', peer: name, frameBytesMax: 1_000_000 });
    try {
      return await client.request('mesh.health', {});
    } finally {
      client.close();
    }
  }
});
