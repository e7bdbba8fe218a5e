/** Bounds of the configuration's files. */
import { KIB } from './units.js';

export const configuration = {
  /** One file of config/ or ports.json: hundreds of agents with room to spare; a larger one is refused unread. */
  configFileBytesMax: 512 * KIB,
  /** Values in one file after its aliases are expanded: a small file of nested anchors cannot fill the memory. */
  configValuesMax: 50_000,
  configAliasesMax: 100,
  configDepthMax: 32,
  configTextMax: 4_096,
  /** Faults of a configuration that are listed at once; the others are counted. */
  configIssuesMax: 20,
} as const;
