/**
 * What a command is: one file per command holds its syntax, its options, its examples and what it does, and its help is
 * made of nothing else. Types only; nothing here runs.
 */

import type { Arguments } from '../line/arguments.js';
import type { OptionSpec } from '../line/option-spec.js';
import type { Context } from './context.js';

export interface Operand {
  /** As commander reads it: `<agent>`, `[machine...]`. */
  readonly syntax: string;
  readonly description: string;
  /** What the shell may offer for it. */
  readonly completes?: 'agent' | 'machine' | 'shell' | 'action';
}

/** One line that works as it stands, in a shell whose current folder is the fleet's. A test runs each of them. */
export interface Example {
  readonly line: string;
  readonly explains: string;
  /** What it needs: a running fleet (the default), one that was stopped, a fleet folder, an empty folder, or nothing. */
  readonly needs?: 'running' | 'stopped' | 'folder' | 'empty' | 'nothing';
  /** It goes on until it is interrupted. */
  readonly follows?: true;
}

export interface Command {
  /** After the summary: what one must know that the options do not say. */
  readonly details?: string;
  readonly operands?: readonly Operand[];
  readonly options?: readonly OptionSpec[];
  readonly examples: readonly Example[];
  /** The command ends by itself when it is interrupted; others are ended with 130. */
  readonly endsItself?: true;
  /** @returns the exit code; 0 when it is nothing else. @throws MeshError, whose code names the exit code */
  run(context: Context, args: Arguments): Promise<number | undefined>;
}

/** A command by its words, with one sentence and the way to its file. */
export interface IndexedCommand {
  /** `ps`, or a group and a verb: `registry ls`. */
  readonly path: string;
  readonly summary: string;
  readonly load: () => Promise<{ readonly command: Command }>;
}
