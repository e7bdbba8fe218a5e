/**
 * A node and a broker, each a process of its own, that die exactly where a test says and are started again, while an agent
 * goes on storing records: pc2 as in any fleet, and main's broker without a node, so that nobody else starts it. The oracle
 * judges what main has.
 */
import { join } from 'node:path';
import type { Failpoint } from '../../../common/core/failpoint.js';
import { storedErrors } from '../oracle/main-log.js';
import { judge, type Verdict } from '../oracle/oracle.js';
import { BrokerProgram } from '../processes/broker-program.js';
import { FailpointFolder } from '../processes/failpoint-folder.js';
import type { Random } from '../random.js';
import { Hopeless, waitFor, waitUntil } from '../wait-for.js';
import { fixture, mainPorts, TestFleet } from './test-fleet.js';

/** In the order in which a record passes them. */
export const ofTheNode: readonly Failpoint[] = [
  'journal.open.written',
  'journal.open.committed',
  'journal.append.written',
  'journal.append.committed',
  'node.answering',
  'forwarder.sending',
  'forwarder.answered',
  'journal.acknowledge.written',
  'journal.acknowledge.committed',
];
export const ofTheBroker: readonly Failpoint[] = [
  'log.hello.written',
  'log.hello.committed',
  'log.append.written',
  'log.append.committed',
  'log.answering',
];

export class FailpointFleet {
  readonly #ledgerFiles: string[] = [];
  #brokerEpoch = 0;
  #total = 0;

  private constructor(
    readonly fleet: TestFleet,
    readonly failpoints: FailpointFolder,
    public broker: BrokerProgram,
  ) {}

  static async open(): Promise<FailpointFleet> {
    const fleet = await TestFleet.open({ pc2: { reporter: fixture('reporter') } });
    const failpoints = new FailpointFolder(join(fleet.root, 'failpoints'));
    const opened = new FailpointFleet(fleet, failpoints, brokerOf(fleet, failpoints, 0));
    fleet.pc2.start(failpoints.env);
    await fleet.pc2.ready();
    return opened;
  }

  async close(): Promise<void> {
    await this.fleet.close();
    await this.broker.kill('SIGKILL');
  }

  startBroker(): void {
    this.broker = brokerOf(this.fleet, this.failpoints, ++this.#brokerEpoch);
  }

  startNode(): void {
    this.fleet.pc2.start(this.failpoints.env);
  }

  /** Whoever passes `place` for the `pass`th time dies there, and the next one is started. @throws when it ends otherwise */
  async nodeDiesAt(place: Failpoint, pass = 1): Promise<void> {
    this.failpoints.doom(place, pass);
    if (place.startsWith('journal.open')) await this.fleet.pc2.killNode().then(() => this.startNode());
    await this.nodeDies();
    this.startNode();
  }

  async nodeDies(): Promise<void> {
    assertKilled('the node', await this.fleet.pc2.exit());
  }

  async brokerDiesAt(place: Failpoint, pass = 1): Promise<void> {
    this.failpoints.doom(place, pass);
    if (place.startsWith('log.hello')) await this.broker.kill('SIGKILL').then(() => this.startBroker());
    assertKilled('the broker', await this.broker.exited);
    this.startBroker();
  }

  /** So many kills of each, at places and passes that are drawn. */
  async randomKills(random: Random, kills: number): Promise<void> {
    const strike = async (places: readonly Failpoint[], die: (place: Failpoint, pass: number) => Promise<void>) => {
      for (let kill = 0; kill < kills; kill++) {
        const place = random.pick(places);
        const isRare = place.startsWith('journal.open') || place.startsWith('log.hello');
        await die(place, isRare ? 1 : random.between(1, PASS_MAX));
      }
    };
    await Promise.all([
      strike(ofTheNode, (place, pass) => this.nodeDiesAt(place, pass)),
      strike(ofTheBroker, (place, pass) => this.brokerDiesAt(place, pass)),
    ]);
  }

  /** In the background, `perSecond` of them; it goes on whoever dies. */
  async burst(count: number, perSecond: number): Promise<void> {
    const file = join(this.fleet.root, `ledger-${this.#ledgerFiles.length + 1}`);
    this.#ledgerFiles.push(file);
    this.#total += count;
    await this.fleet.pc2.call('reporter.burst', { count, file, window: 8, perSecond });
  }

  get total(): number {
    return this.#total;
  }

  /** The burst ends here, with what was made of it. */
  async finish(): Promise<void> {
    await waitFor('the reporter to hear of it', () => this.fleet.pc2.call('reporter.finish'));
  }

  async accepted(): Promise<void> {
    const isAccepted = async () => {
      const { failed, isRunning } = (await this.fleet.pc2.call('reporter.progress')) as Progress;
      if (failed !== '') throw new Hopeless(failed);
      return !isRunning;
    };
    await waitUntil('the burst to end', isAccepted, LONG_MS);
  }

  /** Resolves when all is accepted and on main, by the word of pc2's node. */
  async settled(): Promise<void> {
    await this.accepted();
    await this.delivered();
  }

  /** @throws at once when main's broker ends: nobody else starts it */
  async delivered(): Promise<void> {
    const { broker } = this;
    const ended = broker.exited.then(({ code, signal }) => {
      throw new Error(`main's broker ended with ${code ?? signal}: ${broker.complaints}`);
    });
    const hasNothingLeft = async () => (await this.fleet.pc2.ask('journal.status', {})).pendingCount === 0;
    await Promise.race([ended, waitUntil('pc2 to have nothing left', hasNothingLeft, LONG_MS)]);
  }

  verdict(): Verdict {
    const burst = storedErrors(this.fleet.main.logFile).filter(({ code }) => code === 'BURST');
    const mainRecords = burst.map(({ journalId, seq, message }) => ({ journalId, seq, text: message }));
    return judge({ ledgerFiles: this.#ledgerFiles, mainRecords });
  }

  /** How often main was told of it. */
  told(code: string): number {
    return storedErrors(this.fleet.main.logFile).filter((error) => error.code === code).length;
  }
}

interface Progress {
  readonly failed: string;
  readonly isRunning: boolean;
}

function brokerOf({ places, main }: TestFleet, failpoints: FailpointFolder, epoch: number): BrokerProgram {
  const names = ['broker', 'publish', 'subscribe', 'registry', 'log'] as const;
  const bind = Object.fromEntries(names.map((name) => [name, `tcp://${places.main.own}:${mainPorts[name]}`]));
  const part = { machine: 'main', role: 'main', epoch: epoch + 1, bind, logFile: main.logFile };
  return new BrokerProgram(part, { env: failpoints.env });
}

function assertKilled(who: string, { code, signal }: { code: number | null; signal: NodeJS.Signals | null }): void {
  if (signal !== 'SIGKILL') throw new Error(`${who} was to be killed, and ended with ${code ?? signal}`);
}

/** Not only the first one that comes. */
const PASS_MAX = 10;
const LONG_MS = 120_000;
