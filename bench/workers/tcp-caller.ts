/** The peer's caller, one at a time: bytes out, as many bytes back. Argument: whom it calls. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { pack, unpack } from 'msgpackr';
import { serveCalling } from '../work/calling.js';
import { argumentAt } from '../work/worker-channel.js';

const { hostname, port } = new URL(argumentAt(0));
const socket = connect({ host: hostname, port: Number(port), noDelay: true });
await once(socket, 'connect');
let onBytes: (bytes: Buffer) => void = () => undefined;
socket.on('data', (bytes) => onBytes(bytes));

serveCalling({
  call: (body) =>
    new Promise((resolve) => {
      const sent = pack(body);
      let answer: Buffer = Buffer.alloc(0);
      onBytes = (bytes) => {
        answer = answer.length === 0 ? bytes : Buffer.concat([answer, bytes]);
        if (answer.length === sent.length) resolve(unpack(answer));
      };
      socket.write(sent);
    }),
});
