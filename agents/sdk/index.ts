/** What an agent's author imports: `import { defineAgent, Type } from 'agent-mesh'`. */

export { type ErrorCode, MeshError } from '../../common/core/errors.js';
export type { AgentLog } from '../../common/log/log.js';
export type { ErrorReport, Severity } from '../../common/protocol/errors/error-report.js';
export type { AgentView } from '../../common/protocol/registry-entry.js';
export { type Static, type TSchema, Type } from '../../common/protocol/type.js';
export type { EventInfo, Subscription, SubscriptionOptions } from '../../common/wire/events/subscription.js';
export type { CallAddress, CallOptions, CallStream } from './calls/call.js';
export {
  type ActionContext,
  type ActionDefinition,
  type AgentContext,
  type AgentDefinition,
  defineAgent,
} from './define-agent.js';
export type { Checkpoint, EmitOptions, Mesh, NewRecord, PublishOptions, Receipt, ReportReceipt } from './mesh.js';
export { MeshClient, type MeshClientOptions } from './mesh-client.js';
export type {
  ConsumedRecord,
  ConsumeOptions,
  Consumer,
  ConsumerFigures,
  RecordHandler,
} from './records/consuming/consumer.js';
