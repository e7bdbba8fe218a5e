/**
 * How well an instance can take on work, from 100 (well) to 0, and why it is not 100. Pure: a formula over signs, and when
 * a change of it is worth telling.
 *
 *   score = 100 − the sum of what each sign costs, at least 0
 *
 * | sign                                      | costs nothing up to | costs most from | most |
 * |-------------------------------------------|---------------------|-----------------|------|
 * | lag of the event loop                     | 50 ms               | 1 s             | 40   |
 * | share of its calls that fail              | 5 %                 | 50 %            | 40   |
 * | age of the oldest call that waits         | 100 ms              | 5 s             | 40   |
 * | share of its memory limit that it uses    | 80 %                | 100 %           | 30   |
 * | share of its open files limit that it uses| 80 %                | 100 %           | 30   |
 *
 * Between the two a share costs in proportion, a time in proportion to its logarithm: from 50 to 100 ms an event loop loses
 * as much as from 500 ms to a second. A sign that is not known costs nothing.
 */
export interface HealthSigns {
  readonly loopLagMs?: number;
  /** Of the calls of the last while, from 0 to 1. */
  readonly failureShare?: number;
  readonly queueAgeMs?: number;
  readonly memoryShare?: number;
  readonly openFilesShare?: number;
}

export interface Health {
  /** Absent for a program that is only supervised: nobody knows how it serves. */
  readonly score?: number;
  /** One sentence for each sign that costs something, the most costly first. */
  readonly reasons: readonly string[];
}

interface Sign {
  readonly name: keyof HealthSigns;
  readonly fine: number;
  readonly worst: number;
  readonly most: number;
  readonly scale: (value: number) => number;
  readonly sentence: (value: number) => string;
}

const linear = (value: number): number => value;
const percent = (share: number): string => `${Math.round(share * 100)} %`;
const milliseconds = (value: number): string => `${Math.round(value)} ms`;

const SIGNS: readonly Sign[] = [
  {
    name: 'loopLagMs',
    fine: 50,
    worst: 1_000,
    most: 40,
    scale: Math.log,
    sentence: (value) => `its event loop lags by ${milliseconds(value)}`,
  },
  {
    name: 'failureShare',
    fine: 0.05,
    worst: 0.5,
    most: 40,
    scale: linear,
    sentence: (value) => `${percent(value)} of its calls fail`,
  },
  {
    name: 'queueAgeMs',
    fine: 100,
    worst: 5_000,
    most: 40,
    scale: Math.log,
    sentence: (value) => `a call has waited ${milliseconds(value)} for its turn`,
  },
  {
    name: 'memoryShare',
    fine: 0.8,
    worst: 1,
    most: 30,
    scale: linear,
    sentence: (value) => `it uses ${percent(value)} of its memory limit`,
  },
  {
    name: 'openFilesShare',
    fine: 0.8,
    worst: 1,
    most: 30,
    scale: linear,
    sentence: (value) => `it uses ${percent(value)} of its open files`,
  },
];

export const WELL: Health = { score: 100, reasons: [] };

/** @param from what an instance says of itself, when signs that only others see are added to that */
export function healthOf(signs: HealthSigns, from: Health = WELL): Health {
  const costs = SIGNS.flatMap((sign) => {
    const value = signs[sign.name];
    const cost = value === undefined ? 0 : costOf(sign, value);
    return value === undefined || cost < 1 ? [] : [{ cost, reason: `${sign.sentence(value)} (−${cost})` }];
  }).sort((a, b) => b.cost - a.cost);
  if (costs.length === 0) return from;
  const lost = costs.reduce((sum, { cost }) => sum + cost, 0);
  const reasons = [...from.reasons, ...costs.map(({ reason }) => reason)];
  return from.score === undefined ? { reasons } : { score: Math.max(0, from.score - lost), reasons };
}

function costOf({ fine, worst, most, scale }: Sign, value: number): number {
  if (!(value > fine)) return 0;
  const share = (scale(value) - scale(fine)) / (scale(worst) - scale(fine));
  return Math.round(most * Math.min(1, share));
}

/** What others were told last, and when. */
export interface ToldHealth {
  readonly health: Health;
  readonly toldMs: number;
}

/**
 * Whether others should hear of it: at once when it became much worse, and else, when the last word is `HEALTH_HOLD_MS` old,
 * of a noticeable change and of the return to full health. So a value that swings tells little, and one that is well is
 * not listed as ailing for ever.
 */
export function isWorthTelling({ health, toldMs }: ToldHealth, now: Health, nowMs: number): boolean {
  const before = pointsOf(health);
  const after = pointsOf(now);
  if (before - after >= MUCH_WORSE) return true;
  if (nowMs - toldMs < HEALTH_HOLD_MS) return false;
  return Math.abs(after - before) >= NOTICEABLE || (now.reasons.length === 0 && health.reasons.length > 0);
}

/** One that has no score is as well as it has reasons not to be. */
const pointsOf = ({ score, reasons }: Health): number => score ?? 100 - reasons.length * NOTICEABLE;

const NOTICEABLE = 10;
const MUCH_WORSE = 25;
export const HEALTH_HOLD_MS = 5_000;
