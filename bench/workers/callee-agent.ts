/** The agent that is called: it answers what it was asked, with both schemas checked. */
import { defineAgent, Type } from '../../agents/sdk/index.js';

const Body = Type.Object(
  { seq: Type.Integer({ minimum: 0 }), text: Type.String({ maxLength: 1_000 }) },
  { additionalProperties: false },
);
const Blob = Type.Object({ data: Type.Unknown() }, { additionalProperties: false });

export default defineAgent({
  name: 'bench-callee',
  actions: {
    echo: { input: Body, output: Body, run: async (body) => body },
    blob: { input: Blob, output: Blob, run: async (body) => body },
  },
});
