/** The hooks of an agent that are told of its life: that they can hold up and break nothing. */
import { expect } from 'chai';
import { AgentHooks } from '../../agents/sdk/agent-hooks.js';
import type { AgentDefinition } from '../../agents/sdk/define-agent.js';
import type { AgentLog } from '../../common/log/log.js';
import { FakeContext } from '../support/fakes/fake-context.js';

function world(definition: Omit<AgentDefinition, 'name'>) {
  const logged: string[] = [];
  const note = (_fields: object | string, message?: string) => void logged.push(message ?? '');
  const log: AgentLog = { debug: note, info: note, warn: note, error: note, child: () => log };
  const context = new FakeContext({ config: {} });
  return { hooks: new AgentHooks(definition, log), context, logged };
}

describe('a hook of an agent', () => {
  it('is told when its turn comes, with the context', async () => {
    const told: unknown[] = [];
    const { hooks, context } = world({
      onReady: (with_) => told.push('ready', with_),
      onDrain: (with_) => told.push('drain', with_),
    });
    await hooks.ready(context);
    await hooks.drain(context, 1_000);
    expect(told).to.deep.equal(['ready', context, 'drain', context]);
  });

  it('need not be there', async () => {
    const { hooks, context, logged } = world({});
    await hooks.ready(context);
    await hooks.drain(context, 1_000);
    hooks.error(new Error('x'), context);
    expect(logged).to.deep.equal([]);
  });

  it('that fails is logged and told to onError, and the agent goes on', async () => {
    const heard: unknown[] = [];
    const broken = new Error('it broke');
    const { hooks, context, logged } = world({
      onReady: () => Promise.reject(broken),
      onError: (error) => heard.push(error),
    });
    await hooks.ready(context);
    expect(heard).to.deep.equal([broken]);
    expect(logged).to.deep.equal(['onReady failed: it broke']);
  });

  it('that never ends holds up nothing', async () => {
    const heard: unknown[] = [];
    const { hooks, context } = world({
      onDrain: () => new Promise(() => undefined),
      onError: (error) => heard.push(error),
    });
    await hooks.drain(context, 10);
    expect(String(heard[0])).to.include('onDrain did not end within 10 ms');
  });

  for (const [how, onError] of [
    [
      'throws',
      () => {
        throw new Error('worse');
      },
    ],
    ['rejects', () => Promise.reject(new Error('worse'))],
  ] as const) {
    it(`that hears of errors and ${how} is only logged`, async () => {
      const { hooks, context, logged } = world({ onError });
      hooks.error(new Error('bad'), context);
      await new Promise(setImmediate);
      expect(logged).to.deep.equal(['onError failed: worse']);
    });
  }
});
