import { Component, type ReactNode } from 'react';
import { graphql, useLazyLoadQuery } from 'react-relay';
import type { ErrorsCatchQuery } from './__generated__/ErrorsCatchQuery.graphql';
import type { ErrorsThrowQuery } from './__generated__/ErrorsThrowQuery.graphql';

// region catch
export function JobCount() {
  const { jobs } = useLazyLoadQuery<ErrorsCatchQuery>(graphql`
    query ErrorsCatchQuery {
      jobs(first: 0) @catch { totalCount }
    }
  `, {});
  if (jobs.ok) return <p>{jobs.value?.totalCount} jobs</p>;
  const [error] = jobs.errors as readonly { extensions?: { code?: string } }[]; // the message is left out
  return <p role="alert">{error?.extensions?.code}</p>;
}
// endregion

export function ThrownError() {
  const { jobs } = useLazyLoadQuery<ErrorsThrowQuery>(graphql`
    query ErrorsThrowQuery @throwOnFieldError {
      jobs(first: 1) { totalCount }
    }
  `, {});
  return <p>{jobs?.totalCount}</p>;
}

type RequestError = Error & { source?: { errors: { extensions?: { code?: string } }[] } };

export class Boundary extends Component<{ children: ReactNode }, { error?: RequestError }> {
  override state: { error?: RequestError } = {};
  static getDerivedStateFromError(error: RequestError) {
    return { error };
  }
  override render() {
    const { error } = this.state;
    return error ? <p role="alert">{error.source?.errors[0]?.extensions?.code} {error.message}</p> : this.props.children;
  }
}
