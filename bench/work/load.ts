/** What travels in every row: bodies of 100 bytes as MessagePack, the same for us and for every peer. */
export interface NumberedBody {
  readonly seq: number;
  readonly text: string;
}

/** Fills a map of two keys, with a number of five bytes and these keys, to 100 bytes. */
const TEXT = 'x'.repeat(83);

/** Numbered so that its receiver can tell what is missing; from 65,536 on every number has the same size. */
export const bodyOf = (seq: number): NumberedBody => ({ seq: FIRST_SEQ + seq, text: TEXT });

export const FIRST_SEQ = 65_536;

/** Answers the number that `bodyOf` put in. @throws when it is not what was sent */
export function seqOf(body: unknown): number {
  const { seq, text } = body as Partial<NumberedBody>;
  if (typeof seq !== 'number' || text?.length !== TEXT.length) {
    throw new Error(`not a body of this bench: ${JSON.stringify(body)}`);
  }
  return seq - FIRST_SEQ;
}

export const EVENTS_TOPIC = 'bench.events';
export const RECORDS_STREAM = 'bench.records';
/** Subscribed to and never published. */
export const otherTopic = (i: number): string => `bench.others.${i}`;

export const BLOB_BYTES = 2 ** 20;

/** So many that none travels twice at a time: they are never written again, because a socket may still be reading. */
const blobs = Array.from({ length: 16 }, () => Buffer.alloc(0));

/** A body of one mebibyte, numbered from 0 to 15 at both ends. */
export function blobOf(seq: number): Buffer {
  const index = seq % blobs.length;
  let blob = blobs[index] ?? Buffer.alloc(0);
  if (blob.length === 0) {
    blob = Buffer.alloc(BLOB_BYTES, 'x');
    blob[0] = index;
    blob[BLOB_BYTES - 1] = index;
    blobs[index] = blob;
  }
  return blob;
}

/** @throws when it is not such a body, whole */
export function blobSeqOf(blob: unknown): number {
  const [first, last] = blob instanceof Uint8Array ? [blob[0], blob[BLOB_BYTES - 1]] : [];
  if (first === undefined || first !== last) throw new Error('not a blob of this bench');
  return first;
}
