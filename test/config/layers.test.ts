/** Layers over each other: what wins, and where it came from. */
import { expect } from 'chai';
import { mergeLayers } from '../../common/config/source/layers.js';
import { dataOf, originAt } from '../../common/config/source/tree.js';
import { parseSource } from '../../common/config/source/yaml-source.js';

const tree = (file: string, ...lines: string[]) => parseSource(lines.join('\n'), file).tree;

describe('layers', () => {
  it('merge maps, replace lists and scalars, and delete with null', () => {
    const base = tree('base', 'map: { a: 1, b: 2 }', 'list: [1, 2]', 'gone: x', 'kept: y');
    const over = tree('over', 'map: { b: 3, c: 4 }', 'list: [9]', 'gone: null');
    const merged = mergeLayers(base, over);
    expect(dataOf(merged.tree)).to.deep.equal({ map: { a: 1, b: 3, c: 4 }, list: [9], kept: 'y' });
    expect(merged.vainDeletions).to.deep.equal([]);
  });

  it('remember which file and line won', () => {
    const merged = mergeLayers(tree('base', 'map:', '  a: 1', '  b: 2'), tree('over', '# why', 'map: { b: 3 }')).tree;
    expect(originAt(merged, ['map', 'a'])).to.deep.equal({ file: 'base', line: 2, column: 3 });
    expect(originAt(merged, ['map', 'b'])).to.deep.equal({ file: 'over', line: 2, column: 8 });
    expect(originAt(merged, ['map'])).to.deep.equal({ file: 'base', line: 1, column: 1 });
  });

  it('replace a map by a scalar and a scalar by a map', () => {
    const merged = mergeLayers(tree('base', 'a: { x: 1 }', 'b: 1'), tree('over', 'a: 1', 'b: { x: 1 }'));
    expect(dataOf(merged.tree)).to.deep.equal({ a: 1, b: { x: 1 } });
  });

  it('apply several overlays in order', () => {
    const merged = mergeLayers(tree('one', 'a: 1', 'b: 1'), tree('two', 'a: 2', 'b: null'), tree('three', 'b: 3'));
    expect(dataOf(merged.tree)).to.deep.equal({ a: 2, b: 3 });
  });

  it('report a deletion that found nothing, with what it could have meant', () => {
    const { vainDeletions } = mergeLayers(tree('base', 'map: { echo: 1 }'), tree('over', 'map:', '  ecoh: null'));
    expect(
      vainDeletions.map(({ path, deletion, candidates }) => ({ path, line: deletion.origin.line, candidates })),
    ).to.deep.equal([{ path: ['map', 'ecoh'], line: 2, candidates: ['echo'] }]);
  });

  it('leave their inputs as they were', () => {
    const base = tree('base', 'map: { a: 1 }');
    mergeLayers(base, tree('over', 'map: { a: null, b: 2 }'));
    expect(dataOf(base)).to.deep.equal({ map: { a: 1 } });
  });
});
