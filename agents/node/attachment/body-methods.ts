/** What a node's control socket answers about bodies that are files of its machine. */
import type { BodyStore } from '../../../common/journal/bodies/body-store.js';
import type { MethodHandlers } from '../../../common/wire/answering/method-table.js';

export const bodyMethods = (bodies: BodyStore): MethodHandlers => ({
  'body.put': (chunk) => bodies.put(chunk),
  'body.get': (place) => bodies.get(place),
});
