/** The peer that is called with large bodies: what comes goes back, neither read nor copied. Argument: where it listens. */
import { Router } from 'zeromq';
import { argumentAt, serveTasks } from '../work/worker-channel.js';

const router = new Router({ linger: 0, sendHighWaterMark: 0, receiveHighWaterMark: 0 });
await router.bind(argumentAt(0));
serveTasks({});
for await (const parts of router) await router.send(parts);
