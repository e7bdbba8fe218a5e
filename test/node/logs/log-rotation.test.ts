/** When a log begins anew and how, which history goes, and what is told of floods and failures: the pure parts. */
import { expect } from 'chai';
import type { LogPiece } from '../../../agents/node/logs/log-chain.js';
import { LogFloods } from '../../../agents/node/logs/log-flood.js';
import { piecesToDrop } from '../../../agents/node/logs/log-room.js';
import { type LogLook, logBounds, type Rotation, rotationOf } from '../../../agents/node/logs/log-rotation.js';
import { LogTrouble } from '../../../agents/node/logs/log-trouble.js';

describe('a log', () => {
  const bounds = logBounds({ rotateBytes: 100, rotateMs: 1_000, totalBytes: 2_000 });
  const look: LogLook = { sizeBytes: 99, ageMs: 999, isRunning: true, waitingCount: 0 };
  const cases: [Rotation, string, Partial<LogLook>][] = [
    ['none', 'that is small and young stays', {}],
    ['none', 'that is empty stays, however old', { sizeBytes: 0, ageMs: 5_000 }],
    ['copy', 'that is full is copied', { sizeBytes: 100 }],
    ['copy', 'that is old is copied', { ageMs: 1_000 }],
    ['rename', 'that is full and whose process is down is renamed', { sizeBytes: 100, isRunning: false }],
    ['rename', 'of a dead process is renamed, however large', { sizeBytes: 10_000, isRunning: false }],
    ['copy', 'as large as a quarter of the room is copied', { sizeBytes: 500 }],
    ['drop', 'that is larger loses its middle', { sizeBytes: 501 }],
    ['copy', 'is copied while one piece of it waits for the compressor', { sizeBytes: 100, waitingCount: 1 }],
    ['drop', 'loses its middle when two wait', { sizeBytes: 100, waitingCount: 2 }],
    ['copy', 'that is only old is copied even then', { ageMs: 1_000, waitingCount: 2 }],
  ];
  for (const [rotation, what, change] of cases) {
    it(what, () => expect(rotationOf({ ...look, ...change }, bounds)).to.equal(rotation));
  }

  it('has no more than an eighth of the room, whatever the settings say', () =>
    expect(logBounds({ rotateBytes: 1_000, rotateMs: 1_000, totalBytes: 800 })).to.deep.equal({
      rotateBytes: 100,
      rotateMs: 1_000,
      dropBytes: 200,
      tailBytes: 25,
      totalBytes: 800,
    }));
});

describe('when there is no room', () => {
  const pieces = (...cutAt: number[]): LogPiece[] =>
    cutAt.map((wallMs) => ({ start: wallMs, end: wallMs + 1, wallMs, path: '', sizeBytes: 10, isArchived: true }));
  const dropped = (excessBytes: number, holdings: Record<string, LogPiece[]>) =>
    piecesToDrop(
      Object.entries(holdings).map(([agent, pieces]) => ({ agent, pieces })),
      excessBytes,
    ).map(({ agent, piece }) => `${agent} ${piece.wallMs}`);

  it('the oldest history of all agents goes first, and no more than is needed', () => {
    const holdings = { a: pieces(1, 4), b: pieces(2, 3), c: pieces(5, 6) };
    expect(dropped(0, holdings)).to.deep.equal([]);
    expect(dropped(1, holdings)).to.deep.equal(['a 1']);
    expect(dropped(25, holdings)).to.deep.equal(['a 1', 'b 2', 'b 3']);
  });

  it('who holds more than half of it gives of its own first', () =>
    expect(dropped(30, { quiet: pieces(1, 2), loud: pieces(3, 4, 5, 6) })).to.deep.equal([
      'loud 3',
      'loud 4',
      'quiet 1',
    ]));

  it('everything goes when that is not enough', () =>
    expect(dropped(1_000, { a: pieces(1), b: [], c: pieces(2) })).to.deep.equal(['a 1', 'c 2']));
});

describe('a flood', () => {
  it('is told when it begins and, with all that was dropped, when there was peace', () => {
    const floods = new LogFloods();
    expect(floods.onDrop('echo@pc2', 100, 0)).to.include({ code: 'LOG_FLOOD', severity: 'warning' });
    expect(floods.onDrop('echo@pc2', 50, 20_000)).to.equal(undefined);
    expect(floods.onLook(49_000)).to.deep.equal([]);
    const [over] = floods.onLook(50_000);
    expect(over).to.include({ code: 'LOG_FLOOD_OVER', severity: 'info' });
    expect(over?.context).to.deep.equal({ instance: 'echo@pc2', droppedBytes: 150, count: 2, lastedMs: 20_000 });
    expect(floods.onLook(90_000)).to.deep.equal([]);
    expect(floods.droppedBytes).to.equal(150);
  });
});

describe('trouble with logs', () => {
  it('is told once for each, and shown until it is over', () => {
    const trouble = new LogTrouble();
    expect(trouble.onFailure('a', 'a cannot be cut', new Error('full'))).to.include({
      code: 'LOG_ROTATION_FAILED',
      message: 'a cannot be cut: full',
    });
    expect(trouble.onFailure('a', 'a cannot be cut', new Error('still full'))).to.equal(undefined);
    expect(trouble.onFailure('b', 'b cannot be cut', new Error('full'))).to.not.equal(undefined);
    expect(trouble.sentence).to.equal('a cannot be cut: still full (and 1 more)');
    trouble.onSuccess('a');
    expect(trouble.sentence).to.equal('b cannot be cut: full');
    trouble.onSuccess('b');
    expect(trouble.sentence).to.equal('');
  });
});
