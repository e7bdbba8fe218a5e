/** Bodies of a mebibyte, called with and answered. */

import type { RatioRow } from '../measure/row.js';
import { openDealerBlobs, openMeshCalls } from '../sides/call-sides.js';

export const blobs: RatioRow = {
  kind: 'ratio',
  name: 'blobs',
  title: 'calls with 1 MiB there and back, 8 in flight',
  unit: 'MB/s',
  better: 'more',
  openOurs: () => openMeshCalls('blobs'),
  peers: [{ name: 'raw zeromq.js DEALER → ROUTER, no codec', goal: 0.8, open: openDealerBlobs }],
};
