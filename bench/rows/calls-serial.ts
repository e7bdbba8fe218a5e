/** One call at a time: how long the median one takes. */
import { openMeshCalls, openZeromqCalls } from '../call-sides.js';
import type { RatioRow } from '../row.js';

export const callsSerial: RatioRow = {
  kind: 'ratio',
  name: 'calls-serial',
  title: 'calls, one at a time, median',
  unit: 'µs',
  better: 'less',
  peerName: 'zeromq.js REQ → ROUTER',
  // A turn of the event loop at either end, in which more could have joined the frame, is what coalescing costs here.
  goal: 0.75,
  openOurs: () => openMeshCalls('serial'),
  openPeer: () => openZeromqCalls('serial', 'zeromq-request'),
};
