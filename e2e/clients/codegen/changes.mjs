// region changes
import { CriticalityLevel, diff } from '@graphql-inspector/core';
import { buildSchema } from 'graphql';

// What a client of the old schema does not find in the new one, or finds changed; both are texts.
export async function broken(before, now) {
  const changes = await diff(buildSchema(before), buildSchema(now));
  return changes
    .filter(({ criticality, type }) => criticality.level === CriticalityLevel.Breaking || /DEFAULT/.test(type))
    .map(({ message }) => message);
}
// endregion
