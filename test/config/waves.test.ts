/** Dependency waves: any graph without a cycle gets an order that respects it, any other names a real cycle. */
import { expect } from 'chai';
import fc from 'fast-check';
import { type Dependent, planWaves } from '../../common/config/agents/waves.js';

const plan = (graph: Record<string, string[]>) =>
  planWaves(Object.entries(graph).map(([name, after]) => ({ name, after })));

describe('waves', () => {
  it('start what waits for nothing first, in the order written', () => {
    expect(plan({ c: ['a'], a: [], b: [], d: ['c', 'b'] }).waves).to.deep.equal([['a', 'b'], ['c'], ['d']]);
  });

  it('are none for no agents', () => expect(plan({})).to.deep.equal({ waves: [], cycles: [], unknown: [] }));

  it('name a cycle by its path, without what merely waits for it', () => {
    expect(plan({ x: ['a'], a: ['b'], b: ['c'], c: ['a'] }).cycles).to.deep.equal([['a', 'b', 'c', 'a']]);
  });

  it('name an agent that waits for itself', () => expect(plan({ a: ['a'] }).cycles).to.deep.equal([['a', 'a']]));

  it('name each of several cycles', () => {
    expect(plan({ a: ['b'], b: ['a'], c: ['d'], d: ['c'] }).cycles).to.deep.equal([
      ['a', 'b', 'a'],
      ['c', 'd', 'c'],
    ]);
  });

  it('name unknown dependencies', () => {
    expect(plan({ a: ['z'] }).unknown).to.deep.equal([{ name: 'a', dependency: 'z' }]);
  });

  it('hold for any graph', () => {
    const graphs = fc.integer({ min: 1, max: 12 }).chain((size) => {
      const after = fc.uniqueArray(fc.integer({ min: 0, max: size - 1 }).map(String), { maxLength: 3 });
      return fc.array(after, { minLength: size, maxLength: size });
    });
    fc.assert(
      fc.property(graphs, (lists) => {
        const dependents: Dependent[] = lists.map((after, index) => ({ name: String(index), after }));
        const { waves, cycles } = planWaves(dependents);
        const waveOf = new Map(waves.flatMap((names, wave) => names.map((name) => [name, wave] as const)));
        for (const { name, after } of dependents) {
          const own = waveOf.get(name);
          if (own === undefined) continue;
          for (const dependency of after) expect(waveOf.get(dependency)).to.be.lessThan(own);
        }
        expect(waveOf.size === dependents.length).to.equal(cycles.length === 0);
        for (const cycle of cycles) {
          expect(cycle[0]).to.equal(cycle.at(-1));
          cycle.slice(1).forEach((name, index) => {
            expect(dependents[Number(cycle[index])]?.after).to.include(name);
          });
        }
      }),
    );
  });
});
