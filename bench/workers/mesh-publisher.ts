/** Publishes through the SDK. Argument: the node. */
import { MeshClient } from '../../agents/sdk/mesh-client.js';
import { bodyOf, EVENTS_TOPIC } from '../work/load.js';
import { servePublishing } from '../work/publishing.js';
import { argumentAt } from '../work/worker-channel.js';

const mesh = await MeshClient.connect({ node: argumentAt(0), name: 'bench-publisher' });
servePublishing((first, end) => {
  for (let seq = first; seq < end; seq++) mesh.publish(EVENTS_TOPIC, bodyOf(seq));
});
