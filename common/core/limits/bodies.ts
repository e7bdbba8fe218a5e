/** Bounds of bodies that are too large for a record and are files of their machine. */
import { KIB, MIB } from './units.js';

export const bodies = {
  /** A body of more than `recordBodyBytesMax` is a file of its machine, up to this size: larger things are no records. */
  bodyBytesMax: 64 * MIB,
  /** Of such a body, in one message: several fit a frame of the node. */
  bodyChunkBytes: 512 * KIB,
  /** All of a machine's. Beyond it a body is refused with QUEUE_FULL, and its emitter waits and tries again. */
  bodiesBytesMax: 16_384 * MIB,
  /** Bodies on their way into a node; the next is refused with QUEUE_FULL. One that says nothing for so long has been given
   *  up by its sender. */
  bodyUploadsMax: 64,
  bodyUploadIdleMs: 60_000,
  /** A body that no record refers to is kept for so long: it is sent before its record. */
  bodyOrphanMs: 3_600_000,
  /** A journal or a log that was put aside may be put back: for so long no body of those goes to which it may refer. Long
   *  enough for somebody who finds out after a weekend; until then bodies take more room, within `bodiesBytesMax`. */
  bodyAsideMs: 7 * 86_400_000,
  /** References that are asked for at once, whether any record has them. */
  bodyRefsAsked: 500,
} as const;
