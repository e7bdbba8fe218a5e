/**
 * A client in another language that was written from docs/PROTOCOL.md alone: what the document says is enough, and true.
 * It speaks to a real fleet once and reports what came of each thing; these tests judge it.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import type { ErrorBody } from '../../common/core/errors.js';
import { echo, mainPorts, useFleet } from '../support/fleet/test-fleet.js';
import { storedErrors } from '../support/oracle/main-log.js';

const run = promisify(execFile);
const PYTHON = '/usr/bin/python3';
const CLIENT = fileURLToPath(new URL('../../../test/fixtures/python/client.py', import.meta.url));
const RUN_MS_MAX = 60_000;

/** What client.py prints. */
interface Findings {
  readonly mesh: string;
  readonly machine: string;
  readonly machines: readonly string[];
  readonly agents: readonly string[];
  readonly actions: readonly string[];
  readonly said: Readonly<Record<string, unknown>>;
  readonly events: {
    readonly own: readonly { readonly seq: number; readonly body: unknown }[];
    readonly other: readonly { readonly topic: string; readonly publisher: string; readonly seq: number }[];
    readonly missing: number;
  };
  readonly reported: { readonly journalId: string; readonly seq: number };
  readonly emitted: {
    readonly journalId: string;
    readonly firstSeq: number;
    readonly repeatedTheSame: boolean;
    readonly checkpoint: string;
  };
  readonly errorRead: Readonly<Record<string, unknown>>;
  readonly notesRead: {
    readonly bodies: readonly unknown[];
    readonly seqs: readonly number[];
    readonly integrity: readonly string[];
    readonly hashesAreTheReceipts: boolean;
  };
  readonly chain: { readonly records: number; readonly verified: number };
  readonly refusals: {
    readonly method: ErrorBody;
    readonly version: ErrorBody;
    readonly bytes: ErrorBody & { readonly kind: number; readonly id: number };
  };
  readonly stillAnswers: string;
}

describe('a client in Python, written from the protocol document', () => {
  before(async function () {
    try {
      await run(PYTHON, ['-c', 'import zmq, msgpack']);
    } catch (error) {
      console.warn(
        `SKIPPED: ${PYTHON} with zmq and msgpack (python3-zmq, python3-msgpack) is needed: ${String(error)}`,
      );
      this.skip();
    }
  });

  describe('that knows only the node of main', () => {
    const monitor = { module: 'host-monitor', config: { intervalMs: 100 } };
    const fleet = useFleet({ main: { echo }, pc2: { monitor } });
    let found: Findings;

    before(async function () {
      this.timeout(RUN_MS_MAX);
      const node = `tcp://${fleet().places.main.own}:${mainPorts.node}`;
      const { stdout } = await run(PYTHON, [CLIENT, node, 'host.*.metrics'], { timeout: RUN_MS_MAX });
      found = JSON.parse(stdout);
    });

    it('learns where everything is, and lists every machine and agent', () => {
      expect(found).to.include({ mesh: 'test', machine: 'main' });
      expect(found.machines).to.have.members(['main', 'pc2']);
      expect(found.agents).to.have.members(['echo@main', 'monitor@pc2']);
    });

    it('calls an action of an agent', () => {
      expect(found.actions).to.deep.equal(['say']);
      expect(found.said).to.include({ text: 'from python' });
    });

    it('hears what an agent of the other machine publishes, and what it publishes itself, without a gap', () => {
      const { own, other, missing } = found.events;
      const first = own[0]?.seq ?? 0;
      expect(own).to.have.length.of.at.least(3);
      expect(own).to.deep.equal(own.map((_, index) => ({ seq: first + index, body: { n: first + index } })));
      expect(other).to.have.length.of.at.least(3);
      const { publisher = '', seq = 0 } = other[0] ?? {};
      expect(publisher).to.match(/^monitor@pc2#\d+$/);
      expect(other).to.deep.equal(
        other.map((_, index) => ({ topic: 'host.pc2.metrics', publisher, seq: seq + index })),
      );
      expect(missing).to.equal(0);
    });

    it('reports an error, which is in the log of main once, and reads it from there', () => {
      const report = { code: 'PYTHON_TROUBLE', message: 'reported from python' };
      expect(found.errorRead).to.deep.equal({ ...report, severity: 'warning', component: 'client.py' });
      const stored = storedErrors(fleet().main.logFile).filter(({ code }) => code === report.code);
      expect(stored).to.have.length(1);
      expect(stored[0]).to.include({ ...report, ...found.reported, machine: 'main', agent: 'python' });
    });

    it('emits records that count once though it sent them twice, and reads them as it sealed them', () => {
      const { emitted, notesRead } = found;
      expect(emitted).to.include({ repeatedTheSame: true, checkpoint: 'after 3' });
      expect(emitted.journalId).to.equal(found.reported.journalId);
      expect(notesRead).to.deep.equal({
        bodies: [1, 2, 3].map((n) => ({ n, from: 'python' })),
        seqs: [0, 1, 2].map((offset) => emitted.firstSeq + offset),
        integrity: ['verified', 'verified', 'verified'],
        hashesAreTheReceipts: true,
      });
    });

    it('computes the hash of every record of the journal by the formula of the document', () => {
      const { records, verified } = found.chain;
      expect(records).to.equal(found.emitted.firstSeq + 2);
      expect(verified).to.equal(records);
    });

    it('is refused with typed errors, and goes on with the same socket', () => {
      const { method, version, bytes } = found.refusals;
      expect(method).to.include({ code: 'UNKNOWN_METHOD', hint: 'did you mean registry.list?' });
      expect(version.code).to.equal('BAD_VERSION');
      expect(bytes).to.include({ kind: 3, id: 0, code: 'BAD_FRAME' });
      expect(found.stillAnswers).to.equal('main');
    });
  });
});
