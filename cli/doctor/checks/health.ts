import { type Check, partsOf } from '../examination.js';

/** Below this an instance is chosen last. */
const POOR_SCORE = 50;

/** Every instance fares well by its own score. */
export const health: Check = {
  name: 'health',
  look: (examination) =>
    partsOf(examination).flatMap(({ instance, machine, health }) => {
      const { score, reasons } = health?.health ?? { score: undefined, reasons: [] };
      if (score === undefined || score >= POOR_SCORE) return [];
      return [
        {
          severity: 'warning' as const,
          machine,
          subject: instance,
          what: `its health is ${score} of 100: ${reasons.join(', ') || 'it does not say why'}`,
          next: `mesh registry show ${instance}`,
        },
      ];
    }),
};
