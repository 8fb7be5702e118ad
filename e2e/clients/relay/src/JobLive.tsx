import { useMemo, useState } from 'react';
import { graphql, useSubscription } from 'react-relay';
import type { GraphQLSubscriptionConfig } from 'relay-runtime';
import type { JobLiveSubscription } from './__generated__/JobLiveSubscription.graphql';

// region live
// Keeps a job of the store as it is, whoever shows it, until it is final.
export function JobLive({ id }: { id: string }) {
  const [error, setError] = useState<Error>();
  const config = useMemo((): GraphQLSubscriptionConfig<JobLiveSubscription> => ({
    subscription: graphql`
      subscription JobLiveSubscription($id: ID!) {
        jobUpdated(id: $id) {
          ...JobView_job
        }
      }
    `,
    variables: { id },
    onError: setError,
  }), [id]);
  useSubscription(config);
  return error && <p role="alert">{error.message}</p>;
}
// endregion
