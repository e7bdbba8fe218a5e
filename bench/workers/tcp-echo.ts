/** The peer that is called: what comes goes back, unread. Argument: where it listens. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { argumentAt, serveTasks } from '../work/worker-channel.js';

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('data', (bytes) => socket.write(bytes));
  socket.on('error', () => socket.destroy());
});
const { hostname, port } = new URL(argumentAt(0));
server.listen(Number(port), hostname);
await once(server, 'listening');
serveTasks({});
