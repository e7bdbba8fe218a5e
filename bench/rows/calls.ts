/** Calls with 256 in flight, agent to agent, both schemas checked. */
import { openMeshCalls, openZeromqCalls } from '../call-sides.js';
import type { RatioRow } from '../row.js';

export const calls: RatioRow = {
  kind: 'ratio',
  name: 'calls',
  title: 'calls, 256 in flight',
  unit: 'calls/s',
  better: 'more',
  peerName: 'zeromq.js DEALER → ROUTER, one message per send',
  goal: 4,
  openOurs: () => openMeshCalls('flood'),
  openPeer: () => openZeromqCalls('flood', 'zeromq-dealer'),
};
