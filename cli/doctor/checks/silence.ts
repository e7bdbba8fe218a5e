import { answering, type Check } from '../examination.js';

/** Whoever is listed as ready answers. */
export const silence: Check = {
  name: 'silence',
  look: (examination) =>
    answering(examination).flatMap(({ machine, node }) =>
      node.parts
        .filter(({ health }) => health === undefined)
        .map(({ instance, kind }) => ({
          severity: 'problem' as const,
          machine,
          subject: instance,
          what: `listed as serving, and does not answer${kind === 'broker' ? ': no events and no look-ups through it' : ''}`,
          next: `mesh logs ${instance}, then mesh restart ${instance}`,
        })),
    ),
};
