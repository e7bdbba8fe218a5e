/** The input of an action that takes none. */
import { Type } from '../../../common/protocol/type.js';

export const NO_INPUT = Type.Object({}, { additionalProperties: false });
