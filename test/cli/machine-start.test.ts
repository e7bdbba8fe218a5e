import { expect } from 'chai';
import { isHopeless } from '../../cli/machine-start.js';

describe('a start that cannot get any further', () => {
  const agents = [
    { name: 'a', after: [] },
    { name: 'b', after: ['a'] },
    { name: 'c', after: ['b'] },
    { name: 'd', after: [] },
  ];
  const row = (agent: string, state: 'ready' | 'starting' | 'backoff' | 'stopped', restarts = 0) => ({
    agent,
    state,
    restarts,
  });
  const hopeless = (...rows: ReturnType<typeof row>[]) => isHopeless(agents.map(specOf), rows);

  it('is one where all that is not ready falls again and again, or waits for that', () => {
    expect(hopeless(row('a', 'backoff', 2), row('b', 'stopped'), row('c', 'stopped'), row('d', 'ready'))).to.equal(
      true,
    );
    expect(hopeless(row('broker', 'backoff', 3))).to.equal(true);
  });

  it('is none while something may still become ready', () => {
    expect(hopeless(row('a', 'backoff', 1), row('b', 'stopped'), row('c', 'stopped'), row('d', 'ready'))).to.equal(
      false,
    );
    expect(hopeless(row('a', 'backoff', 2), row('d', 'starting'))).to.equal(false);
    expect(hopeless(row('a', 'ready'), row('b', 'ready'), row('c', 'ready'), row('d', 'ready'))).to.equal(false);
    expect(hopeless(row('a', 'ready', 5), row('b', 'starting'), row('c', 'stopped'), row('d', 'ready'))).to.equal(
      false,
    );
  });
});

const specOf = ({ name, after }: { name: string; after: string[] }) => ({
  name,
  after: after.map((agent) => ({ agent, condition: 'ready' as const })),
});
