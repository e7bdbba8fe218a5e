/** Emits through the SDK. Arguments: the node, how many records are in flight. */
import { MeshClient } from '../../agents/sdk/mesh-client.js';
import { serveEmitting } from '../work/emitting.js';
import { bodyOf, RECORDS_STREAM } from '../work/load.js';
import { argumentAt, numberAt } from '../work/worker-channel.js';

const mesh = await MeshClient.connect({ node: argumentAt(0), name: 'bench-emitter' });

/** Stores that many records, many in one call, as fast as the journal takes them. */
async function fill(count: number): Promise<void> {
  let emitted = 0;
  const keepFilling = async () => {
    while (emitted < count) {
      const first = emitted;
      emitted = Math.min(count, first + FILL_TOGETHER);
      const bodies = Array.from({ length: emitted - first }, (_, i) => bodyOf(first + i));
      await mesh.emitBatch(bodies.map((body) => ({ stream: RECORDS_STREAM, body })));
    }
  };
  await Promise.all(Array.from({ length: FILL_IN_FLIGHT }, keepFilling));
}

const FILL_TOGETHER = 500;
const FILL_IN_FLIGHT = 8;

serveEmitting(async (body) => (await mesh.emit(RECORDS_STREAM, body)).seq, numberAt(1), { fill });
