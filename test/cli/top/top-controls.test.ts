import { expect } from 'chai';
import type { Key } from '../../../cli/terminal/keyboard.js';
import { arranged, onKey, type TopControls } from '../../../cli/top/top-controls.js';
import { topProcess } from './top-row.js';

const controls: TopControls = { sort: 'cpu', filter: '', isTyping: false, offset: 0 };
const named = (name: string): Key => ({ name, text: '', ctrl: false });
const typed = (text: string): Key => ({ name: text, text, ctrl: false });
/** What a series of keys makes of the controls, over forty rows. */
const press = (keys: readonly Key[], from: TopControls = controls): TopControls | 'quit' =>
  keys.reduce<TopControls | 'quit'>((held, key) => (typeof held === 'string' ? held : onKey(held, key, 40)), from);

describe('the keys of top', () => {
  for (const [key, sort] of [
    ['c', 'cpu'],
    ['m', 'memory'],
    ['r', 'restarts'],
    ['n', 'name'],
  ] as const) {
    it(`${key} sorts by ${sort}, from the first row`, () => {
      expect(press([typed(key)], { ...controls, offset: 9 })).to.deep.equal({ ...controls, sort });
    });
  }

  it('q and Ctrl-C leave, Ctrl-C while a filter is typed too', () => {
    expect(press([typed('q')])).to.equal('quit');
    expect(press([{ name: 'c', text: '\u0003', ctrl: true }])).to.equal('quit');
    expect(press([typed('/'), { name: 'c', text: '\u0003', ctrl: true }])).to.equal('quit');
  });

  it('after / are letters of the filter, until Enter keeps it or Escape drops it', () => {
    const typing = [typed('/'), typed('q'), typed('c'), typed('x'), named('backspace')];
    expect(press(typing)).to.include({ filter: 'qc', isTyping: true, sort: 'cpu' });
    expect(press([...typing, named('return')])).to.include({ filter: 'qc', isTyping: false });
    expect(press([...typing, named('escape')])).to.include({ filter: '', isTyping: false });
    expect(press([...typing, named('return'), named('escape')])).to.include({ filter: '' });
  });

  it('scroll within the rows that there are', () => {
    expect(press([named('up')])).to.include({ offset: 0 });
    expect(press([named('down'), named('pagedown')])).to.include({ offset: 11 });
    expect(press(Array.from({ length: 9 }, () => named('pagedown')))).to.include({ offset: 39 });
  });

  it('that mean nothing change nothing', () => {
    expect(press([named('f5'), typed('ü'), { name: 'z', text: '', ctrl: true }])).to.deep.equal(controls);
  });
});

describe('the rows of top', () => {
  const rows = [
    topProcess('a@main', { cpuPercent: 1, rssBytes: 30, restarts: 0 }),
    topProcess('b@main', { cpuPercent: null, rssBytes: 20, restarts: 2, state: 'backoff' }),
    topProcess('c@pc2', { cpuPercent: 9, rssBytes: 10, restarts: 2, reachable: false }),
  ];
  const order = (rest: Partial<TopControls>) => arranged(rows, { ...controls, ...rest }).map(({ agent }) => agent);

  it('stand in the order that was asked for, what is not known last, equals by name', () => {
    expect(order({ sort: 'cpu' })).to.deep.equal(['c', 'a', 'b']);
    expect(order({ sort: 'memory' })).to.deep.equal(['a', 'b', 'c']);
    expect(order({ sort: 'restarts' })).to.deep.equal(['b', 'c', 'a']);
    expect(order({ sort: 'name' })).to.deep.equal(['a', 'b', 'c']);
  });

  it('are filtered by name, machine and state', () => {
    expect(order({ filter: '@PC2' })).to.deep.equal(['c']);
    expect(order({ filter: 'backoff' })).to.deep.equal(['b']);
    expect(order({ filter: 'unreach' })).to.deep.equal(['c']);
    expect(order({ filter: 'nothing' })).to.deep.equal([]);
  });
});
