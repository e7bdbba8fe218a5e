/** The peer's caller: answers matched by id, one message per send. Argument: whom it calls. */
import { pack, unpack } from 'msgpackr';
import { Dealer } from 'zeromq';
import { serveCalling } from '../calling.js';
import { argumentAt } from '../worker-channel.js';

const dealer = new Dealer({ linger: 0, sendHighWaterMark: 0, receiveHighWaterMark: 0 });
dealer.connect(argumentAt(0));
const waiting = new Map<number, (body: unknown) => void>();
const unsent: Buffer[] = [];
let lastId = 0;
let sending = false;

/** A socket takes one send at a time. */
async function sendAll(): Promise<void> {
  if (sending) return;
  sending = true;
  for (let frame = unsent.shift(); frame !== undefined; frame = unsent.shift()) await dealer.send(frame);
  sending = false;
}

serveCalling(
  (body) =>
    new Promise((resolve) => {
      const id = ++lastId;
      waiting.set(id, resolve);
      unsent.push(pack([id, body]));
      void sendAll();
    }),
);

for await (const [frame] of dealer) {
  if (frame === undefined) continue;
  const [id, body] = unpack(frame) as [number, unknown];
  waiting.get(id)?.(body);
  waiting.delete(id);
}
