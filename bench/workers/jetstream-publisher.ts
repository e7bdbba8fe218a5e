/** Publishes into a stream of JetStream and waits for its acknowledgement. Arguments: the server, how many are in flight. */
import { pack } from 'msgpackr';
import { connectToNats, openJetStream } from '../peers/nats.js';
import { serveEmitting } from '../work/emitting.js';
import { argumentAt, numberAt } from '../work/worker-channel.js';

const SUBJECT = 'bench.records';
const stream = await openJetStream(await connectToNats(argumentAt(0)), SUBJECT);
serveEmitting(async (body) => (await stream.publish(SUBJECT, pack(body))).seq, numberAt(1));
