import { expect } from 'chai';
import { sparkline } from '../../../cli/terminal/sparkline.js';

describe('a sparkline', () => {
  const cases: readonly [what: string, values: readonly (number | null)[], columns: number, text: string][] = [
    ['is scaled to its highest value', [0, 50, 100], 10, '▁▄█'],
    ['of next to nothing looks like nothing', [0, 0.2, 0.1], 10, '▁▁▁'],
    ['has a blank where there is no value', [100, null, 100], 10, '█ █'],
    ['is folded to peaks where there is less room, the newest point whole', [100, 0, 0, 0, 50], 3, '█▁▄'],
    ['of nothing is empty', [], 10, ''],
  ];
  for (const [what, values, columns, text] of cases) {
    it(what, () => expect(sparkline(values, columns, 5)).to.equal(text));
  }
});
