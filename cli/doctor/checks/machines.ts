import type { Check } from '../examination.js';

/** Every machine answers, is ready, and is in touch with main. */
export const machines: Check = {
  name: 'machines',
  look: (examination) =>
    examination.machines.flatMap(({ machine, node }) => {
      const at = { severity: 'problem', machine, subject: machine } as const;
      if (!('status' in node)) {
        return [{ ...at, what: `out of reach: ${node.message}`, next: node.hint ?? `mesh up ${machine}` }];
      }
      const { links, problems, warnings } = node.status;
      const down = Object.entries(links).filter(([, { up }]) => !up);
      return [
        ...down.map(([link, { detail }]) => ({
          ...at,
          what: `its link to ${link} is down${detail === '' ? '' : `: ${detail}`}`,
          next: `look at "mesh status" of the machine that it should reach, and at the network between`,
        })),
        ...problems.map((what) => ({ ...at, what, next: `mesh status --machine ${machine}` })),
        ...warnings.map((what) => ({
          ...at,
          severity: 'warning' as const,
          what,
          next: `mesh status --machine ${machine}`,
        })),
      ];
    }),
};
