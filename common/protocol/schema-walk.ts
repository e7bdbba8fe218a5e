/**
 * Whether a value fits a schema, found out by walking both: for what is checked once, such as the files of a fleet. To
 * compile their schemas first takes ten times as long as to walk them, in each command and each node that starts.
 *
 * It says yes or no. Whoever wants to say what is wrong compiles the schema after a no.
 */
import { Check } from 'typebox/schema';
import type { Static, TSchema } from './type.js';

export const fits = <S extends TSchema>(schema: S, value: unknown): value is Static<S> => Check(schema, value);
