/** What a node tells of the health of its instances. */
import { expect } from 'chai';
import { HealthBoard } from '../../../agents/node/resources/health-board.js';
import { HEALTH_HOLD_MS, WELL } from '../../../common/core/health-score.js';

const ailing = { score: 40, reasons: ['its event loop lags by 900 ms (−39)'] };

describe('the board of health', () => {
  it('tells the first word of an incarnation with its next change, and no other before its beat', () => {
    const board = new HealthBoard();
    expect(board.of('echo', 1)).to.equal(undefined);
    board.hear('echo', 1, WELL, 0);
    expect(board.of('echo', 1)).to.deep.equal(WELL);
    expect(board.tick(1)).to.equal(false);
    board.hear('echo', 1, ailing, 2);
    expect(board.of('echo', 1)).to.deep.equal(WELL);
    expect(board.tick(3)).to.equal(true);
    expect(board.of('echo', 1)).to.deep.equal(ailing);
    expect(board.tick(4)).to.equal(false);
  });

  it('tells that one is well again when the last word is old enough, without hearing it twice', () => {
    const board = new HealthBoard();
    board.hear('echo', 1, ailing, 0);
    board.hear('echo', 1, WELL, 1);
    expect(board.tick(2)).to.equal(false);
    expect(board.tick(HEALTH_HOLD_MS)).to.equal(true);
    expect(board.of('echo', 1)).to.deep.equal(WELL);
  });

  it('does not take the word of one incarnation for that of another', () => {
    const board = new HealthBoard();
    board.hear('echo', 1, ailing, 0);
    expect(board.of('echo', 2)).to.equal(undefined);
    board.hear('echo', 2, WELL, 1);
    expect(board.of('echo', 2)).to.deep.equal(WELL);
    expect(board.of('echo', 1)).to.equal(undefined);
    board.forget('echo');
    expect(board.of('echo', 2)).to.equal(undefined);
  });

  it('adds the use of limits to what an instance says', () => {
    const board = new HealthBoard();
    board.hear('echo', 1, ailing, 0);
    board.look('echo', 1, { memoryShare: 1 });
    expect(board.tick(1)).to.equal(true);
    expect(board.of('echo', 1)?.score).to.equal(10);
    expect(board.of('echo', 1)?.reasons).to.have.length(2);
  });

  it('has reasons and no score for a program that says nothing', () => {
    const board = new HealthBoard();
    board.look('tail', 1, { memoryShare: 0.5 });
    expect([board.tick(0), board.of('tail', 1)]).to.deep.equal([false, undefined]);
    board.look('tail', 1, { memoryShare: 1 });
    expect(board.tick(1)).to.equal(true);
    expect(board.of('tail', 1)).to.deep.equal({ reasons: ['it uses 100 % of its memory limit (−30)'] });
  });

  it('tells the same thing only once, however often it is looked at', () => {
    const board = new HealthBoard();
    let count = 0;
    for (let nowMs = 0; nowMs < 60_000; nowMs += 500) {
      board.look('tail', 1, { memoryShare: 0.9 + (nowMs % 1_000) / 1e6 });
      if (board.tick(nowMs)) count++;
    }
    expect(count).to.equal(1);
  });
});
