import { secondsText } from '../../terminal/quantity.js';
import { answering, type Check } from '../examination.js';

/** What people do not see in the order of two machines' records. */
const SKEW_MS = 500;

/** The machines agree about the time, as far as can be seen from here. */
export const clocks: Check = {
  name: 'clocks',
  look: (examination) => {
    const [first, ...others] = answering(examination);
    if (first === undefined) return [];
    return others.flatMap(({ machine, node: { clock } }) => {
      const differenceMs = clock.offsetMs - first.node.clock.offsetMs;
      const uncertaintyMs = clock.uncertaintyMs + first.node.clock.uncertaintyMs;
      if (Math.abs(differenceMs) <= SKEW_MS + uncertaintyMs) return [];
      const side = differenceMs > 0 ? 'ahead of' : 'behind';
      return [
        {
          severity: 'warning' as const,
          machine,
          subject: machine,
          what: `its clock is ${secondsText(Math.abs(differenceMs))} ${side} that of ${first.machine}: times of events and records do not compare`,
          next: 'let both follow one time server; see "timedatectl status" on each',
        },
      ];
    });
  },
};
