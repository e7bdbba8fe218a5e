/** Consumes records as they come to main's log, through the SDK. Argument: the node. */
import { MeshClient } from '../../agents/sdk/mesh-client.js';
import { serveArriving } from '../work/arriving.js';
import { RECORDS_STREAM } from '../work/load.js';
import { argumentAt } from '../work/worker-channel.js';

const mesh = await MeshClient.connect({
  node: argumentAt(0),
  name: 'bench-consumer',
  onConsumerError: (error) => {
    throw error;
  },
});
const [handler] = serveArriving(1);
const consumer = mesh.consume(RECORDS_STREAM, async (record) => handler?.(await record.body()));
await consumer.ready;
