/**
 * The link between two machines on this box, which can be cut: then every connection gets a reset, and so does each new one.
 * Arguments: for each route the port where it listens and the port that it leads to.
 */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { serveTasks } from '../work/worker-channel.js';

const HOST = '127.0.0.1';
const sockets = new Set<Socket>();
let isCut = false;

function keep(socket: Socket, other: () => Socket | undefined): Socket {
  sockets.add(socket);
  return socket
    .setNoDelay(true)
    .on('error', () => undefined)
    .on('close', () => {
      sockets.delete(socket);
      other()?.destroy();
    });
}

const ports = process.argv.slice(2).map(Number);
for (let i = 0; i < ports.length; i += 2) {
  const server = createServer((near) => {
    if (isCut) return void near.resetAndDestroy();
    const far = connect({ host: HOST, port: ports[i + 1] ?? 0 });
    keep(far, () => near);
    keep(near, () => far);
    near.pipe(far).pipe(near);
  });
  server.listen(ports[i], HOST);
  await once(server, 'listening');
}

serveTasks({
  cut: () => {
    isCut = true;
    for (const socket of sockets) socket.resetAndDestroy();
  },
  restore: () => {
    isCut = false;
  },
});
