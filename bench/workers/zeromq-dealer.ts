/** The peer's caller: answers matched by id, one message per send. Argument: whom it calls. */
import { pack, unpack } from 'msgpackr';
import { Dealer } from 'zeromq';
import { serveCalling } from '../calling.js';
import { argumentAt } from '../worker-channel.js';

const dealer = new Dealer({ linger: 0, sendHighWaterMark: 0, receiveHighWaterMark: 0 });
dealer.connect(argumentAt(0));
/** By the last 16 bits of the id: a Map that is filled and emptied all the time would burden the peer with garbage. */
const waiting: ((body: unknown) => void)[] = [];
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
      waiting[id & 0xffff] = resolve;
      unsent.push(pack([id, body]));
      void sendAll();
    }),
);

for await (const [frame] of dealer) {
  if (frame === undefined) continue;
  const [id, body] = unpack(frame) as [number, unknown];
  waiting[id & 0xffff]?.(body);
}
