/** A file that is followed: held open, and where it is now. How far it was read stands in the position store. */
import type { Look, OpenFile } from './open-file.js';

export interface TrackedFile {
  readonly key: string;
  /** Where it was first seen: what records call it. */
  readonly file: string;
  readonly open: OpenFile;
  /** Files that were found later have a higher number. */
  readonly generation: number;
  /** Where the patterns find it; undefined when it was renamed out of their sight, or deleted. */
  path: string | undefined;
  /** As it is in this round. */
  look: Look;
  /** As it was when all its lines had been read: while it stays so there is nothing to do. */
  read: Look | undefined;
}

/** Whether it may have lines that were not read. */
export const isPending = ({ look, read }: TrackedFile): boolean =>
  read === undefined || look.isDeleted || look.size !== read.size || look.modifiedNs !== read.modifiedNs;
