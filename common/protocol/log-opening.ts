/** One opening of the file of main's log, as it is told to those who read by id. */
import { type Static, Type } from './type.js';

export const LogOpening = Type.Object(
  {
    epoch: Type.String({ description: 'its name, which no other opening has' }),
    firstId: Type.Integer({ minimum: 1, description: 'the first id that it gave out, or would' }),
  },
  { additionalProperties: false },
);
export type LogOpening = Static<typeof LogOpening>;
