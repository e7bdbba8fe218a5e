/** What a cell of a state table means. */
import { expect } from 'chai';
import { type StateTable, transition } from '../../common/core/state-table.js';

type State = 'closed' | 'open';
type Event = 'open' | 'close' | 'look';
const door: StateTable<State, Event> = {
  closed: { open: 'open', close: 'ignore' },
  open: { close: 'closed', look: 'open' },
};

describe('a state table', () => {
  it('moves to the state of the cell', () =>
    expect(transition(door, 'closed', 'open')).to.deep.equal({ kind: 'moved', from: 'closed', to: 'open' }));
  it('can move to the same state', () =>
    expect(transition(door, 'open', 'look')).to.deep.equal({ kind: 'moved', from: 'open', to: 'open' }));
  it('ignores where that is written', () =>
    expect(transition(door, 'closed', 'close')).to.deep.equal({ kind: 'ignored' }));
  it('refuses what has no cell', () => {
    expect(transition(door, 'closed', 'look')).to.deep.equal({ kind: 'refused' });
    expect(transition(door, 'open', 'open')).to.deep.equal({ kind: 'refused' });
  });
});
