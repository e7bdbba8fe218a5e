/** The smallest agent: answers what it is told. */
import { Type } from '../../common/protocol/type.js';
import { defineAgent } from '../sdk/define-agent.js';

export default defineAgent({
  name: 'echo',
  actions: { say: { input: Type.Object({ text: Type.String() }), run: async ({ text }) => ({ text }) } },
});
