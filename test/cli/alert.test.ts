/** `mesh alert` without a running fleet, and how it words what the alerter answers. */
import { expect } from 'chai';
import picocolors from 'picocolors';
import { alertForm, alertRowsOf } from '../../cli/rows/alert-row.js';
import { limits } from '../../common/core/limits.js';
import { errorOf, runMesh } from './mesh-process.js';
import { useSampleFleet } from './sample-fleet.js';

const ALERTS = `routes: { log: { log: true } }
rules:
  new-errors: { when: new-group, routes: [log] }
  bursts: { when: { rate: { count: 100, window: 1m } }, routes: [log] }
`;

describe('mesh alert', () => {
  const fleet = useSampleFleet();
  const mesh = (...args: string[]) => runMesh(args, { cwd: fleet().home });

  it('ls says how to have some where there are none', async () => {
    expect(await mesh('alert', 'ls')).to.deep.equal({
      code: 0,
      stdout: '',
      stderr: 'the fleet has no alert rules: they are written to config/alerts.yaml\n',
    });
    const { code, stderr } = await mesh('alert', 'test', 'new-errors');
    expect(code).to.equal(3);
    expect(stderr).to.contain('there is no alert rule and no route "new-errors"');
  });

  describe('in a fleet that has some', () => {
    before(() => fleet().write('config/alerts.yaml', ALERTS));

    it('ls shows the rules though nobody answers, and says that nobody does', async () => {
      const { code, stdout, stderr } = await mesh('alert', 'ls', '--json');
      expect(code).to.equal(7);
      expect(stderr).to.contain('no node of the mesh answers');
      const [, rule, ...others] = JSON.parse(stdout);
      expect(others).to.deep.equal([]);
      expect(rule).to.include({ rule: 'bursts', when: '100 in 60 s', state: null, line: 4 });
    });

    it('test names what was probably meant, before it asks anybody', async () => {
      const answer = await mesh('alert', 'test', 'new-erors', '--json');
      expect(answer.code).to.equal(3);
      expect(errorOf(answer)).to.nested.include({ code: 'NOT_FOUND', 'details.didYouMean': 'new-errors' });
    });
  });

  it('shows what fires, what was told last and what is held back', () => {
    const when = { kind: 'new-group' } as const;
    const rest = { match: {}, routes: ['log'], throttleMs: limits.alertThrottleMs, quietMs: 1, recovery: true };
    const origins = new Map([['a', { file: 'config/alerts.yaml', line: 3, column: 1 }]]);
    const standing = {
      rule: 'a',
      state: 'firing',
      firing: 2,
      heldBack: 7,
      titles: ['BROKEN in echo@pc2: it broke'],
    } as const;
    const last = { lastMs: 1_000, lastState: 'firing', lastTitle: 'BROKEN' };
    const [row, other] = alertRowsOf(
      {
        rules: [
          { name: 'a', when, ...rest },
          { name: 'b', when, ...rest },
        ],
        routes: [],
        origins,
      },
      { rules: [{ ...standing, ...last, titles: [...standing.titles] }], waiting: 0 },
    );
    const { columns } = alertForm(picocolors.createColors(false), 61_000);
    const shown = (of: typeof row) => columns.map(({ value }) => (of === undefined ? '' : value(of)));
    expect(shown(row)).to.deep.equal([
      ...[
        'a',
        'new-group',
        'firing (2)',
        '7',
        'firing 1m ago',
        'log',
        'BROKEN in echo@pc2: it broke',
        'config/alerts.yaml:3',
      ],
    ]);
    expect(shown(other).slice(0, 5)).to.deep.equal(['b', 'new-group', '-', '0', '-']);
  });
});
