/** Subscribes through the SDK. Argument: the node. */
import { MeshClient } from '../../agents/sdk/mesh-client.js';
import { serveArriving } from '../arriving.js';
import { EVENTS_TOPIC } from '../load.js';
import { argumentAt } from '../worker-channel.js';

const mesh = await MeshClient.connect({
  node: argumentAt(0),
  name: 'bench-subscriber',
  onHandlerError: (error) => {
    throw error;
  },
});
mesh.subscribe(EVENTS_TOPIC, serveArriving());
