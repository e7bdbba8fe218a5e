/** Publishes into a stream of JetStream and waits for its acknowledgement. Arguments: the server, how many are in flight. */
import { pack } from 'msgpackr';
import { serveEmitting } from '../emitting.js';
import { connectToNats, openJetStream } from '../nats.js';
import { argumentAt, numberAt } from '../worker-channel.js';

const SUBJECT = 'bench.records';
const stream = await openJetStream(await connectToNats(argumentAt(0)), SUBJECT);
serveEmitting(async (body) => (await stream.publish(SUBJECT, pack(body))).seq, numberAt(1));
