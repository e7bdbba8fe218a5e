import { answering, type Check } from '../examination.js';

/** All machines run one version. */
export const versions: Check = {
  name: 'versions',
  look: (examination) => {
    const [first, ...others] = answering(examination);
    if (first === undefined) return [];
    return others.flatMap(({ machine, node: { version, protocol } }) => {
      const speaks = protocol !== first.node.protocol;
      if (version === first.node.version && !speaks) return [];
      return [
        {
          severity: speaks ? ('problem' as const) : ('warning' as const),
          machine,
          subject: machine,
          what: speaks
            ? `speaks protocol ${protocol}, and ${first.machine} speaks ${first.node.protocol}`
            : `runs version ${version}, and ${first.machine} runs ${first.node.version}`,
          next: `bring both to one version, then mesh down ${machine} and mesh up ${machine}`,
        },
      ];
    });
  },
};
