import { counted } from '../../terminal/quantity.js';
import { type Check, partsOf } from '../examination.js';

/** No broker had to let go of a last value that it was to keep. */
export const brokers: Check = {
  name: 'brokers',
  look: (examination) =>
    partsOf(examination).flatMap(({ instance, machine, health }) => {
      const evicted = health?.counters['events.evicted'] ?? 0;
      if (evicted === 0) return [];
      return [
        {
          severity: 'warning' as const,
          machine,
          subject: instance,
          what: `let go of ${counted(evicted, 'last value')}: more topics are to be kept than it has room for`,
          next: 'put what varies without bound into the bodies and not into the topics of keepLast',
        },
      ];
    }),
};
