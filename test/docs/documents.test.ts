import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { logBounds } from '../../agents/node/logs/log-rotation.js';
import { machineSettings } from '../../common/config/machines/machine-settings.js';
import { MeshError } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import { chainHash, genesisHash, recordOf } from '../../common/journal/record.js';
import { decode, encode } from '../../common/protocol/frames/codec.js';
import {
  decodeFrame,
  encodeCancel,
  encodeCredit,
  encodeError,
  encodeItems,
  encodeReply,
  encodeRequest,
  encodeSay,
} from '../../common/protocol/frames/envelope.js';
import { eventBytes } from '../support/fakes/event-bytes.js';
import { readProtocolDocument, renewedProtocolDocument } from './protocol-document.js';

const root = new URL('../../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');

/** The bytes of every ```hex block under that title, without what stands behind `#`. */
function hexUnder(title: string): Buffer {
  const after = readProtocolDocument().split(`**${title}**`)[1] ?? '';
  const block = /```hex\n([\s\S]*?)```/.exec(after)?.[1] ?? '';
  return Buffer.from(block.replace(/#.*$/gm, '').replace(/\s/g, ''), 'hex');
}

describe('docs/PROTOCOL.md', () => {
  it('lists every method and every error as the catalogue has them ("npm run docs" renews it)', () => {
    const text = readProtocolDocument();
    expect(text).to.equal(renewedProtocolDocument(text));
  });

  it('shows the bytes that are really sent', () => {
    expect(hexUnder('A request').toString('hex')).to.equal(encodeRequest(1, 'mesh.ping', {}).toString('hex'));
    const ping = { name: 'echo', machine: 'main', epoch: 7, tsMs: 1000 };
    expect(hexUnder('Its reply').toString('hex')).to.equal(encodeReply(1, ping).toString('hex'));
    const error = new MeshError('UNKNOWN_METHOD', 'there is no method "mesh.pong" here', {
      hint: 'did you mean mesh.ping?',
    });
    expect(hexUnder('An error').toString('hex')).to.equal(encodeError(1, error.toBody()).toString('hex'));
    const events = eventBytes('echo@main#7', 1, 1000, [{ n: 1 }, { n: 2 }]);
    expect(hexUnder('Two events').toString('hex')).to.equal(events.toString('hex'));
    expect(decodeFrame(events)).to.have.length(1);
    for (const [title, bytes] of [
      ['To give a call up', encodeCancel(2)],
      ['Items', encodeItems(2, 1, [encode({ n: 1 }), encode({ n: 2 })])],
      ['Credit', encodeCredit(2, 8)],
      ['Something said', encodeSay(2, { louder: true })],
    ] as const)
      expect(hexUnder(title).toString('hex'), title).to.equal(bytes.toString('hex'));
  });

  it('tells the bounds of a stream as they are', () => {
    expect([limits.streamBytesMax, limits.streamCreditMax]).to.deep.equal([1_048_576, 1_024]);
    expect([limits.streamSignMs, limits.streamSilenceMs, limits.streamIdleMs]).to.deep.equal([10_000, 35_000, 300_000]);
    expect([limits.idempotencyWindowMs, limits.idempotencyKeyLengthMax]).to.deep.equal([300_000, 128]);
  });

  it('tells the bounds of a frame as they are', () => {
    const text = readProtocolDocument();
    const shown = (count: number) => count.toLocaleString('en-US');
    expect(text).to.include(`| envelopes | ${shown(limits.frameEnvelopesMax)} |`);
    expect(text).to.include(`| maps, lists and keys together | ${shown(limits.frameItemsMax)} |`);
    expect(text).to.include(`| levels of depth | ${limits.frameDepthMax} |`);
    for (const [place, bytesMax] of [
      ['at a node, a broker or the registry', limits.controlFrameBytesMax],
      ['at an agent, at the log, and of events', limits.callFrameBytesMax],
    ] as const)
      expect(text).to.include(`| bytes, ${place} | ${bytesMax / 1_048_576} MiB |`);
    expect(limits.logFrameBytesMax).to.equal(limits.callFrameBytesMax);
  });

  it('computes the hash chain as it is computed', () => {
    const journalId = '0123456789abcdefghjk';
    expect(readProtocolDocument()).to.include(Buffer.from(genesisHash(journalId)).toString('hex'));
    const record = recordOf('notes', 1000, 'echo', 7, encode({ n: 1 }));
    const traced = { ...record, trace: '4bf92f3577b34da6a3ce929d0e0e4736' };
    for (const one of [record, traced])
      expect(readProtocolDocument()).to.include(Buffer.from(chainHash(genesisHash(journalId), 1, one)).toString('hex'));
    expect(decode(record.body)).to.deep.equal({ n: 1 });
  });
});

describe('docs/ARCHITECTURE.md', () => {
  const claims = [...read('docs/ARCHITECTURE.md').matchAll(/`(test\/[\w/.-]+\.ts)`: ([^|\n`]+)/g)];

  it('names tests behind its promises', () => expect(claims.length).to.be.greaterThan(10));

  for (const [, file = '', titles = ''] of claims) {
    it(`names tests that exist in ${file}`, () => {
      expect(existsSync(new URL(file, root)), file).to.equal(true);
      for (const [, title = ''] of titles.matchAll(/“([^”]+)”/g)) expect(read(file)).to.include(title);
    });
  }
});

describe('docs/logs.md', () => {
  it('tells the bounds as they are', () => {
    const { rotateBytes, rotateMs, totalBytes } = machineSettings({}).logs;
    const [rotateMiB, hours, totalMiB] = [rotateBytes / 1_048_576, rotateMs / 3_600_000, totalBytes / 1_048_576];
    expect(read('docs/logs.md'))
      .to.include(`{ rotateMiB: ${rotateMiB}, rotateHours: ${hours}, totalMiB: ${totalMiB} }`)
      .and.include(`its last ${logBounds(machineSettings({}).logs).tailBytes / 1_024} KiB stay`)
      .and.include(`goes back ${limits.logScanBytesMax / 1_048_576} MiB of one log`);
  });
});

describe('docs/programs.md', () => {
  it('tells the bounds as they are', () => {
    expect(read('docs/programs.md'))
      .to.include(`the first ${limits.probeLineMax.toLocaleString('en-US')} characters are compared`)
      .and.include(`after ${limits.wrapQuietMs} ms of silence, and after a second at the latest`)
      .and.include('Twenty reports at once, then one a second')
      .and.include('told every five seconds')
      .and.include(`Up to ${limits.wrapReportsWaitingMax} reports wait`);
    const { wrapQuantumMs, wrapReportsBurst, wrapReportIntervalMs, wrapFoldMs } = limits;
    expect([wrapQuantumMs, wrapReportsBurst, wrapReportIntervalMs, wrapFoldMs]).to.deep.equal([
      1_000, 20, 1_000, 5_000,
    ]);
  });
});

describe('the documents', () => {
  it('link only to files that are there', () => {
    const guides = readdirSync(new URL('docs', root)).filter((name) => name.endsWith('.md'));
    for (const document of ['README.md', ...guides.map((name) => `docs/${name}`)]) {
      for (const [, target = ''] of read(document).matchAll(/\]\((?!http|#)([^)#]+)[^)]*\)/g)) {
        const url = new URL(target, new URL(document, root));
        expect(existsSync(fileURLToPath(url)), `${document} links to ${target}`).to.equal(true);
      }
    }
  });
});
