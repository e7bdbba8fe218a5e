/**
 * A large body on its way to the node of this machine, in chunks, under its own hash. The node says how much of it it has:
 * a chunk that was lost is sent again, a body that it has already is not.
 */
import { limits } from '../../../../common/core/limits.js';
import type { Input, Output } from '../../../../common/protocol/catalogue.js';

/** Asks the node until it answers. @throws a refusal that a repeat would meet again */
type Put = (chunk: Input<'body.put'>) => Promise<Output<'body.put'>>;

/** Resolves with the reference when the node has the body on its disk. */
export async function uploadBody(agent: string, bytes: Uint8Array, put: Put): Promise<string> {
  const hash = await hashOf(bytes);
  const size = bytes.byteLength;
  // Without bytes: only asks how much is there.
  let { held } = await put({ agent, hash, size, offset: 0, bytes: NOTHING });
  while (held < size) {
    const chunk = bytes.subarray(held, held + limits.bodyChunkBytes);
    ({ held } = await put({ agent, hash, size, offset: held, bytes: chunk }));
  }
  return `${hash}/${size}`;
}

/** Between two parts of a large body others have their turn. */
async function hashOf(bytes: Uint8Array): Promise<string> {
  const { createHash } = process.getBuiltinModule('node:crypto');
  const sum = createHash('sha256');
  for (let offset = 0; offset < bytes.byteLength; offset += limits.bodyChunkBytes) {
    sum.update(bytes.subarray(offset, offset + limits.bodyChunkBytes));
    await new Promise(setImmediate);
  }
  return sum.digest('hex');
}

const NOTHING = new Uint8Array();
