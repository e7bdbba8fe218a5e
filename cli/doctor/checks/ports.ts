import { answering, type Check, type Examination, partsOf } from '../examination.js';

/** No stranger holds a port of this fleet on this box. Who answers on its port has it, whatever else can be seen. */
export const ports: Check = {
  name: 'ports',
  look: (examination) => {
    const serving = servingOwners(examination);
    return examination.ports
      .filter(({ state }) => state === 'taken' || state === 'denied')
      .filter(({ owner, machine }) => !serving.has(`${owner}@${machine}`))
      .map(({ machine, name, port, listen, state, origin }) => ({
        severity: 'problem' as const,
        machine,
        subject: `${machine}.${name}`,
        what: `port ${port} on ${listen} is ${state === 'taken' ? 'held by somebody else' : 'denied to this user'}`,
        next: `see who has it with "ss -ltnp 'sport = :${port}'", or change the number in ${origin.file}`,
      }));
  },
};

const servingOwners = (examination: Examination): ReadonlySet<string> =>
  new Set([
    ...answering(examination).map(({ machine }) => `node@${machine}`),
    ...partsOf(examination).flatMap(({ instance, health }) => (health === undefined ? [] : [instance])),
  ]);
