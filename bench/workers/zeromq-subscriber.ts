/** The peer's subscriber. Argument: the proxy. */
import { unpack } from 'msgpackr';
import { Subscriber } from 'zeromq';
import { serveArriving } from '../arriving.js';
import { EVENTS_TOPIC } from '../load.js';
import { argumentAt } from '../worker-channel.js';

const subscriber = new Subscriber({ receiveHighWaterMark: 0 });
subscriber.connect(argumentAt(0));
subscriber.subscribe(EVENTS_TOPIC);
const onEvent = serveArriving();
for await (const [, body] of subscriber) if (body !== undefined) onEvent(unpack(body));
