import { ageText, counted, secondsText } from '../../terminal/quantity.js';
import { type Check, type Finding, type PartSight, partsOf } from '../examination.js';

type Subscription = NonNullable<NonNullable<PartSight['health']>['subscriptions']>[number];

/** From here on whoever waits for an event waits for too long. */
const LONG_WAIT_MS = 1_000;

/** Every subscriber keeps up: none has lost or dropped events, and none has a queue that does not empty. */
export const subscribers: Check = {
  name: 'subscribers',
  look: (examination) =>
    partsOf(examination).flatMap((part) => (part.health?.subscriptions ?? []).flatMap((one) => findings(part, one))),
};

function findings({ instance, machine, health }: PartSight, subscription: Subscription): Omit<Finding, 'check'>[] {
  const { pattern, missed, dropped, failed, queued, queueMax, waitMs, handled, handlerMs } = subscription;
  const at = { severity: 'warning', machine, subject: instance } as const;
  const since = `in the ${ageText(health?.uptimeMs ?? 0)} since its start`;
  const cost = handled === 0 ? '' : `; its handler takes ${(handlerMs / handled).toPrecision(2)} ms an event`;
  const found: Omit<Finding, 'check'>[] = [];
  if (missed > 0) {
    found.push({
      ...at,
      what: `its subscription to "${pattern}" lost ${counted(missed, 'event')} on the way ${since}${cost}`,
      next: 'make its handler quicker or its pattern narrower; read what must not be lost from a stream',
    });
  }
  if (dropped > 0) {
    found.push({
      ...at,
      what: `its subscription to "${pattern}" dropped ${counted(dropped, 'event')} from a full queue of ${queueMax} ${since}${cost}`,
      next: 'make its handler quicker, or run more instances that share the work',
    });
  }
  if (waitMs >= LONG_WAIT_MS) {
    found.push({
      ...at,
      what: `its subscription to "${pattern}" is ${secondsText(waitMs)} behind, with ${counted(queued, 'event')} of ${queueMax} waiting${cost}`,
      next: `see what its handler waits for: mesh logs ${instance}`,
    });
  }
  if (failed > 0) {
    found.push({
      ...at,
      what: `the handler of its subscription to "${pattern}" failed ${counted(failed, 'time')} ${since}`,
      next: 'mesh error ls',
    });
  }
  return found;
}
