/** What is done when an event is done with: behind its promises, and before anything else. */
import { expect } from 'chai';
import { whenSettled } from '../../common/core/when-settled.js';

describe('the end of what one event has led to', () => {
  /** What happens in which order when `onEvent` is called by the loop itself. */
  async function orderOf(onEvent: (note: (what: string) => void) => void): Promise<string[]> {
    const order: string[] = [];
    const note = (what: string) => order.push(what);
    await new Promise<void>((done) => {
      setTimeout(() => {
        setImmediate(() => {
          note('the next event');
          done();
        });
        onEvent(note);
      });
    });
    return order;
  }

  const chain = async (note: (what: string) => void) => {
    await undefined;
    await undefined;
    note('its promises');
  };

  it('comes after its promises and before the next event, asked from its callback', async () => {
    const order = await orderOf((note) => {
      whenSettled(() => note('settled'));
      void chain(note);
      note('its callback');
    });
    expect(order).to.deep.equal(['its callback', 'its promises', 'settled', 'the next event']);
  });

  it('comes after its other promises too, asked from one of them', async () => {
    const order = await orderOf((note) => {
      void Promise.resolve().then(() => whenSettled(() => note('settled')));
      void chain(note);
    });
    expect(order).to.deep.equal(['its promises', 'settled', 'the next event']);
  });
});
