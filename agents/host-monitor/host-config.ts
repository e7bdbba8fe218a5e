/** The configuration of a host monitor. */

import { limits } from '../../common/core/limits.js';
import { type Static, Type } from '../../common/protocol/type.js';

const closed = { additionalProperties: false } as const;
const Percent = Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 100 }));

export const HostConfig = Type.Object(
  {
    intervalMs: Type.Integer({ minimum: 100, maximum: 3_600_000, default: 2_000 }),
    diskPath: Type.String({
      minLength: 1,
      maxLength: limits.configTextMax,
      default: '/',
      description: 'any path on the file system to watch; relative to the fleet folder',
    }),
    sustainCount: Type.Integer({
      minimum: 1,
      maximum: 1_000,
      default: 3,
      description: 'samples in a row that a value must be over its threshold, or back under it',
    }),
    clearMarginPercent: Type.Number({
      minimum: 0,
      maximum: 50,
      default: 5,
      description: 'how far under its threshold a value must be to clear, in percent of the threshold',
    }),
    thresholds: Type.Object(
      {
        cpuPercent: Percent,
        memoryPercent: Percent,
        diskPercent: Percent,
        loadPerCore: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1_000 })),
      },
      { ...closed, default: {} },
    ),
  },
  closed,
);
export type HostConfig = Static<typeof HostConfig>;

export type Metric = keyof HostConfig['thresholds'];
export const metrics: readonly Metric[] = ['cpuPercent', 'memoryPercent', 'diskPercent', 'loadPerCore'];
