/** What holds for an agent of which nothing else is said, whether people declare it or the mesh runs it by itself. */
import { limits } from '../../core/limits.js';
import type { AgentSpec } from './agent-specs.js';

export const agentDefaults = {
  after: [],
  required: false,
  restart: {
    policy: 'always',
    firstMs: limits.restartFirstMs,
    maxMs: limits.restartMaxMs,
    stableMs: limits.restartStableMs,
    starts: limits.restartStarts,
    windowMs: limits.restartWindowMs,
  },
  ready: undefined,
  alive: undefined,
  hooks: {},
  hookTimeoutMs: limits.hookTimeoutMs,
  limits: {},
  user: undefined,
  nice: undefined,
  telemetry: true,
  inheritEnv: [],
  env: {},
  port: 0,
  readyTimeoutMs: limits.readyTimeoutMs,
  stopGraceMs: limits.stopGraceMs,
} as const satisfies Partial<AgentSpec>;
