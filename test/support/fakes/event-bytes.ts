/** A frame of events as a publisher sends it, without the publisher. */
import { EventsFrame } from '../../../common/protocol/frames/events-frame.js';

export function eventBytes(publisher: string, firstSeq: number, tsMs: number, bodies: readonly unknown[]): Buffer {
  const frame = new EventsFrame(publisher, firstSeq, tsMs, 64);
  for (const body of bodies) frame.add(body);
  return frame.close();
}
