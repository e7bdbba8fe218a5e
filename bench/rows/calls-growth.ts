/** What a call costs more when the caller knows many instances, or has many subscriptions: goal, nearly nothing. */

import type { Peer, RatioRow } from '../measure/row.js';
import { openMeshCalls, type Surroundings } from '../sides/call-sides.js';

/** The rate falls by less than a tenth. */
const GOAL = 0.9;

const ours = (name: string, surroundings: Surroundings): Peer => ({
  name,
  goal: GOAL,
  open: () => openMeshCalls('flood', surroundings),
});

export const callsKnown: RatioRow = {
  kind: 'ratio',
  name: 'calls-500-known',
  title: 'calls, 256 in flight, 500 instances known',
  unit: 'calls/s',
  better: 'more',
  openOurs: () => openMeshCalls('flood', { known: 500 }),
  peers: [
    ours('ours with 1 instance known', { known: 1 }),
    ours('ours with 10', { known: 10 }),
    ours('ours with 74', { known: 74 }),
  ],
};

export const callsSubscribed: RatioRow = {
  kind: 'ratio',
  name: 'calls-900-subscriptions',
  title: 'calls, 256 in flight, 900 subscriptions',
  unit: 'calls/s',
  better: 'more',
  openOurs: () => openMeshCalls('flood', { subscriptions: 900 }),
  peers: [ours('ours with 1 subscription', { subscriptions: 1 }), ours('ours with 100', { subscriptions: 100 })],
};
