import { answering, type Check, type Finding } from '../examination.js';

/** No agent is quarantined, failed, starting again and again, or too busy to say a word. */
export const agents: Check = {
  name: 'agents',
  look: (examination) =>
    answering(examination).flatMap(({ machine, node }) =>
      node.processes.flatMap(({ instance, agent, state, why }): Omit<Finding, 'check'>[] => {
        const words = why === '' ? '' : `: ${why}`;
        const at = { machine, subject: instance };
        switch (state) {
          case 'quarantined':
            return [
              {
                ...at,
                severity: 'problem',
                what: `quarantined${words}`,
                next: `mesh logs ${agent}@${machine}, mend it, then mesh start ${agent}@${machine}`,
              },
            ];
          case 'failed':
            return [{ ...at, severity: 'problem', what: `failed${words}`, next: `mesh logs ${agent}@${machine}` }];
          case 'backoff':
            return [
              {
                ...at,
                severity: 'warning',
                what: `ended by itself, is started again${words}`,
                next: `mesh logs ${agent}@${machine}`,
              },
            ];
          case 'busy':
            return [
              {
                ...at,
                severity: 'warning',
                what: `busy: it lives, and has not said so in time${words}`,
                next: `look for work that holds its event loop up: mesh top --filter ${agent}`,
              },
            ];
          default:
            return [];
        }
      }),
    ),
};
