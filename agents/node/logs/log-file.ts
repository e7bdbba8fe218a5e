/** The file that a process writes into, from outside: how long it is, and what is in it. */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { systemCodeOf } from '../../../common/core/errors.js';

/** 0 when there is none. */
export const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/** Up to `length` bytes; none when there is no such file, or nothing there. @throws what the system refuses with */
export function readBytes(path: string, from: number, length: number): Buffer {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
  try {
    const bytes = Buffer.allocUnsafe(length);
    return bytes.subarray(0, readSync(fd, bytes, 0, length, from));
  } finally {
    closeSync(fd);
  }
}
