import { expect } from 'chai';
import { Alarm } from '../../agents/sdk/alarm.js';
import { FakeContext } from '../support/fakes/fake-context.js';

describe('an alarm', () => {
  const setUp = () => {
    const context = new FakeContext({ config: {} });
    const alarm = new Alarm(context);
    const update = (isRaised: boolean) => alarm.update(isRaised, () => ({ message: isRaised ? 'raised' : 'cleared' }));
    const told = () => context.store.reports.map(({ message }) => message);
    return { context, alarm, update, told };
  };

  it('tells each change once', async () => {
    const { update, told } = setUp();
    for (const isRaised of [false, true, true, true, false, false, true]) await update(isRaised);
    expect(told()).to.deep.equal(['raised', 'cleared', 'raised']);
  });

  it('tells one thing at a time, and then what is true by then', async () => {
    const { update, told } = setUp();
    const telling = update(true);
    void update(false);
    void update(true);
    await telling;
    await update(false);
    expect(told()).to.deep.equal(['raised', 'cleared']);
  });

  it('tells again what was refused, writes it into the log meanwhile, and never rejects', async () => {
    const { context, alarm, update, told } = setUp();
    context.store.faults.push('refuse');
    await update(true);
    expect(alarm.isRaised).to.equal(false);
    expect(context.logged.map(({ level }) => level)).to.deep.equal(['warn']);
    await update(true);
    expect(told()).to.deep.equal(['raised']);
    expect(alarm.isRaised).to.equal(true);
  });

  it('keeps quiet about what came and went while nobody could be told', async () => {
    const { context, update, told } = setUp();
    context.store.faults.push('refuse');
    await update(true);
    await update(false);
    expect(told()).to.deep.equal([]);
  });
});
