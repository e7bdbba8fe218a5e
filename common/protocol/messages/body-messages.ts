/** Bodies that are files of a machine: how they come to its node, and how anybody gets them from there. By hash, never by path. */
import { limits } from '../../core/limits.js';
import { Count, closed, method } from '../message-parts.js';
import { BodyRef } from '../record-marks.js';
import { Name } from '../registry-entry.js';
import { Bytes } from '../schema.js';
import { Type } from '../type.js';

const BodyHash = Type.String({ pattern: '^[0-9a-f]{64}$', maxLength: 64, description: 'SHA-256 of the body, in hex' });

export const bodyMessages = {
  'body.put': method(
    'node',
    'The next chunk of a body, which the node stores under its hash; answered when it is written, the last one after fsync. Without bytes it only asks. Send on at `held`: what was lost is sent again, what is there already is not.',
    closed({
      agent: Name,
      hash: BodyHash,
      size: Type.Integer({ minimum: 1, maximum: limits.bodyBytesMax }),
      offset: Count,
      bytes: Bytes(limits.bodyChunkBytes),
    }),
    closed({ held: Type.Integer({ minimum: 0, description: 'bytes from the beginning; all of them: it is stored' }) }),
  ),
  'body.get': method(
    'node',
    'A chunk of a body that is a file of this machine. The whole must have the hash: that is for the reader to check.',
    closed({ hash: BodyHash, offset: Count }),
    closed({ size: Count, bytes: Bytes(limits.bodyChunkBytes) }),
  ),
  'log.refs': method(
    'log',
    'Which of these bodies of a machine are still referred to: its node keeps those.',
    closed({ machine: Name, refs: Type.Array(BodyRef, { maxItems: limits.bodyRefsAsked }) }),
    closed({ held: Type.Array(BodyRef) }),
  ),
} as const;
