/** The mesh of whoever runs the bench is none of its business. */
export const withoutMesh = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('MESH_')));
