/** Emits events' worth of records through the SDK, each by itself. Argument: the node. */
import { MeshClient } from '../../agents/sdk/mesh-client.js';
import { bodyOf, RECORDS_STREAM } from '../work/load.js';
import { servePublishing } from '../work/publishing.js';
import { argumentAt } from '../work/worker-channel.js';

const mesh = await MeshClient.connect({ node: argumentAt(0), name: 'bench-emitter' });
let unstoredCount = 0;
let onStored: () => void = () => undefined;
const stored = () => {
  unstoredCount--;
  onStored();
};

servePublishing(async (first, end) => {
  unstoredCount += end - first;
  // What fails ends this process, and the run with it.
  for (let seq = first; seq < end; seq++) void mesh.emit(RECORDS_STREAM, bodyOf(seq)).then(stored);
  while (unstoredCount > UNSTORED_MAX) {
    await new Promise<void>((resolve) => {
      onStored = resolve;
    });
  }
});

/** A few batches: while one is being stored the next ones gather. */
const UNSTORED_MAX = 4_096;
