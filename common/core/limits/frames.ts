/** Bounds of frames and of what is in them. */
import { KIB, MIB } from './units.js';

export const frames = {
  /** A writer closes a frame at this size and starts the next: large enough to amortise the cost per message, small
   *  enough that a call does not wait behind a megabyte of events. */
  frameTargetBytes: 64 * KIB,
  /** Largest frame on the call and event planes; libzmq disconnects a peer that sends more. */
  callFrameBytesMax: 8 * MIB,
  /** Largest frame on registry and node sockets: a full table of `agentsPerMachineMax` agents must fit. */
  controlFrameBytesMax: 2 * MIB,
  /** Largest frame between journal and log: one batch of records with its hashes. */
  logFrameBytesMax: 8 * MIB,
  /** Parts of one ZeroMQ message: identity, delimiter, payload; an event has topic and payload. More is refused. */
  framePartsMax: 3,
  /** Envelopes in one frame: bounds the work that one message can cause. More is refused as BAD_FRAME. */
  frameEnvelopesMax: 16_384,
  /** Maps, arrays and keys in one frame: these cost a decoder far more than their bytes, and this many some tens of
   *  milliseconds. More is refused as BAD_FRAME; larger tables travel as binary data. */
  frameItemsMax: 131_072,
  /** Maps and arrays within each other: far below the depth at which a recursive reader runs out of stack. */
  frameDepthMax: 256,
} as const;
