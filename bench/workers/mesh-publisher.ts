/** Publishes through the SDK. Argument: the node. */
import { MeshClient } from '../../agents/sdk/mesh-client.js';
import { bodyOf, EVENTS_TOPIC } from '../load.js';
import { servePublishing } from '../publishing.js';
import { argumentAt } from '../worker-channel.js';

const mesh = await MeshClient.connect({ node: argumentAt(0), name: 'bench-publisher' });
servePublishing((first, end) => {
  for (let seq = first; seq < end; seq++) mesh.publish(EVENTS_TOPIC, bodyOf(seq));
});
