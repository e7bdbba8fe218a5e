/** The peer that is called: answers each request with its body. Argument: the server. */
import { pack, unpack } from 'msgpackr';
import { CALLS_SUBJECT, connectToNats } from '../peers/nats.js';
import { argumentAt, serveTasks } from '../work/worker-channel.js';

const nats = await connectToNats(argumentAt(0));
nats.subscribe(CALLS_SUBJECT, {
  callback: (error, message) => {
    if (error !== null) throw error;
    message.respond(pack(unpack(message.data)));
  },
});
await nats.flush();
serveTasks({});
