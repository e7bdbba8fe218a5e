/** What a node answers to the agents that it started: who they are, that they are ready, each second's beat, their end. */
import type { Clock } from '../../../common/core/clock.js';
import { MeshError } from '../../../common/core/errors.js';
import { limits } from '../../../common/core/limits.js';
import type { WelcomeBody } from '../../../common/protocol/catalogue.js';
import { PROTOCOL_VERSION } from '../../../common/protocol/frames/envelope.js';
import type { MethodHandlers } from '../../../common/wire/answering/method-table.js';
import type { SupervisedProcess } from '../processes/supervised-process.js';
import type { HealthBoard } from '../resources/health-board.js';
import type { Supervisor } from '../supervision/supervisor.js';
import type { PolicyBoard } from './policy-board.js';
import { SharedMoment } from './shared-moment.js';

export interface AttachmentMethodsOptions {
  readonly supervisor: Pick<Supervisor, 'find'>;
  readonly health: Pick<HealthBoard, 'hear'>;
  readonly policies: Pick<PolicyBoard, 'attached' | 'beatAnswer'>;
  readonly welcome: WelcomeBody;
  readonly clock: Clock;
}

export function attachmentMethods(
  options: AttachmentMethodsOptions,
): Pick<MethodHandlers, 'node.welcome' | 'node.attach' | 'node.ready' | 'node.draining' | 'node.beat'> {
  const { supervisor, health, policies, welcome, clock } = options;
  const beatAnswers = new SharedMoment(limits.heartbeatIntervalMs / 4);
  /** The process as it is now: words of an older incarnation are refused. */
  const current = (agent: string, epoch: number, pid?: number): SupervisedProcess => {
    const process = supervisor.find(agent);
    process.assertCurrent(epoch, pid);
    return process;
  };
  return {
    'node.welcome': ({ protocol }) => {
      assertVersion(protocol);
      return welcome;
    },
    'node.attach': (input) => {
      assertVersion(input.protocol);
      const process = current(input.agent, input.epoch, input.pid);
      process.onAttach(input);
      return { ...welcome, config: process.plan.config, ...policies.attached };
    },
    'node.ready': ({ agent, epoch, health: told }) => {
      const process = current(agent, epoch);
      if (told !== undefined) health.hear(agent, epoch, told, clock.monotonicMs());
      process.onReady();
      return {};
    },
    'node.draining': ({ agent, epoch }) => {
      current(agent, epoch).onDraining();
      return {};
    },
    'node.beat': async ({ agent, epoch, loopLagMs, rssBytes, health: told }) => {
      current(agent, epoch).onBeat(loopLagMs, rssBytes);
      if (told !== undefined) health.hear(agent, epoch, told, clock.monotonicMs());
      await beatAnswers.next();
      return policies.beatAnswer;
    },
  };
}

function assertVersion(protocol: number): void {
  if (protocol === PROTOCOL_VERSION) return;
  throw new MeshError('BAD_VERSION', `protocol ${protocol} is not spoken here; this node speaks ${PROTOCOL_VERSION}`, {
    hint: 'run the same release of the mesh on both sides',
    details: { protocol: PROTOCOL_VERSION },
  });
}
