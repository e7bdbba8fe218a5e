/** Publish → broker → subscribers, a handler called per event with the decoded body; nothing may be lost. */

import type { RatioRow } from '../measure/row.js';
import { natsClient, natsServer } from '../peers/need.js';
import { type Audience, openMeshEvents, openNatsEvents, openZeromqEvents } from '../sides/event-sides.js';

const nats = { needs: [natsServer, natsClient] } as const;

export const events: RatioRow = {
  kind: 'ratio',
  name: 'events',
  title: 'publish → broker → one subscriber',
  unit: 'events/s',
  better: 'more',
  openOurs: () => openMeshEvents(),
  peers: [
    { ...nats, name: 'NATS, Node client', goal: 3, open: () => openNatsEvents() },
    { name: 'zeromq.js PUB → Proxy → SUB, one message per send', goal: 12, open: openZeromqEvents },
  ],
};

const FIFTY: Audience = { processes: 5, handlers: 10 };

export const eventsFifty: RatioRow = {
  kind: 'ratio',
  name: 'events-50',
  title: 'publish → broker → 50 subscribers in 5 processes',
  unit: 'events/s',
  better: 'more',
  openOurs: () => openMeshEvents(FIFTY),
  peers: [
    {
      ...nats,
      name: 'NATS, ten subscriptions on the connection of each process',
      goal: 2,
      open: () => openNatsEvents('nats-subscriber', FIFTY),
    },
    {
      ...nats,
      name: 'NATS, one subscription in each process, its ten handlers called by hand',
      goal: 2,
      open: () => openNatsEvents('nats-fan-out', FIFTY),
    },
  ],
};

/** As many as one process may have. */
const OTHERS = 899;

export const eventsSubscribed: RatioRow = {
  kind: 'ratio',
  name: 'events-900-subscriptions',
  title: 'the same to one subscriber with 899 other subscriptions',
  unit: 'events/s',
  better: 'more',
  openOurs: () => openMeshEvents({ processes: 1, handlers: 1, others: OTHERS }),
  peers: [{ name: 'ours with that subscription alone', goal: 0.9, open: () => openMeshEvents() }],
};
