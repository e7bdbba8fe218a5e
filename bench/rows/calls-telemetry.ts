/** What it costs that calls carry the mark of a trace and that their actions are timed. */

import type { RatioRow } from '../measure/row.js';
import { openNestedCalls } from '../sides/call-sides.js';

export const callsTelemetry: RatioRow = {
  kind: 'ratio',
  name: 'calls-telemetry',
  title: 'calls within calls, 256 in flight, traced and timed',
  unit: 'calls/s',
  better: 'more',
  openOurs: () => openNestedCalls('flood', 'on'),
  peers: [{ name: 'ours, neither traced nor timed', goal: 0.9, open: () => openNestedCalls('flood', 'off') }],
};
