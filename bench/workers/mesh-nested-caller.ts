/**
 * Calls as an action makes them while it serves a call: with what that one hands on. Arguments: the node, and `on` where
 * each has the mark of a trace.
 */
import { randomBytes } from 'node:crypto';
import type { CallOrigin } from '../../agents/sdk/calls/call.js';
import { MeshClient } from '../../agents/sdk/mesh-client.js';
import { serveCalling } from '../work/calling.js';
import { seqOf } from '../work/load.js';
import { argumentAt } from '../work/worker-channel.js';

/** As many calls are being served. */
const ORIGINS = 256;

const isTraced = argumentAt(1) === 'on';
const hex = (bytes: number) => randomBytes(bytes).toString('hex');
const origins = Array.from(
  { length: ORIGINS },
  (): CallOrigin => ({
    remainingMs: () => Number.POSITIVE_INFINITY,
    signal: new AbortController().signal,
    trace: isTraced ? `00-${hex(16)}-${hex(8)}-01` : undefined,
  }),
);
const mesh = await MeshClient.connect({ node: argumentAt(0), name: 'bench-caller' });
serveCalling({ call: (body) => mesh.call('bench-callee.echo', body, {}, origins[seqOf(body) % ORIGINS]) });
