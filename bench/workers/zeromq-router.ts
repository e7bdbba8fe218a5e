/** The peer that is called: answers each message with its body, to DEALER and to REQ. Argument: where it listens. */
import { pack, unpack } from 'msgpackr';
import { Router } from 'zeromq';
import { argumentAt, serveTasks } from '../work/worker-channel.js';

const router = new Router({ linger: 0, sendHighWaterMark: 0, receiveHighWaterMark: 0 });
await router.bind(argumentAt(0));
serveTasks({});
for await (const parts of router) {
  const frame = parts.at(-1);
  if (frame !== undefined) await router.send([...parts.slice(0, -1), pack(unpack(frame))]);
}
