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
