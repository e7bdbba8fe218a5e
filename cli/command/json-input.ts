/** A JSON value as a person gives it: on the line, in a file (`@body.json`), or on standard input (`-`). */
import { readFile } from 'node:fs/promises';
import { MeshError, messageOf } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import type { Surroundings } from './context.js';

/** @throws MeshError USAGE when it cannot be read or is no JSON; TOO_LARGE beyond a frame */
export async function readJson(text: string, surroundings: Surroundings): Promise<unknown> {
  if (text === '-') return parse(await readAll(surroundings.stdin), 'standard input');
  if (!text.startsWith('@')) return parse(text, 'the argument');
  const file = text.slice(1);
  try {
    return parse(await readFile(file, 'utf8'), file);
  } catch (error) {
    if (error instanceof MeshError) throw error;
    throw new MeshError('USAGE', `${file} cannot be read: ${messageOf(error)}`, {
      hint: 'give a file as @FILE, standard input as -, or the JSON itself',
    });
  }
}

async function readAll(stdin: NodeJS.ReadStream): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk);
    sizeBytes += bytes.length;
    if (sizeBytes > limits.callFrameBytesMax) {
      throw new MeshError('TOO_LARGE', `standard input holds more than ${limits.callFrameBytesMax} bytes`);
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new MeshError('USAGE', `${source} is not JSON: ${messageOf(error)}`, {
      hint: `quote it for the shell, as in '{"text":"hi"}'; text is JSON too: '"hi"'`,
    });
  }
}
