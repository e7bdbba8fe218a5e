import { expect } from 'chai';
import { Type } from 'typebox';
import { defineAgent } from '../../agents/sdk/define-agent.js';
import { messageOf } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import { expectError, expectRejection } from '../support/expect-error.js';
import { methodsOf } from '../support/fakes/agent-process.js';
import { FakeContext } from '../support/fakes/fake-context.js';
import { fakeRequest } from '../support/fakes/fake-request.js';

/** Fails to compile unless the two types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(isSame: Same<A, B>): void => {
  expect(isSame).to.equal(true);
};

const example = defineAgent({
  name: 'example',
  config: Type.Object({ factor: Type.Integer(), note: Type.Optional(Type.String()) }),
  actions: {
    scale: {
      input: Type.Object({ value: Type.Number() }),
      output: Type.Object({ scaled: Type.Number() }),
      run: async ({ value }, context) => {
        same<typeof value, number>(true);
        same<typeof context.config, { factor: number; note?: string }>(true);
        return { scaled: value * context.config.factor };
      },
    },
    whoAsks: {
      run(input, context) {
        same<typeof input, Record<string, never>>(true);
        same<typeof context.from, string | undefined>(true);
        return { from: context.from };
      },
    },
    breaks: {
      input: Type.Object({ how: Type.String() }),
      output: Type.Object({ done: Type.Boolean() }),
      run({ how }) {
        same<typeof how, string>(true);
        return how === 'throw' ? Promise.reject(new Error('it broke')) : { done: 'yes' };
      },
    },
  },
  onStart(context) {
    same<typeof context.config.factor, number>(true);
  },
  onStop: (context) => same<typeof context.config.factor, number>(true),
});

describe('an agent that is defined', () => {
  const context = new FakeContext({ config: { factor: 3 } });
  const failures: unknown[] = [];
  const methods = methodsOf(example, context, (error) => failures.push(error));
  const act = async (name: string, input: unknown) => {
    const method = methods.get(name);
    if (method === undefined) throw new Error(`no action ${name}`);
    const meta = { from: 'caller@main' };
    return method(input, meta, fakeRequest(name, input, meta));
  };

  it('has the types of its schemas where its author writes code, and their checks where it is called', async () => {
    expect(await act('scale', { value: 5 })).to.deep.equal({ scaled: 15 });
    expect(await act('whoAsks', {})).to.deep.equal({ from: 'caller@main' });
    await expectRejection('INVALID_INPUT', act('scale', { value: 'five' }));
    await expectRejection('INVALID_INPUT', act('whoAsks', { unknown: 1 }));
  });

  it('answers what its schema says or an error', async () => {
    await expectRejection('INVALID_OUTPUT', act('breaks', { how: 'answer' }));
    expect((await expectRejection('ACTION_FAILED', act('breaks', { how: 'throw' }))).message).to.equal(
      'example.breaks failed: it broke',
    );
    expect(failures.map(messageOf)).to.deep.equal([
      'the output of example.breaks is not valid: /done must be boolean',
      'it broke',
    ]);
  });

  it('is refused when a name in it cannot be one', () => {
    const run = () => undefined;
    const longest = 'a'.repeat(limits.nameLengthMax);
    expect(defineAgent({ name: longest }).name).to.equal(longest);
    expectError('CONFIG_INVALID', () => defineAgent({ name: `${longest}a` }));
    expectError('CONFIG_INVALID', () => defineAgent({ name: 'Upper' }));
    expectError('CONFIG_INVALID', () => defineAgent({ name: 'a', capabilities: ['b c'] }));
    expectError('CONFIG_INVALID', () => defineAgent({ name: 'a', actions: { 'mesh.stop': { run } } }));
  });

  it('is refused when a bound of an action makes no sense', () => {
    const define = (bounds: object) =>
      defineAgent({ name: 'a', actions: { act: { ...bounds, run: () => undefined } } });
    for (const bounds of [
      { concurrency: 0 },
      { concurrency: 1.5 },
      { concurrency: 2, queueMax: -1 },
      { concurrency: 2, queueAgeMsMax: 0 },
    ])
      expect(expectError('CONFIG_INVALID', () => define(bounds)).message).to.match(/of a\.act is/);
    for (const bounds of [{ queueMax: 3 }, { queueAgeMsMax: 3 }])
      expect(expectError('CONFIG_INVALID', () => define(bounds)).message).to.match(/nothing to wait for/);
    define({ concurrency: 1, queueMax: 0, queueAgeMsMax: 1 });
  });

  it('is refused with more actions than an agent may have', () => {
    const names = Array.from({ length: limits.actionsPerAgentMax + 1 }, (_, n) => `act${n}`);
    const actions = Object.fromEntries(names.map((name) => [name, { run: () => undefined }]));
    expectError('CONFIG_INVALID', () => defineAgent({ name: 'a', actions }));
  });
});
