/** Well when a file exists, and where its age counts, when it was changed lately. */
import { stat } from 'node:fs/promises';
import { systemClock } from '../../../common/core/clock.js';
import { systemCodeOf } from '../../../common/core/errors.js';
import type { Check } from './probe.js';

/** @param ageMsMax undefined: however old */
export function fileCheck(path: string, ageMsMax: number | undefined): Check {
  return async () => {
    const { mtimeMs } = await stat(path).catch((error: unknown) => {
      throw new Error(`${path}: ${systemCodeOf(error)}`);
    });
    const ageMs = Math.round(systemClock.wallMs() - mtimeMs);
    if (ageMsMax !== undefined && ageMs > ageMsMax) throw new Error(`${path} was last changed ${ageMs} ms ago`);
  };
}
