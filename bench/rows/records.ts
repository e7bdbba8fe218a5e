/** Records that are acknowledged after they are on the disk: many in flight, one at a time, and all the way to a consumer. */

import type { BoundRow, RatioRow } from '../measure/row.js';
import { natsClient, natsJetstream, natsServer } from '../peers/need.js';
import { openBareCommits, openJetStreamPublishing, openMeshEmitting, openMeshRecords } from '../sides/record-sides.js';

export const records: RatioRow = {
  kind: 'ratio',
  name: 'records',
  title: 'emit acknowledged after fsync, 256 in flight',
  unit: 'records/s',
  better: 'more',
  openOurs: () => openMeshEmitting('flood'),
  peers: [
    {
      name: 'JetStream, stored in files, acknowledged before fsync',
      goal: 4,
      needs: [natsServer, natsClient, natsJetstream],
      open: openJetStreamPublishing,
    },
  ],
};

const EMITTERS = 20;

export const recordsTwenty: RatioRow = {
  kind: 'ratio',
  name: 'records-20',
  title: `the same from ${EMITTERS} processes of one machine`,
  unit: 'records/s',
  better: 'more',
  openOurs: () => openMeshEmitting('flood', EMITTERS),
  peers: [{ name: 'ours from one', goal: 1, open: () => openMeshEmitting('flood') }],
};

export const recordsSerial: RatioRow = {
  kind: 'ratio',
  name: 'records-serial',
  title: 'emit acknowledged after fsync, one at a time, median',
  unit: 'µs',
  better: 'less',
  openOurs: () => openMeshEmitting('median'),
  peers: [{ name: 'a bare FULL-sync commit of better-sqlite3', goal: 0.5, open: openBareCommits }],
};

export const recordsEndToEnd: BoundRow = {
  kind: 'bound',
  name: 'records-end-to-end',
  title: 'emit on pc2 → stored there → stored on main → consumer on main',
  unit: 'records/s',
  better: 'more',
  bound: 50_000,
  openOurs: openMeshRecords,
};
