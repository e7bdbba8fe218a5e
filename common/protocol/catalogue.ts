/**
 * The message catalogue: every method of the mesh, who answers it, what goes in, what comes out, and one sentence.
 * The types of clients and servers, validation, docs/PROTOCOL.md and the fuzzers are all made from this one table.
 * Methods and fields may be added, never renamed; what a receiver does not know in a reply, it ignores.
 */

import type { AgentChange, ErrorGroup, LogRecord, ProcessRow, Usage, Welcome } from './message-parts.js';
import { bodyMessages } from './messages/body-messages.js';
import { careMessages } from './messages/care-messages.js';
import { errorMessages } from './messages/error-messages.js';
import { eventMessages } from './messages/event-messages.js';
import { type GroupState, groupMessages, type Letter } from './messages/group-messages.js';
import { logMessages } from './messages/log-messages.js';
import { nodeMessages } from './messages/node-messages.js';
import { processMessages } from './messages/process-messages.js';
import { recordMessages } from './messages/record-messages.js';
import { registryMessages } from './messages/registry-messages.js';
import type { Static } from './type.js';

export const catalogue = {
  ...processMessages,
  ...nodeMessages,
  ...recordMessages,
  ...bodyMessages,
  ...careMessages,
  ...eventMessages,
  ...registryMessages,
  ...logMessages,
  ...errorMessages,
  ...groupMessages,
} as const;

export type MethodName = keyof typeof catalogue;
export type Input<M extends MethodName> = Static<(typeof catalogue)[M]['input']>;
export type Output<M extends MethodName> = Static<(typeof catalogue)[M]['output']>;
export type WelcomeBody = Static<typeof Welcome>;
export type LogRecordBody = Static<typeof LogRecord>;
export type GroupStateBody = Static<typeof GroupState>;
export type LetterBody = Static<typeof Letter>;
export type ErrorGroupBody = Static<typeof ErrorGroup>;
export type ProcessRowBody = Static<typeof ProcessRow>;
export type AgentChangeBody = Static<typeof AgentChange>;
export type UsageBody = Static<typeof Usage>;

export const isMethodName = (name: string): name is MethodName => Object.hasOwn(catalogue, name);
