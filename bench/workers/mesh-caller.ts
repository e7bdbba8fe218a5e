/** Calls through the SDK. Argument: the node. */
import { MeshClient } from '../../agents/sdk/mesh-client.js';
import { serveCalling } from '../calling.js';
import { argumentAt } from '../worker-channel.js';

const mesh = await MeshClient.connect({ node: argumentAt(0), name: 'bench-caller' });
serveCalling((body) => mesh.call('bench-callee.echo', body));
