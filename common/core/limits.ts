/**
 * Every bound of the mesh: `limits/` has a file for each subject, where each bound stands with its reason and with what
 * happens at it. Values are checked against each other when this module is loaded: a mesh that contradicts itself does not
 * start.
 */
import { alerts } from './limits/alerts.js';
import { bodies } from './limits/bodies.js';
import { calls } from './limits/calls.js';
import { configuration } from './limits/configuration.js';
import { consumers } from './limits/consumers.js';
import { errors } from './limits/errors.js';
import { frames } from './limits/frames.js';
import { journal } from './limits/journal.js';
import { logs } from './limits/logs.js';
import { names } from './limits/names.js';
import { processes } from './limits/processes.js';
import { queues } from './limits/queues.js';
import { records } from './limits/records.js';
import { registry } from './limits/registry.js';
import { time } from './limits/time.js';
import { wrapped } from './limits/wrapped.js';

export const limits = {
  ...frames,
  ...queues,
  ...calls,
  ...names,
  ...registry,
  ...records,
  ...journal,
  ...errors,
  ...bodies,
  ...consumers,
  ...alerts,
  ...logs,
  ...processes,
  ...wrapped,
  ...configuration,
  ...time,
} as const;

function assertLimit(holds: boolean, rule: string): void {
  if (!holds) throw new Error(`limits contradict each other: ${rule}`);
}

assertLimit(limits.frameTargetBytes <= limits.controlFrameBytesMax, 'a coalesced frame fits every plane');
assertLimit(
  limits.recordBatchBytesMax * 2 <= limits.logFrameBytesMax,
  'a batch of records fits a frame with its hashes',
);
assertLimit(limits.logReadBytesMax * 2 <= limits.logFrameBytesMax, 'a read fits a frame of the log');
assertLimit(
  limits.errorOccurrencesShown * limits.recordBodyBytesMax <= limits.logReadBytesMax,
  'the occurrences of an error fit a read',
);
assertLimit(limits.recordBodyBytesMax <= limits.recordBatchBytesMax, 'a record fits a batch');
assertLimit(limits.bodyBytesMax <= limits.emitQueueBytesMax, 'a large body may wait for the journal');
assertLimit(limits.bodyChunkBytes <= limits.controlFrameBytesMax / 2, 'a chunk of a body fits a frame of the node');
assertLimit(limits.recordBodyBytesMax <= limits.controlFrameBytesMax / 2, 'an emit fits a frame of the node');
assertLimit(limits.recordBatchBytesMax <= limits.controlFrameBytesMax, 'a batch of emits fits a frame of the node');
assertLimit(limits.agentLogBytesMax < limits.machineLogBytesMax, "a log fits the bound of its machine's logs");
assertLimit(
  limits.agentsPerMachineMax * limits.usagePointsMax * 4 * 9 <= limits.controlFrameBytesMax / 1.5,
  'four figures of each agent fit a frame of the node, at nine bytes a number',
);
assertLimit(limits.usageIntervalMs % limits.limitIntervalMs === 0, 'a sample falls on a look');
assertLimit(limits.streamSilenceMs > 3 * limits.streamSignMs, 'three signs of a stream may be late');
assertLimit(limits.streamWindow <= limits.streamCreditMax, 'a stream may have its window');
assertLimit(limits.streamBytesMax <= limits.callFrameBytesMax, 'what a stream has on its way fits a frame');
assertLimit(limits.keptValueBytesMax * 4 <= limits.controlFrameBytesMax, 'kept values fit a frame of the broker');
assertLimit(limits.policyBytesMax * 4 <= limits.controlFrameBytesMax, 'the rules for calls fit an answer of the node');
assertLimit(limits.groupFetchMax <= limits.groupWindowMax, 'what a member may have fits the window of its group');
assertLimit(limits.consumerInFlightMax <= limits.groupFetchMax, 'a member can fetch as much as it may have in hand');
assertLimit(
  limits.queryBytesMax * 2 <= limits.controlFrameBytesMax,
  'an answer to a question fits a frame of the node',
);
assertLimit(limits.restoredIdsSkipped * 10 <= limits.logRecordsKept, 'the ids that are passed over prune little');
assertLimit(limits.heartbeatTimeoutMs >= 3 * limits.heartbeatIntervalMs, 'three heartbeats may be late');
assertLimit(
  limits.errorTextMax + limits.errorStackMax + limits.errorContextBytesMax < limits.recordBodyBytesMax,
  'an error fits a record',
);
