/** One call at a time: how long the median one takes, and the slowest of a hundred. */

import type { Peer, RatioRow } from '../measure/row.js';
import { moleculer } from '../peers/need.js';
import { openMeshCalls, openMoleculerCalls, openReqCalls, openTcpCalls } from '../sides/call-sides.js';

type Task = 'median' | 'slowest';

/** At most half as long again as bytes that nobody reads. */
const rawTcp = (task: Task): Peer => ({ name: 'raw TCP echo', goal: 0.67, open: () => openTcpCalls(task) });
const overTcp = (task: Task): Peer => ({
  name: 'Moleculer over TCP, input validated',
  goal: 1,
  needs: [moleculer],
  open: () => openMoleculerCalls(task),
});

/** A turn of the event loop at either end, in which more could have joined the frame, is what coalescing costs here. */
const overZeromq = (task: Task): Peer => ({
  name: 'zeromq.js REQ → ROUTER',
  goal: 0.75,
  open: () => openReqCalls(task),
});

export const callsSerial: RatioRow = {
  kind: 'ratio',
  name: 'calls-serial',
  title: 'calls, one at a time, median',
  unit: 'µs',
  better: 'less',
  openOurs: () => openMeshCalls('median'),
  peers: [rawTcp('median'), overTcp('median'), overZeromq('median')],
};

export const callsSerialSlowest: RatioRow = {
  kind: 'ratio',
  name: 'calls-serial-p99',
  title: 'calls, one at a time, p99',
  unit: 'µs',
  better: 'less',
  openOurs: () => openMeshCalls('slowest'),
  peers: [rawTcp('slowest'), overTcp('slowest'), overZeromq('slowest')],
};
